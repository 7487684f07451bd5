use std::os::unix::fs::symlink;
use std::time::Duration;

use super::*;

fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

fn now() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

#[test]
fn files_count_by_what_they_hold_each_once_and_links_are_not_followed() {
    let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(elsewhere.path().join("big"), vec![1; 1 << 20]).unwrap();
    symlink(elsewhere.path(), place.path().join("link")).unwrap();
    fs::create_dir_all(place.path().join("a/b")).unwrap();
    fs::write(place.path().join("a/b/file"), vec![1; 1 << 20]).unwrap();
    fs::hard_link(place.path().join("a/b/file"), place.path().join("name")).unwrap();
    fs::File::create(place.path().join("sparse"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let held = changed_since(place.path(), 0, in_a_minute()).unwrap();
    assert!(
        (1 << 20..(1 << 20) + (64 << 10)).contains(&held.bytes),
        "{held:?}"
    );
    assert!(!held.is_cut);
}

#[test]
fn what_did_not_change_since_does_not_count() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), vec![1; 1 << 20]).unwrap();
    assert_eq!(
        changed_since(place.path(), now() + 60, in_a_minute()).unwrap(),
        Held::default()
    );
}

#[test]
fn a_look_without_time_says_that_there_is_more() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "x").unwrap();
    let held = changed_since(place.path(), 0, Instant::now()).unwrap();
    assert!(held.is_cut);
}

#[test]
fn a_file_system_is_asked_once() {
    let place = tempfile::tempdir().unwrap();
    let directories = [
        place.path().to_owned(),
        place.path().join("missing"),
        place.path().to_owned(),
    ];
    assert_eq!(used(&directories).unwrap().len(), 1);
}
