//! What tests of more than one module need.

use std::fs;
use std::path::{Path, PathBuf};

/// A project directory with files, canonical; a name that ends with a slash is a directory.
pub(crate) struct Project {
    _directory: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap().join("project");
        fs::create_dir(&root).unwrap();
        let project = Self {
            _directory: directory,
            root,
        };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.root.join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

/// Runs git in a directory, as nobody in particular.
#[expect(clippy::disallowed_methods, reason = "what git writes is what is read")]
pub(crate) fn git(directory: &Path, words: &[&str]) {
    let output = std::process::Command::new("git")
        .current_dir(directory)
        .args(words)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
}
