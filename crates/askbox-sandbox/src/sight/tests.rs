use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn close(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
}

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

#[test]
fn what_we_closed_is_hidden_and_what_others_closed_is_not() {
    if geteuid().is_root() {
        // Root is stopped by no permission; the black-box tests have an ordinary user.
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("closed/below")).unwrap();
    symlink("closed/below", root.join("link")).unwrap();
    close(&root.join("closed"));
    for (name, by) in [
        ("closed/below", "closed"),
        ("link", "closed"),
        ("closed/absent", "closed"),
    ] {
        let sight = Sight::default();
        assert!(sight.real(&root.join(name)).is_none(), "{name}");
        assert_eq!(sight.hidden().unwrap().by, Some(root.join(by)), "{name}");
    }
    let sight = Sight::default();
    assert!(sight.real(Path::new("/root/.ssh/id")).is_none());
    assert!(sight.is_clear());
    fs::set_permissions(root.join("closed"), Permissions::from_mode(0o700)).unwrap();
}
