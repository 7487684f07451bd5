use proptest::prelude::*;

use super::*;
use crate::testing::git;

const SHA1: usize = 20;
const SHA256: usize = 32;

/// A repository with files and links in its index, made by git in this format.
fn repository(root: &Path, format: &str, links: &[&str]) {
    let git = |words: &[&str]| git(root, words);
    git(&["init", "-q", &format!("--object-format={format}")]);
    let name = "1".repeat(if format == "sha256" { 64 } else { 40 });
    for path in ["a", "a.b", "b/long/enough/to/be/shortened", "z"] {
        git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("100644,{name},{path}"),
        ]);
    }
    for path in links {
        git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("160000,{name},{path}"),
        ]);
    }
}

fn check(root: &Path, hash: usize, expected: &[&str]) {
    let found = links(&root.join(".git"), hash, &Sight::default()).unwrap();
    let found: Vec<&str> = found.iter().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(found, expected);
}

#[test]
fn links_are_found_in_each_version_of_the_format() {
    let links = ["b/long/enough/link", "node_modules/x", "very/deep/down/in/there"];
    for (format, hash) in [("sha1", SHA1), ("sha256", SHA256)] {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        repository(root, format, &links);
        check(root, hash, &links);
        for version in ["4", "3", "2"] {
            git(root, &["update-index", "--index-version", version]);
            check(root, hash, &links);
        }
        // Version 3 is what git chooses where an entry has more flags.
        git(root, &["update-index", "--skip-worktree", "a", "z"]);
        check(root, hash, &links);
        git(root, &["update-index", "--index-version", "4"]);
        check(root, hash, &links);
    }
}

#[test]
fn links_are_found_in_what_an_index_shares() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    repository(root, "sha1", &["one/two/three"]);
    git(root, &["update-index", "--split-index"]);
    check(root, SHA1, &["one/two/three"]);
}

#[test]
fn what_is_no_index_is_not_taken_for_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let links = |text: &[u8]| {
        fs::write(root.join("index"), text).unwrap();
        links(root, SHA1, &Sight::default())
    };
    assert_eq!(links(b"DIRC\0\0\0\x02\0\0\0\0"), Some(Vec::new()));
    assert_eq!(links(b"DIRC\0\0\0\x02\0\0\0\x01"), None);
    assert_eq!(links(b"DIRC\0\0\0\x05\0\0\0\0"), None);
    assert_eq!(links(b""), None);
    fs::remove_file(root.join("index")).unwrap();
    assert_eq!(super::links(root, SHA1, &Sight::default()), Some(Vec::new()));
}

#[test]
fn no_link_leads_up_or_away() {
    for path in ["../x", "a/../../x", "/x", ".", ""] {
        assert_eq!(below(path.as_bytes()), None, "{path}");
    }
    assert_eq!(below(b"a/b"), Some("a/b".into()));
}

proptest! {
    #[test]
    fn no_bytes_do_harm(version in 2..=4_u8, bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let head = [b"DIRC\0\0\0".as_slice(), &[version]].concat();
        for path in read([head.as_slice(), &bytes].concat().as_slice(), SHA1).into_iter().flatten() {
            prop_assert!(path.is_relative());
        }
    }
}
