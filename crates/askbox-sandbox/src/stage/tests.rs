use std::os::unix::fs::symlink;

use super::*;

fn object(path: &Path) -> ObjectId {
    let metadata = fs::symlink_metadata(path).unwrap();
    ObjectId {
        device: metadata.dev(),
        inode: metadata.ino(),
    }
}

/// A stage on a directory of the test: nothing is mounted.
pub(super) fn stage(root: &Path) -> Stage {
    Stage {
        files: None,
        outer: open_source(root).unwrap(),
        root: open_source(root).unwrap(),
        parents: RefCell::default(),
        homes: RefCell::default(),
        umask: Mode::empty(),
    }
}

#[test]
fn what_is_covered_must_be_what_was_to_be_hidden() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::write(root.join("secret"), "").unwrap();
    let secret = object(&root.join("secret"));
    let stage = stage(&root);
    fs::rename(root.join("secret"), root.join("elsewhere")).unwrap();
    fs::write(root.join("secret"), "").unwrap();
    let refused = stage.cover(Path::new("/secret"), Some(secret)).unwrap_err();
    assert!(
        refused.to_string().contains("replaced by something else"),
        "{refused}"
    );
    // At its own place it passes, and what fails is only that there is nothing to cover it with.
    let passed = stage.cover(Path::new("/elsewhere"), Some(secret)).unwrap_err();
    assert_eq!(passed.kind(), io::ErrorKind::NotFound, "{passed}");
}

#[test]
fn what_is_opened_for_a_session_must_be_what_was_planned() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    for name in ["planned", "other"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    let planned = object(&root.join("planned"));
    let stage = stage(&root);
    let refused = stage.mount(&Mount::Bind {
        source: root.join("other"),
        target: "/place".into(),
        access: Access::ReadOnly,
        object: Some(planned),
    });
    let refused = std::error::Error::source(&refused.unwrap_err())
        .unwrap()
        .to_string();
    assert!(refused.contains("replaced by something else"), "{refused}");
    assert!(!root.join("place").exists());
    // The planned one passes. Only up to here: whoever may mount would do so.
    let opened = open_source(&root.join("planned")).unwrap();
    check_object(&opened, planned).unwrap();
}

#[test]
fn links_that_were_put_on_the_way_of_a_planned_path_are_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir(root.join("real")).unwrap();
    fs::write(root.join("real/file"), "").unwrap();
    symlink("real", root.join("link")).unwrap();
    symlink("/", root.join("root")).unwrap();
    let stage = stage(&root);
    // A link at the end is opened as the link that it is.
    let arrives = |opened: io::Result<OwnedFd>| {
        opened.is_ok_and(|opened| !fs::File::from(opened).metadata().unwrap().is_symlink())
    };
    for (inside, expected) in [
        ("real", true),
        ("real/file", true),
        ("link", false),
        ("link/file", false),
        ("root", false),
        ("root/etc", false),
        ("real/../real/file", true),
        ("../real", false),
    ] {
        let opened = stage.open(&Path::new("/").join(inside));
        assert_eq!(arrives(opened), expected, "inside {inside}");
        if !inside.contains("..") {
            let opened = open_source(&root.join(inside));
            assert_eq!(arrives(opened), expected, "outside {inside}");
        }
    }
}
