//! Packages of real registries, installed on the host as a person does before a session.

use std::process::Command;

use askbox_tests::{Running, World};

/// Where the machine keeps certificates, when it says so. Askbox passes these on.
const CERTIFICATES: &[&str] = &[
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// Passes on where the machine keeps certificates.
pub(crate) fn with_certificates(command: &mut Command) {
    for name in CERTIFICATES {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// Installs packages of npm into the project.
pub(crate) fn npm(world: &World, packages: &[&str]) {
    let mut command = world.host("npm");
    with_certificates(&mut command);
    command
        .args(["install", "--no-audit", "--no-fund", "--no-update-notifier"])
        .args(packages);
    Running::start(command).finish().succeeded();
}
