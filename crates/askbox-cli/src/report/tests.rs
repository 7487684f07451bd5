use std::path::PathBuf;

use askbox_wire::ClientError;
use expect_test::expect;

use super::*;

#[test]
fn the_hint_comes_last() {
    let error = CliError::from(ClientError::NotRunning {
        path: PathBuf::from("/run/askbox.sock"),
    });
    expect![[r#"
        askbox: no daemon is running
        hint: `askbox run` starts one; so does `askbox daemon --restart`
    "#]]
    .assert_eq(&text(&error));
    let error = CliError::OutOfTurn;
    expect![[r#"
        askbox: the daemon answered out of turn
    "#]]
    .assert_eq(&text(&error));
}

#[test]
fn a_broken_pipe_is_success() {
    let broken = CliError::Output(io::ErrorKind::BrokenPipe.into());
    assert_eq!(finish(Err(broken)), ExitStatus::Success);
    assert_eq!(finish(Ok(ExitStatus::External(7))).code(), 7);
    assert_eq!(finish(Err(CliError::OutOfTurn)).code(), 125);
}
