//! The part of the view that is the same for every project: system directories, /etc, identity, /tmp.

use std::path::Path;

use askbox_policy::policy::Identity;

use super::{Access, CLOSED_DIRECTORY, CLOSED_FILE, Node, PlanRequest, View};
use crate::host_facts::{HostFacts, RootEntry};
use crate::identity;

/// Read by almost every program and holding nothing of the user: certificates, the linker's cache, alternatives, time
/// zone, well-known numbers, fonts, how Debian starts Chromium.
pub(crate) const ETC: &[&str] = &[
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/chromium.d",
    "/etc/crypto-policies",
    "/etc/fonts",
    "/etc/java-17-openjdk",
    "/etc/java-21-openjdk",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/login.defs",
    "/etc/magic",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/pki",
    "/etc/protocols",
    "/etc/services",
    "/etc/shells",
    "/etc/ssl",
    "/etc/terminfo",
    "/etc/timezone",
    "/etc/vim",
];

/// Credential files of the system: there, and closed, on every machine.
const CLOSED: &[&str] = &["/etc/shadow", "/etc/gshadow", "/etc/sudoers"];

pub(super) fn add(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    for path in ["/tmp", "/var/tmp", "/dev/shm"] {
        view.nodes.push(Node::Temporary {
            path: path.into(),
            bytes: request.limits.tmp_bytes,
        });
    }
    for (path, mode) in [
        ("/etc", 0o755),
        ("/run/askbox", 0o755),
        ("/proc", 0o555),
        ("/var", 0o755),
    ] {
        view.directory(path, mode);
    }
    view.directory(CLOSED_DIRECTORY, 0);
    view.file(CLOSED_FILE, 0, "");
    view.nodes.push(Node::Link {
        path: "/var/run".into(),
        target: "/run".into(),
    });
    view.bind(Path::new("/usr"), Access::ReadOnly);
    for RootEntry { path, link } in &facts.root_entries {
        match link {
            Some(target) => {
                view.nodes.push(Node::Link {
                    path: path.clone(),
                    target: target.clone(),
                });
            }
            None => view.bind(path, Access::ReadOnly),
        }
    }
    for path in &facts.etc {
        view.bind(path, Access::ReadOnly);
    }
    let files = match (request.identity, facts.has_nss_systemd) {
        (Identity::Userdb, true) => identity::userdb(&facts.user),
        (Identity::Userdb, false) | (Identity::Synthetic, _) => identity::synthetic(&facts.user),
    };
    for file in files {
        view.file(file.path, file.mode, file.content);
    }
    for path in CLOSED {
        view.file(*path, 0, "");
    }
    view.bind_at(&facts.init, Path::new(super::INIT), Access::ReadOnly, None);
}
