use super::*;

#[test]
fn a_root_moves_everything_but_the_home_directory() {
    let paths = Paths::new(Some("/r".into())).unwrap();
    assert!(paths.own().iter().all(|path| path.starts_with("/r")));
    assert!(
        [
            paths.policy(),
            paths.log(),
            paths.grants(),
            paths.usage(),
            paths.socket(),
            paths.lock(),
            paths.stage()
        ]
        .iter()
        .all(|path| path.starts_with("/r"))
    );
    assert!(!paths.home().starts_with("/r"));
}

#[test]
fn a_relative_root_is_refused() {
    assert!(matches!(
        Paths::new(Some("r".into())),
        Err(Error::RelativeRoot(_))
    ));
}

#[test]
fn an_empty_root_counts_as_unset() {
    assert_eq!(Paths::new(Some("".into())).unwrap(), Paths::new(None).unwrap());
}
