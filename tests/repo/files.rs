//! Sizes, heads and words of the files that git tracks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::root;

/// A file that is longer holds two things.
const MAX_LINES: usize = 500;

/// Every file of the checkout that is not ignored: walked, because the tests must not run git.
fn files() -> Vec<PathBuf> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_symlink() || [".git", "target", "node_modules"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found
}

/// Those in Rust, with their text.
pub(super) fn rust_files() -> impl Iterator<Item = (PathBuf, String)> {
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files().into_iter().filter(is_rust).map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.strip_prefix(root()).unwrap().to_owned(), text)
    })
}

#[test]
fn no_source_file_is_longer_than_it_may_be() {
    let is_test =
        |path: &Path| path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests");
    let long: Vec<(PathBuf, usize)> = rust_files()
        .filter(|(path, _)| !is_test(path))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| MAX_LINES < *lines)
        .collect();
    assert_eq!(long, []);
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let silent: Vec<PathBuf> = rust_files()
        .filter(|(path, text)| !path.ends_with("tests.rs") && !text.starts_with("//!"))
        .map(|(path, _)| path)
        .filter(|path| !path.components().any(|part| part.as_os_str() == "tests"))
        .collect();
    assert_eq!(silent, Vec::<PathBuf>::new());
}

#[test]
fn unsafe_code_lives_in_named_files() {
    let allowed: BTreeSet<PathBuf> = [
        "crates/askbox-sandbox/src/sys.rs",
        "crates/askbox-sandbox/src/exec_listener/sys.rs",
        "crates/askbox-sandbox/src/bin/askbox-init/sys.rs",
        "crates/askbox-cli/src/commands/daemon/memory.rs",
        "crates/askbox-cli/src/terminal/sys.rs",
        "crates/askbox-wire/src/descriptors.rs",
    ]
    .map(PathBuf::from)
    .into();
    let needle = ["unsafe", "_code, reason"].concat();
    let found: BTreeSet<PathBuf> = rust_files()
        .filter(|(_, text)| text.contains(&needle))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(
        found.difference(&allowed).collect::<Vec<_>>(),
        Vec::<&PathBuf>::new()
    );
}

#[test]
fn no_text_names_a_package_registry_by_its_host() {
    // Names are put together here so that this file does not hold them either.
    let hosts = [
        ["registry", "npmjs"],
        ["files", "pythonhosted"],
        ["static", "crates"],
        ["index", "crates"],
        ["deb", "debian"],
    ]
    .map(|[label, domain]| format!("{label}.{domain}."));
    let text = |path: &PathBuf| {
        std::fs::read(path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap()
    };
    let found: Vec<PathBuf> = files()
        .into_iter()
        .filter(|path| hosts.iter().any(|host| text(path).contains(host.as_str())))
        .collect();
    assert_eq!(found, Vec::<PathBuf>::new());
}

#[test]
fn no_banners_and_no_loose_ends() {
    let words = ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("].map(str::to_owned);
    let own = Path::new("tests/repo/files.rs");
    let found: Vec<(PathBuf, String)> = rust_files()
        .filter(|(path, _)| path != own)
        .flat_map(|(path, text)| {
            let lines = text.lines().filter(|line| {
                words.iter().any(|word| line.contains(word.as_str()))
                    || line.trim_start().starts_with("// ===")
            });
            lines
                .map(|line| (path.clone(), line.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(found, []);
}
