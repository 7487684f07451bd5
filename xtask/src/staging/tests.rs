use std::os::unix::fs::symlink;

use super::*;

/// A place of this test alone, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("askbox-staging-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn below(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn only_a_directory_that_nobody_else_can_change_is_used() {
    let place = Place::new("own");
    let own = place.below("own");
    directory(&own).unwrap();
    directory(&own).unwrap();
    let link = place.below("link");
    symlink(&own, &link).unwrap();
    let open = place.below("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    let file = place.below("file");
    fs::write(&file, "").unwrap();
    for refused in [&link, &open, &file] {
        assert!(directory(refused).is_err(), "{refused}");
        assert!(empty_directory(refused).is_err(), "{refused}");
    }
}

#[test]
fn a_program_takes_the_place_of_the_one_before_and_writes_through_no_link() {
    let place = Place::new("put");
    let staging = directory(&place.below("staging")).unwrap();
    let victim = place.0.join("victim");
    fs::write(&victim, "victim").unwrap();
    symlink(&victim, staging.join("program.new")).unwrap();
    symlink(&victim, staging.join("program")).unwrap();
    let program = place.0.join("source");
    fs::write(&program, "new").unwrap();
    put(&program, &staging, "program").unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "victim");
    let put_there = staging.join("program");
    assert_eq!(fs::read_to_string(&put_there).unwrap(), "new");
    assert_eq!(fs::symlink_metadata(put_there).unwrap().mode() & 0o7777, MODE);
    assert_eq!(
        fs::read_dir(empty_directory(staging.to_str().unwrap()).unwrap())
            .unwrap()
            .count(),
        0
    );
}
