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

#[test]
fn whoever_holds_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lock");
    assert_eq!(Lock::holder(&path), None);
    let lock = Lock::take(&path).unwrap();
    assert_eq!(Lock::holder(&path), Some(std::process::id()));
    drop(lock);
    assert_eq!(Lock::holder(&path), None);
}

#[test]
fn other_locks_and_those_that_wait_are_passed_over() {
    let locks = "1: POSIX  ADVISORY  WRITE 5 08:01:77 0 EOF\n\
                 2: FLOCK  ADVISORY  WRITE 6 08:01:78 0 EOF\n\
                 2: -> FLOCK  ADVISORY  WRITE 8 08:01:77 0 EOF\n\
                 3: FLOCK  ADVISORY  WRITE 7 00:2a:77 0 EOF\n";
    assert_eq!(holder(locks, 77), Some(7));
    assert_eq!(holder(locks, 79), None);
}
