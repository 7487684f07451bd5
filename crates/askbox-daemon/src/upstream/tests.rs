use std::fs::Permissions;

use super::*;

#[test]
fn credentials_are_one_line_that_nobody_else_reads() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proxy-credentials");
    assert_eq!(read(&file), Ok(None));
    let table = [
        ("ada:s3:cret\n", 0o600, Ok(Some("ada:s3:cret".to_owned()))),
        (
            "ada:s3cret",
            0o640,
            Err("others may read proxy-credentials: chmod 600".to_owned()),
        ),
        (
            "ada:s3cret",
            0o604,
            Err("others may read proxy-credentials: chmod 600".to_owned()),
        ),
        (
            "ada",
            0o600,
            Err("proxy-credentials must be one line, NAME:PASSWORD".to_owned()),
        ),
        (
            "a:b\nX-Header: c",
            0o600,
            Err("proxy-credentials must be one line, NAME:PASSWORD".to_owned()),
        ),
    ];
    for (content, mode, expected) in table {
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        assert_eq!(read(&file), expected, "{content:?} {mode:o}");
    }
}
