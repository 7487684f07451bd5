use proptest::prelude::*;

use super::*;
use crate::testing::git;

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

const MOST: u64 = 1 << 20;

fn check(root: &Path, expected: &[&str]) {
    let found = links(&root.join(".git"), &mut { MOST }).unwrap();
    let found: Vec<&str> = found.iter().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(found, expected);
}

fn is_unread(root: &Path) -> bool {
    links(&root.join(".git"), &mut { MOST }).is_none()
}

/// An index of version 2 with these entries, and with this behind them.
fn index(entries: &[(u16, &[u8])], behind: &[u8]) -> Vec<u8> {
    let mut bytes = [
        b"DIRC\0\0\0\x02".as_slice(),
        &u32::try_from(entries.len()).unwrap().to_be_bytes(),
    ]
    .concat();
    for (mode, path) in entries {
        let start = bytes.len();
        bytes.extend([0; MODE + 2]);
        bytes.extend(mode.to_be_bytes());
        bytes.extend([0; 12 + 20]);
        bytes.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
        bytes.extend(*path);
        bytes.resize(start + (bytes.len() - start + 8) / 8 * 8, 0);
    }
    bytes.extend(behind);
    bytes.extend([0; 20]);
    bytes
}

fn in_index(bytes: &[u8]) -> Option<Vec<PathBuf>> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("index"), bytes).unwrap();
    links(directory.path(), &mut { MOST })
}

#[test]
fn links_are_found_in_each_version_of_the_format() {
    let links = ["b/long/enough/link", "node_modules/x", "very/deep/down/in/there"];
    for format in ["sha1", "sha256"] {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        repository(root, format, &links);
        check(root, &links);
        for version in ["4", "3", "2"] {
            git(root, &["update-index", "--index-version", version]);
            check(root, &links);
        }
        // Version 3 is what git chooses where an entry has more flags.
        git(root, &["update-index", "--skip-worktree", "a", "z"]);
        check(root, &links);
        git(root, &["update-index", "--index-version", "4"]);
        check(root, &links);
    }
}

#[test]
fn links_are_found_in_what_an_index_shares() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    repository(root, "sha1", &["one/two/three"]);
    git(root, &["update-index", "--split-index"]);
    check(root, &["one/two/three"]);
}

#[test]
fn a_link_that_replaces_a_file_of_a_shared_index_is_not_overlooked() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    repository(root, "sha1", &[]);
    git(root, &["update-index", "--split-index"]);
    check(root, &[]);
    let entry = format!("160000,{},b/long/enough/to/be/shortened", "1".repeat(40));
    git(
        root,
        &["update-index", "--add", "--replace", "--cacheinfo", &entry],
    );
    assert!(is_unread(root));
}

#[test]
fn what_git_would_not_write_is_not_taken_for_an_index_without_links() {
    let file = (0o100_644, b"a".as_slice());
    let link = (GITLINK, b"b/c".as_slice());
    let whole = index(&[file, link], b"");
    assert_eq!(in_index(&whole), Some(vec!["b/c".into()]));
    assert_eq!(in_index(&index(&[], b"")), Some(Vec::new()));
    assert_eq!(in_index(&index(&[file], b"TREE\0\0\0\x01x")), Some(Vec::new()));
    for path in ["../x", "a/../../x", "/x", ".", "./x", "a//b", "a/", ""] {
        assert_eq!(
            in_index(&index(&[(GITLINK, path.as_bytes())], b"")),
            None,
            "{path}"
        );
    }
    // What is behind a NUL, directories of a sparse index, what is behind the entries and says otherwise.
    assert_eq!(in_index(&index(&[(0o100_644, b"a\0b")], b"")), None);
    assert_eq!(in_index(&index(&[(DIRECTORY, b"a/")], b"")), None);
    assert_eq!(in_index(&index(&[file], b"EOIE\0\0\0\x04\0\0\0\x07")), None);
    let blocks = |place: u8| [b"IEOT\0\0\0\x0c\0\0\0\x01\0\0\0".as_slice(), &[place, 0, 0, 0, 1]].concat();
    assert_eq!(in_index(&index(&[file], &blocks(12))), Some(Vec::new()));
    assert_eq!(in_index(&index(&[file], &blocks(13))), None);
    assert_eq!(in_index(&index(&[file], b"TREE\0\0\0\x09x")), None);
    let mut longer = whole.clone();
    longer[11] = 3;
    assert_eq!(in_index(&longer), None);
    longer[7] = 5;
    assert_eq!(in_index(&longer), None);
    assert_eq!(in_index(b""), None);
}

#[test]
fn an_index_that_is_no_file_or_too_large_is_not_taken_for_none() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let links = |mut most: u64| links(root, &mut most);
    assert_eq!(links(MOST), Some(Vec::new()));
    let bytes = index(&[], b"");
    fs::write(root.join("other"), &bytes).unwrap();
    std::os::unix::fs::symlink("other", root.join("index")).unwrap();
    assert_eq!(links(MOST), None);
    fs::rename(root.join("other"), root.join("index")).unwrap();
    assert!(links(MOST).is_some());
    assert_eq!(links(bytes.len() as u64 - 1), None);
}

#[test]
fn what_was_read_in_vain_counts_too() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("index"), [0; 1000]).unwrap();
    let mut left = 1500;
    assert_eq!(links(directory.path(), &mut left), None);
    assert_eq!(left, 500);
}

proptest! {
    #[test]
    fn no_bytes_do_harm(version in 2..=4_u8, bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let head = [b"DIRC\0\0\0".as_slice(), &[version]].concat();
        let index = [head.as_slice(), &bytes].concat();
        for parsed in HASHES.into_iter().filter_map(|hash| parse(&index, hash)) {
            prop_assert!(parsed.links.iter().all(|path| path.is_relative()));
        }
    }
}
