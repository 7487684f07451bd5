//! The end of the program: what went wrong to standard error, and how it went as an exit code.

use std::io::{self, Write};

use askbox_policy::display;
use clap::error::ErrorKind;

use crate::error::{CliError, links};
use crate::exit_code::ExitStatus;
use crate::limits::SAID;

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

/// The chain on one line, what else is wrong and the hint on others. Paths that a sandboxed program named can be in both, so only the line breaks
/// of here are line breaks.
fn text(error: &CliError) -> String {
    let chain: Vec<String> = links(error)
        .map(|link| display::text(&link.to_string(), SAID))
        .collect();
    let mut text = format!("askbox: {}\n", chain.join(": "));
    for detail in error.details() {
        text.push_str("  ");
        text.push_str(&display::text(detail, SAID));
        text.push('\n');
    }
    if let Some(hint) = error.hint() {
        text.push_str("hint: ");
        text.push_str(&display::text(&hint, SAID));
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
