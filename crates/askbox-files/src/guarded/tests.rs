use std::time::{Duration, UNIX_EPOCH};

use super::*;

#[test]
fn an_object_is_guarded_until_another_has_its_inode() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("keys");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("key"), "").unwrap();
    let mut found = HashMap::new();
    add(&directory, &fs::metadata(&directory).unwrap(), DEPTH, &mut found);
    assert_eq!(found.len(), 2);
    let guarded = Guarded(found);
    let key = fs::metadata(directory.join("key")).unwrap();
    let other = UNIX_EPOCH + Duration::from_secs(1);
    assert!(guarded.holds(object(&key), || key.created().ok()));
    assert!(
        guarded.holds(object(&key), || None),
        "nobody knows, so it is closed"
    );
    assert_eq!(
        guarded.holds(object(&key), || Some(other)),
        key.created().is_err(),
        "made at another time"
    );
    let outside = fs::metadata(home.path()).unwrap();
    assert!(!guarded.holds(object(&outside), || outside.created().ok()));
}

#[test]
fn directories_are_looked_into_as_deep_as_the_constant_says() {
    let home = tempfile::tempdir().unwrap();
    let mut path = home.path().to_owned();
    for _ in 0..DEPTH + 2 {
        path.push("d");
        fs::create_dir(&path).unwrap();
    }
    let mut found = HashMap::new();
    add(
        home.path(),
        &fs::metadata(home.path()).unwrap(),
        DEPTH,
        &mut found,
    );
    assert_eq!(found.len(), DEPTH + 1);
}
