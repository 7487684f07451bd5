use std::path::PathBuf;

use askbox_secrets::Unavailable;

use super::*;

#[test]
fn a_login_is_one_line_of_name_and_password() {
    let long = format!("ada:{}", "x".repeat(LOGIN_BYTES));
    let table = [
        ("ada:s3cret", None),
        ("ada:s3:cret", None),
        ("ada", Some("one line, NAME:PASSWORD")),
        ("", Some("one line, NAME:PASSWORD")),
        (":s3cret", Some("the name is empty")),
        ("ada:", Some("the password is empty")),
        ("ada:s3\tcret", Some("control character")),
        ("ada:s3\r\nX-Header: a", Some("control character")),
        (&long, Some("too long")),
    ];
    for (text, wrong) in table {
        match (checked(text), wrong) {
            (Ok(login), None) => assert_eq!(login, text),
            (Err(CliError::Login(problem)), Some(words)) => assert!(problem.contains(words), "{problem}"),
            (other, _) => panic!("{text:?}: {other:?}"),
        }
    }
}

#[test]
fn one_line_is_read_and_no_more() {
    let table = [
        ("ada:x\nmore", "ada:x"),
        ("ada:x\r\n", "ada:x"),
        ("ada:x", "ada:x"),
        ("", ""),
    ];
    for (input, expected) in table {
        assert_eq!(line(input.as_bytes()).unwrap(), expected);
    }
    assert_eq!(
        line("x".repeat(2 * LOGIN_BYTES).as_bytes()).unwrap().len(),
        LOGIN_BYTES
    );
}

#[test]
fn what_is_said_names_the_place_and_why_it_is_not_the_keyring() {
    let file = || Place::File(PathBuf::from("/s/proxy-login"));
    let nobody = || Some(Unavailable::NoService("no bus".into()));
    let said = |place, instead, by_hand| kept(&Kept { place, instead }, by_hand);
    assert_eq!(said(Place::Keyring, None, false), "kept in your keyring\n");
    assert_eq!(
        said(file(), nobody(), true),
        "kept in /s/proxy-login, which only you may read: there is no Secret Service here (no bus)\n\
         proxy-credentials beside policy.toml is not read any more: remove it\n"
    );
    assert_eq!(
        said(file(), None, false),
        "kept in /s/proxy-login, which only you may read\n"
    );
    let gone = |left| Removed {
        place: Place::Keyring,
        left,
    };
    assert_eq!(removed(None, false), "nothing was kept\n");
    assert_eq!(
        removed(Some(&gone(None)), true),
        "forgotten\nproxy-credentials beside policy.toml is there, and is used\n"
    );
    assert!(removed(Some(&gone(nobody())), false).contains("stays in your keyring"));
}
