use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::*;

fn user(home: &[u8]) -> User {
    User {
        name: "ada".to_owned(),
        uid: 1000,
        gid: 1000,
        group: "ada".to_owned(),
        home: Path::new(OsStr::from_bytes(home)).to_owned(),
        shell: "/bin/bash".into(),
    }
}

#[test]
fn a_home_directory_is_told_as_it_is_or_not_at_all() {
    for (home, can_be_told) in [
        (&b"/home/ada"[..], true),
        ("/home/åda".as_bytes(), true),
        (b"/home/ad\xff", false),
        (b"/home/a:b", false),
        (b"/home/a\nb", false),
    ] {
        assert_eq!(can_tell_of(&user(home)), can_be_told, "{home:?}");
    }
    for files in [userdb(&user(b"/home/ad\xff")), synthetic(&user(b"/home/ad\xff"))] {
        let told = files.iter().any(|file| file.content.contains("/home/ad"));
        assert!(!told, "{files:?}");
    }
}
