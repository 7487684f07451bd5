use std::os::unix::fs::symlink;

use super::*;

fn directory() -> (tempfile::TempDir, PathBuf, Tree) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap().join("tree");
    fs::create_dir(&root).unwrap();
    let tree = Tree::open(&root).unwrap();
    (directory, root, tree)
}

#[test]
fn no_link_is_followed_on_any_way() {
    let (_directory, root, tree) = directory();
    fs::create_dir(root.join("real")).unwrap();
    fs::write(root.join("real/file"), "x").unwrap();
    fs::write(root.with_file_name("outside"), "x").unwrap();
    symlink("real", root.join("link")).unwrap();
    symlink("file", root.join("real/link")).unwrap();
    symlink("../..", root.join("real/up")).unwrap();
    assert_eq!(tree.node(Path::new("real/file")), Node::File);
    assert_eq!(tree.node(Path::new("link")), Node::Link("real".into()));
    let ways = [
        "link/file",
        "real/up/outside",
        "real/../../outside",
        "nothing/at/all",
    ];
    for way in ways.map(Path::new) {
        assert_eq!(tree.node(way), Node::Absent, "{}", way.display());
        tree.read(way, 10).unwrap_err();
        tree.remove(way).unwrap_err();
        tree.put_file(way, (b"y", 0o644), || true).unwrap_err();
    }
    tree.read(Path::new("real/link"), 10).unwrap_err();
    Tree::open(&root.join("link")).unwrap_err();
    assert_eq!(fs::read_to_string(root.with_file_name("outside")).unwrap(), "x");
}

#[test]
fn only_files_are_read_and_nothing_is_waited_for() {
    let (_directory, root, tree) = directory();
    nix::unistd::mkfifo(&root.join("pipe"), Mode::S_IRWXU).unwrap();
    assert_eq!(tree.node(Path::new("pipe")), Node::Other);
    tree.read(Path::new("pipe"), 10).unwrap_err();
    tree.read(Path::new("."), 10).unwrap_err();
    fs::write(root.join("file"), "12345").unwrap();
    let read = |most| tree.read(Path::new("file"), most).unwrap().bytes;
    assert_eq!((read(5), read(4)), (Some(b"12345".to_vec()), None));
}

#[test]
fn a_file_takes_the_place_of_another_as_a_whole_or_not_at_all() {
    let (_directory, root, tree) = directory();
    symlink("elsewhere", root.join("name")).unwrap();
    let put = |may| {
        tree.put_file(Path::new("name"), (b"new", 0o4755), || may)
            .unwrap()
    };
    assert!(!put(false));
    assert_eq!(
        tree.names(Path::new(""), 10).unwrap(),
        (vec!["name".into()], true)
    );
    assert!(put(true));
    let content = tree.read(Path::new("name"), 10).unwrap();
    assert_eq!((content.mode, content.bytes), (0o755, Some(b"new".to_vec())));
    assert_eq!(
        tree.names(Path::new(""), 10).unwrap(),
        (vec!["name".into()], true)
    );
}
