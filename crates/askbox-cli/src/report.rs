//! The end of the program: what went wrong to standard error, and how it went as an exit code.

use std::io::{self, Write};

use clap::error::ErrorKind;

use crate::error::{CliError, chain};
use crate::exit_code::ExitStatus;

/// After the command.
pub(crate) fn finish(result: Result<ExitStatus, CliError>) -> ExitStatus {
    match result {
        Ok(status) => status,
        Err(error) if error.is_broken_pipe() => ExitStatus::Success,
        Err(error) => {
            complain(&text(&error));
            ExitStatus::Failed
        }
    }
}

/// Instead of the command: help and version go to standard output and are no failure.
pub(crate) fn usage(error: &clap::Error) -> ExitStatus {
    // Nobody is left to hear of a failure to write.
    drop(error.print());
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitStatus::Success,
        _ => ExitStatus::Failed,
    }
}

/// The chain on one line, the hint on another.
fn text(error: &CliError) -> String {
    let mut text = format!("askbox: {}\n", chain(error));
    if let Some(hint) = error.hint() {
        text.push_str("hint: ");
        text.push_str(&hint);
        text.push('\n');
    }
    text
}

/// To standard error, in one write so that it is not torn apart.
pub(crate) fn complain(text: &str) {
    // Nobody is left to hear of a failure to write.
    drop(io::stderr().write_all(text.as_bytes()));
}

#[cfg(test)]
mod tests;
