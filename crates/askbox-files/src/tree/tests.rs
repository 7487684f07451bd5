use std::io::Read;
use std::os::unix::fs::symlink;

use super::*;

/// A root with a file, a directory with another, and a secret beside the root.
fn example() -> (tempfile::TempDir, PathBuf, Tree) {
    let top = tempfile::tempdir().unwrap();
    let root = top.path().canonicalize().unwrap().join("root");
    fs::create_dir_all(root.join("d")).unwrap();
    fs::write(root.join("d/f"), "inside").unwrap();
    fs::write(root.with_file_name("secret"), "outside").unwrap();
    let tree = Tree::open(&[root.clone(), root.with_file_name("none")]);
    (top, root, tree)
}

fn text(mut file: File) -> String {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

fn error<T>(result: io::Result<T>) -> Option<i32> {
    result.err().and_then(|error| error.raw_os_error())
}

#[test]
fn what_lies_beneath_a_root_is_found_and_nothing_else() {
    let (_top, root, tree) = example();
    let found = tree.find(&root.join("d/f")).unwrap();
    assert_eq!(text(found.open(OFlag::O_RDONLY).unwrap()), "inside");
    for path in ["../secret", "d/../../secret"] {
        assert!(tree.find(&root.join(path)).is_err(), "{path}");
    }
    let beside = tree.find(&root.with_file_name("secret"));
    assert_eq!(error(beside), Some(libc::ENOENT));
    assert_eq!(error(tree.find(&root.with_file_name("none"))), Some(libc::ENOENT));
}

#[test]
fn no_link_is_followed_on_the_way_or_at_the_end() {
    let (_top, root, tree) = example();
    symlink("..", root.join("up")).unwrap();
    symlink("d", root.join("same")).unwrap();
    assert_eq!(error(tree.find(&root.join("up/secret"))), Some(libc::ENOENT));
    assert_eq!(error(tree.find(&root.join("same/f"))), Some(libc::ENOENT));
    let link = tree.find(&root.join("same")).unwrap();
    assert_eq!(link.kind(), SFlag::S_IFLNK);
    assert_eq!(link.link_target().unwrap(), "d");
    assert_eq!(error(link.open(OFlag::O_RDONLY)), Some(libc::EACCES));
}

#[test]
fn what_was_found_is_what_is_opened_whatever_has_its_name_by_then() {
    let (_top, root, tree) = example();
    let found = tree.find(&root.join("d/f")).unwrap();
    fs::rename(root.join("d/f"), root.join("d/old")).unwrap();
    symlink(root.with_file_name("secret"), root.join("d/f")).unwrap();
    assert_eq!(text(found.open(OFlag::O_RDONLY).unwrap()), "inside");
}

#[test]
fn a_named_pipe_is_not_opened() {
    let (_top, root, tree) = example();
    nix::unistd::mkfifo(&root.join("pipe"), Mode::S_IRWXU).unwrap();
    let found = tree.find(&root.join("pipe")).unwrap();
    assert_eq!(error(found.open(OFlag::O_RDONLY)), Some(libc::EACCES));
}

#[test]
fn a_name_is_made_in_the_directory_that_was_held() {
    let (_top, root, tree) = example();
    let spot = tree.spot(&root.join("d/new")).unwrap();
    fs::rename(root.join("d"), root.join("moved")).unwrap();
    symlink("..", root.join("d")).unwrap();
    spot.make_directory(AskedMode::PRIVATE).unwrap();
    assert!(root.join("moved/new").is_dir());
    assert!(!root.with_file_name("new").exists());
}

#[test]
fn missing_directories_are_made_on_the_way_and_not_the_last_name() {
    let (_top, root, tree) = example();
    tree.make_parents(&root.join("a/b/c")).unwrap();
    assert!(root.join("a/b").is_dir());
    assert!(!root.join("a/b/c").exists());
    let mode = fs::metadata(root.join("a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn names_are_listed_as_bytes_without_the_dots() {
    let (_top, root, _) = example();
    let odd = OsStr::from_bytes(b"\xff\n");
    fs::write(root.join("d").join(odd), "").unwrap();
    let directory = File::open(root.join("d")).unwrap();
    for _ in 0..2 {
        let mut names = Vec::new();
        list(&directory, |name, _| {
            names.push(name.to_owned());
            Ok(())
        })
        .unwrap();
        names.sort();
        assert_eq!(names, [OsStr::new("f"), odd]);
    }
}
