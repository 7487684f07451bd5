use askbox_wire::{ErrorCode, WireError};

use super::*;

#[test]
fn a_chain_says_each_level_once() {
    let error = CliError::System {
        step: "open it".into(),
        source: io::Error::other("no such luck"),
    };
    assert_eq!(chain(&error), "cannot open it: no such luck");
    let error = CliError::from(ClientError::Socket(io::Error::other("torn")));
    assert_eq!(chain(&error), "the connection to the daemon failed: torn");
}

#[test]
fn a_refusal_brings_its_own_hint() {
    let refused = |error| CliError::from(ClientError::Refused(error)).hint();
    let plain = WireError::new(ErrorCode::Stale, "the question changed");
    assert_eq!(refused(plain.clone().with_hint("look")), Some("look".into()));
    assert_eq!(
        refused(plain),
        Some("`askbox questions` shows what it asks now".into())
    );
}

#[test]
fn only_a_reader_that_went_away_is_a_broken_pipe() {
    let output = |kind: io::ErrorKind| CliError::Output(kind.into());
    assert!(output(io::ErrorKind::BrokenPipe).is_broken_pipe());
    assert!(!output(io::ErrorKind::StorageFull).is_broken_pipe());
    let step = CliError::System {
        step: "ask".into(),
        source: io::ErrorKind::BrokenPipe.into(),
    };
    assert!(!step.is_broken_pipe());
}

#[test]
fn what_lies_with_the_caller_brings_a_hint() {
    let gone = || io::ErrorKind::NotFound.into();
    let relative = askbox_paths::Error::RelativeRoot("rel".into());
    for error in [CliError::NoDirectory(gone()), CliError::Paths(relative)] {
        assert!(error.hint().is_some(), "{error:?}");
    }
}

#[test]
fn a_directory_that_cannot_be_written_brings_the_hint_for_its_cause() {
    for (kind, expected) in [
        (io::ErrorKind::PermissionDenied, "mode 700"),
        (io::ErrorKind::ReadOnlyFilesystem, "findmnt -T /home/u/.local"),
        (io::ErrorKind::StorageFull, "free some space"),
    ] {
        let error = CliError::Unwritable {
            directory: "/home/u/.local".into(),
            source: kind.into(),
        };
        let hint = error.hint().unwrap();
        assert!(hint.contains(expected), "{kind}: {hint}");
        assert_eq!(
            hint.contains("mode 700"),
            expected == "mode 700",
            "{kind}: {hint}"
        );
    }
}
