//! Which crate may use which: ARCHITECTURE.md in executable form.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::root;

/// Rows from the bottom up. A crate uses lower rows only.
const ROWS: &[&[&str]] = &[
    &["askbox-policy", "askbox-paths"],
    &["askbox-audit", "askbox-wire", "askbox-secrets"],
    &["askbox-gate"],
    &[
        "askbox-network",
        "askbox-files",
        "askbox-sandbox",
        "askbox-neighbours",
    ],
    &["askbox-daemon", "askbox-desktop"],
    &[
        "askbox-cli",
        "askbox-tray",
        "askbox-windows",
        "askbox-tests",
        "xtask",
    ],
];

/// External crates that only some of ours may use. Others are free.
const OWNERS: &[(&str, &[&str])] = &[
    ("hyper", &["askbox-network"]),
    ("httparse", &["askbox-network"]),
    ("hyper-util", &["askbox-network", "askbox-tests"]),
    ("http-body-util", &["askbox-network"]),
    ("rustls", &["askbox-network"]),
    ("hickory-proto", &["askbox-network"]),
    ("socket2", &["askbox-network"]),
    ("ssh-key", &["askbox-neighbours"]),
    ("ring", &["askbox-neighbours"]),
    // The gate reads the boot clock with it, nothing else.
    (
        "nix",
        &[
            "askbox-files",
            "askbox-network",
            "askbox-neighbours",
            "askbox-sandbox",
            "askbox-wire",
            "askbox-cli",
            "askbox-gate",
            "askbox-windows",
            "askbox-tests",
        ],
    ),
    // All but the sandbox take flags and error numbers from it, no call.
    (
        "libc",
        &["askbox-sandbox", "askbox-daemon", "askbox-files", "askbox-paths"],
    ),
    ("fuser", &["askbox-files"]),
    ("xattr", &["askbox-files", "askbox-tests"]),
    ("similar", &["askbox-cli"]),
    ("keyring", &["askbox-secrets"]),
    ("hmac", &["askbox-audit"]),
    ("rusqlite", &["askbox-audit", "askbox-tests"]),
    ("percent-encoding", &["askbox-audit"]),
    ("toml_edit", &["askbox-policy"]),
    ("psl", &["askbox-policy"]),
    ("idna", &["askbox-policy"]),
    ("fantoccini", &["askbox-tests"]),
    ("hashbrown", &["askbox-policy"]),
    ("directories", &["askbox-paths"]),
    ("fluent-bundle", &["askbox-desktop"]),
    ("unic-langid", &["askbox-desktop"]),
    ("tauri", &["askbox-windows"]),
    ("ksni", &["askbox-tray"]),
    ("x11rb", &["askbox-tray"]),
    ("gtk", &["askbox-windows"]),
    ("notify-rust", &["askbox-tray"]),
    ("zbus", &["askbox-tray", "askbox-tests"]),
    ("clap", &["askbox-cli"]),
    ("clap_complete", &["askbox-cli"]),
    ("clap_mangen", &["askbox-cli"]),
    (
        "tracing-subscriber",
        &["askbox-cli", "askbox-tray", "askbox-windows"],
    ),
];

/// Never anywhere below ours: licence, a second runtime, a second TLS stack.
const BANNED: &[&str] = &[
    "rustables",
    "async-std",
    "smol",
    "openssl",
    "openssl-sys",
    "native-tls",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec!["--locked".into()])
        .exec()
        .unwrap()
}

fn ours(metadata: &Metadata) -> Vec<&Package> {
    metadata.workspace_packages()
}

fn rows() -> BTreeMap<&'static str, usize> {
    ROWS.iter()
        .enumerate()
        .flat_map(|(row, names)| names.iter().map(move |name| (*name, row)))
        .collect()
}

#[test]
fn every_crate_has_a_row() {
    let metadata = metadata();
    let unknown: Vec<String> = ours(&metadata)
        .iter()
        .map(|package| package.name.to_string())
        .filter(|name| !rows().contains_key(name.as_str()))
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn a_crate_uses_lower_rows_only() {
    let (metadata, rows) = (metadata(), rows());
    let mut broken = Vec::new();
    for package in ours(&metadata) {
        for dependency in &package.dependencies {
            let Some(row) = rows.get(dependency.name.as_str()) else {
                continue;
            };
            if rows[package.name.as_str()] <= *row {
                broken.push(format!("{} uses {}", package.name, dependency.name));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn external_crates_stay_with_their_owners() {
    let metadata = metadata();
    let mut broken = Vec::new();
    for package in ours(&metadata) {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
        {
            let owners = OWNERS
                .iter()
                .find(|(name, _)| *name == dependency.name)
                .map(|(_, owners)| *owners);
            if owners.is_some_and(|owners| !owners.contains(&package.name.as_str())) {
                broken.push(format!("{} uses {}", package.name, dependency.name));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn banned_crates_are_nowhere() {
    let metadata = metadata();
    let found: Vec<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .filter(|name| BANNED.contains(name))
        .collect();
    assert_eq!(found, Vec::<&str>::new());
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    let metadata = metadata();
    for package in ours(&metadata) {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
    }
}
