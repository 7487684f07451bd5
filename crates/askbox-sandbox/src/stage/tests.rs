use super::*;

fn object(path: &Path) -> ObjectId {
    let metadata = fs::symlink_metadata(path).unwrap();
    ObjectId {
        device: metadata.dev(),
        inode: metadata.ino(),
    }
}

/// A stage on a directory of the test: nothing is mounted.
fn stage(root: &Path) -> Stage {
    Stage {
        outer: open_source(root).unwrap(),
        root: open_source(root).unwrap(),
        parents: RefCell::default(),
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
