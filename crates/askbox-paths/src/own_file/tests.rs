use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn a_new_file_is_for_its_user_alone_and_an_old_one_keeps_its_mode() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("own.json");
    replace(&path, b"one").unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"one".to_vec(), 0o600));
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    replace(&path, b"two").unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"two".to_vec(), 0o640));
    assert_eq!(names(directory.path()), ["own.json"]);
}

#[test]
fn what_may_not_or_cannot_be_replaced_stays_and_nothing_lies_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("own.json");
    fs::write(&path, "old").unwrap();
    assert!(!replace_if(&path, b"new", || false).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"old");

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    replace(&path, b"new").unwrap_err();
    assert!(path.is_dir());
    assert_eq!(names(directory.path()), ["own.json"]);
}

#[test]
fn a_second_broken_file_does_not_replace_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("own.json");
    for number in 1..=2 {
        fs::write(&path, format!("broken {number}")).unwrap();
        let KeptAside { path: kept, .. } = keep_aside(&path, "it is broken".to_owned()).unwrap();
        assert_eq!(kept, directory.path().join(format!("own.json.broken-{number}")));
        assert_eq!(fs::read_to_string(kept).unwrap(), format!("broken {number}"));
    }
    assert!(!path.exists());
    assert_eq!(
        keep_aside(&path, String::new()).unwrap_err().kind(),
        io::ErrorKind::NotFound
    );
}
