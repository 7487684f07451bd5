use super::*;

fn check_mode(mode: u32) -> Result<(), Unusable> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
    BWRAP.check_at(file.path(), file.as_file().metadata().unwrap().uid())
}

#[test]
fn only_a_plain_program_is_run() {
    assert!(check_mode(0o755).is_ok());
    assert!(matches!(check_mode(0o775), Err(Unusable::Writable(_))));
    assert!(matches!(check_mode(0o757), Err(Unusable::Writable(_))));
    assert!(matches!(check_mode(0o4755), Err(Unusable::SetId(_))));
    assert!(matches!(check_mode(0o2755), Err(Unusable::SetId(_))));
}

#[test]
fn the_program_of_another_user_is_not_run() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let other = file.as_file().metadata().unwrap().uid() + 1;
    assert!(matches!(
        BWRAP.check_at(file.path(), other),
        Err(Unusable::Writable(_))
    ));
}

#[test]
fn a_missing_program_is_named() {
    assert!(matches!(
        BWRAP.check_at(Path::new("/nonexistent/bwrap"), 0),
        Err(Unusable::Missing(_))
    ));
}

#[test]
fn in_a_namespace_without_root_its_files_belong_to_the_overflow_user() {
    for (uid_map, overflow, owner) in [
        ("         0          0 4294967295\n", "65534\n", 0),
        ("         0       1000          1\n", "65534\n", 0),
        ("      1000       1000          1\n", "65534\n", 65534),
        (
            "      1000       1000          1\n         0     100000          1\n",
            "65534\n",
            0,
        ),
        ("     65534       1000          1\n", "65534\n", 0),
        ("      1000       1000     100000\n", "65534\n", 0),
        ("      1000       1000          1\n", "", 0),
        ("", "65534\n", 0),
        ("garbled\n", "65534\n", 0),
    ] {
        assert_eq!(root(uid_map, overflow), owner, "{uid_map:?} {overflow:?}");
    }
}
