use std::fs;
use std::os::unix::fs::symlink;

use super::super::tests::stage;
use super::*;

#[test]
fn what_is_in_the_way_in_a_private_home_is_removed_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    for name in ["home/right", "outside"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    for name in ["home/right/file", "home/file", "outside/kept"] {
        fs::write(root.join(name), "").unwrap();
    }
    symlink("../outside", root.join("home/link")).unwrap();
    let stage = stage(&root);
    let cleared = |target: &str, end| {
        clear(&stage, Path::new("/home"), Path::new(target), end).unwrap();
        fs::symlink_metadata(root.join(target.trim_start_matches('/'))).is_err()
    };
    assert!(!cleared("/home/right", SFlag::S_IFDIR));
    assert!(!cleared("/home/right/file", SFlag::S_IFREG));
    assert!(cleared("/home/file", SFlag::S_IFDIR));
    assert!(
        cleared("/home/link/kept", SFlag::S_IFREG),
        "the link on the way is gone"
    );
    assert!(cleared("/home/missing/bin", SFlag::S_IFDIR));
    assert!(
        !cleared("/outside/kept", SFlag::S_IFDIR),
        "it lies in no private home"
    );
    let full = clear(
        &stage,
        Path::new("/home"),
        Path::new("/home/right"),
        SFlag::S_IFREG,
    );
    assert_eq!(full.unwrap_err().raw_os_error(), Some(libc::ENOTEMPTY));
}
