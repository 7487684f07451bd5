//! A marker behind every place that must stay closed: a test that sees it has found a hole.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The content of every canary.
pub const MARKER: &str = "CANARY-7f3a";

/// Credential files, relative to the home directory.
const CREDENTIALS: &[&str] = &[
    ".ssh/id_rsa",
    ".ssh/id_test",
    ".aws/credentials",
    ".config/gcloud/credentials.db",
    ".config/gh/hosts.yml",
    ".gnupg/secring.gpg",
    ".kube/config",
    ".docker/config.json",
    ".netrc",
    ".git-credentials",
    ".cargo/credentials.toml",
    ".bash_history",
];

/// Ordinary files outside the project.
const ORDINARY: &[&str] = &[
    "notes/spec.md",
    ".bashrc",
    ".profile",
    ".gitconfig",
    ".config/app/settings.json",
];

pub(crate) fn place(home: &Path) {
    for name in CREDENTIALS.iter().chain(ORDINARY) {
        let path = home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = if *name == ".gitconfig" {
            format!("# {MARKER}\n[user]\n\tname = Ada\n\temail = ada@example.com\n")
        } else {
            format!("{MARKER} {name}\n")
        };
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}
