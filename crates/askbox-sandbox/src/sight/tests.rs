use std::os::unix::fs::symlink;

use super::*;

#[test]
fn what_is_not_there_hides_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::write(root.join("file"), "").unwrap();
    symlink("itself", root.join("itself")).unwrap();
    let sight = Sight::default();
    let long = "x".repeat(300);
    for name in [
        "absent",
        "absent/below",
        "file/below",
        "itself/below",
        &long,
        "a\0b",
    ] {
        assert!(sight.metadata(&root.join(name)).is_none(), "{name:?}");
        assert!(sight.real(&root.join(name)).is_none(), "{name:?}");
        assert_eq!(sight.hidden(), None, "{name:?}");
    }
    assert!(sight.metadata(&root.join("file")).is_some());
}

#[test]
fn what_another_error_says_is_hidden() {
    let sight = Sight::default();
    for error in [libc::EAGAIN, libc::EIO, libc::EMFILE] {
        let sight = Sight::default();
        sight.missed(Path::new("/x"), &io::Error::from_raw_os_error(error));
        assert!(!sight.is_clear(), "{error}");
    }
    sight.missed(Path::new("/x"), &io::Error::from_raw_os_error(libc::ENOENT));
    assert!(sight.is_clear());
}
