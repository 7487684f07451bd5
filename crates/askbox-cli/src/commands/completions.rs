//! `askbox completions`: for the shell, from the same definitions that parse.

use clap::CommandFactory;

use crate::args::{Arguments, CompletionsArgs};
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// Prints them.
pub(crate) fn run(arguments: &CompletionsArgs) -> Result<ExitStatus, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "askbox", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}
