use super::*;

#[test]
fn every_command_has_a_page() {
    assert!(page(None).unwrap().contains(".TH askbox 1"));
    assert!(page(Some("run")).unwrap().contains("npm install"));
    assert!(page(Some("exec")).is_ok());
    assert!(matches!(page(Some("nothing")), Err(CliError::NoSuchCommand(_))));
}
