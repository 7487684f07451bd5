use std::path::PathBuf;

use askbox_wire::{ClientError, ErrorCode, WireError};
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
        hint: `askbox daemon --restart` starts it anew
    "#]]
    .assert_eq(&text(&error));
}

#[test]
fn what_a_program_inside_named_cannot_reach_the_terminal() {
    let refusal = WireError::new(ErrorCode::Refused, "a\u{1b}[2J\u{202e}b\nc cannot be a project")
        .with_hint("not\u{1b}[2J\r this");
    let error = CliError::from(ClientError::Refused(refusal));
    expect![[r#"
        askbox: a\u{1b}[2J\u{202e}b\nc cannot be a project
        hint: not\u{1b}[2J\r this
    "#]]
    .assert_eq(&text(&error));
}

#[test]
fn what_else_is_wrong_has_lines_of_its_own() {
    let refusal = WireError {
        details: vec!["line 4: b".into(), "and 7\n more".into()],
        ..WireError::new(ErrorCode::Policy, "nothing is imported: line 1: a").with_hint("mend it")
    };
    let error = CliError::from(ClientError::Refused(refusal));
    expect![[r"
        askbox: nothing is imported: line 1: a
          line 4: b
          and 7\n more
        hint: mend it
    "]]
    .assert_eq(&text(&error));
}

#[test]
fn a_broken_pipe_is_success() {
    let broken = CliError::Output(io::ErrorKind::BrokenPipe.into());
    assert_eq!(finish(Err(broken)), ExitStatus::Success);
    assert_eq!(finish(Ok(ExitStatus::External(7))).code(), 7);
    assert_eq!(finish(Err(CliError::OutOfTurn)).code(), 125);
}
