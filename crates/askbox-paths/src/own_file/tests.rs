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

#[test]
fn only_a_file_is_read_and_nothing_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("file"), "text").unwrap();
    std::os::unix::fs::symlink("file", at("link")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at("device")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    for (name, limit, expected) in [
        ("file", 4, Ok(Some("text"))),
        ("link", 4, Ok(Some("text"))),
        ("absent", 4, Ok(None)),
        ("file", 3, Err("it is longer than 3 bytes")),
        ("device", 4, Err("it is not an ordinary file")),
        ("socket", 4, Err("it is not an ordinary file")),
        (".", 4, Err("it is not an ordinary file")),
    ] {
        let read = read(&at(name), limit).map_err(|error| (error.kind(), error.to_string()));
        let expected = expected
            .map(|text| text.map(|text| text.as_bytes().to_vec()))
            .map_err(|reason| (io::ErrorKind::InvalidData, reason.to_owned()));
        assert_eq!(read, expected, "{name}");
    }
}
