use std::fs::File;
use std::time::Duration;

use super::*;

#[test]
fn old_records_and_more_than_are_kept_are_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    let age = |name: &str, age: Duration| {
        let file = File::create(directory.path().join(name)).unwrap();
        file.set_modified(now - age).unwrap();
    };
    let left = || {
        let names = fs::read_dir(directory.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    age("old", limits::REVIEWS_KEPT_FOR + Duration::from_secs(1));
    age("young", Duration::ZERO);
    forget_old(directory.path(), now);
    assert_eq!(left(), ["young"]);
    for number in 0..limits::REVIEWS_KEPT {
        age(&format!("{number}"), Duration::from_mins(1));
    }
    forget_old(directory.path(), now);
    assert_eq!(left().len(), limits::REVIEWS_KEPT);
    assert!(left().contains(&"young".to_owned()));
}
