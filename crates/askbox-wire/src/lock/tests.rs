use super::*;

#[test]
fn the_lock_is_held_once_and_goes_with_its_holder() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lock");
    let lock = Lock::take(&path).unwrap();
    assert!(matches!(Lock::take(&path), Err(LockError::Held)));
    assert!(Lock::is_held(&path));
    drop(lock);
    assert!(!Lock::is_held(&path) && !Lock::is_held(Path::new("/nonexistent/lock")));
    Lock::take(&path).unwrap();
}

#[test]
fn a_lock_without_a_directory_says_why() {
    let error = Lock::take(Path::new("/nonexistent/lock")).unwrap_err();
    assert!(matches!(error, LockError::File { source, .. } if source.kind() == io::ErrorKind::NotFound));
}
