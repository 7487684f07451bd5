//! The bench's own program: it is both ends of what is measured, on the host and in a session, and prints numbers.

use std::path::{Path, PathBuf};
use std::process::Command;

use askbox_tests::World;

/// This program.
pub(crate) fn own() -> PathBuf {
    PathBuf::from(std::env::var_os("ASKBOX_TEST_BINARIES").unwrap()).join("askbox-bench")
}

/// A copy of it that a session can start.
pub(crate) fn own_in_project(world: &World) -> PathBuf {
    let program = world.project().join("askbox-bench");
    std::fs::copy(own(), &program).unwrap();
    program
}

/// That copy in a session which may connect to `ok.test`, pinned to an address; its words are still to be added.
pub(crate) fn inside(world: &World, pin: &str, program: &Path) -> Command {
    let mut session = world.askbox(&[
        "run",
        "--quiet",
        "--allow-domain",
        "ok.test",
        "--resolve",
        pin,
        "--",
    ]);
    session.arg(program);
    session
}

/// The number that a command prints.
pub(crate) fn number(command: &mut Command) -> f64 {
    numbers(command)[0]
}

/// The numbers that a command prints, at least one; it must succeed.
pub(crate) fn numbers(command: &mut Command) -> Vec<f64> {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(
        output.status.success() && !numbers.is_empty(),
        "{command:?}: {text:?} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    numbers
}
