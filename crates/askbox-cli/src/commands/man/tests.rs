use super::*;

#[test]
fn every_command_has_a_page_that_is_not_hidden() {
    assert!(page(None).unwrap().contains(".TH askbox 1"));
    assert!(page(Some("run")).unwrap().contains("npm install"));
    assert!(page(Some("exec")).is_ok());
    for unknown in ["probe", "nothing"] {
        assert!(
            matches!(page(Some(unknown)), Err(CliError::NoSuchCommand(_))),
            "{unknown}"
        );
    }
}
