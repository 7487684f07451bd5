//! `askbox man`: the manual pages, from the same definitions that parse.

use clap::CommandFactory;

use crate::args::{Arguments, ManArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::{output, report};

/// Prints one page as roff.
pub(crate) fn run(context: &Context, arguments: &ManArgs) -> Result<ExitStatus, CliError> {
    let page = page(arguments.command.as_deref())?;
    if context.stdout_is_terminal {
        report::complain("askbox: this is the page's source; read it with: askbox man | man -l -\n");
    }
    output::print(&page)?;
    Ok(ExitStatus::Success)
}

fn page(name: Option<&str>) -> Result<String, CliError> {
    let mut command = Arguments::command();
    command.build();
    let command = match name {
        None => command,
        Some(name) => {
            let found = command.find_subcommand(name).cloned();
            found.ok_or_else(|| CliError::NoSuchCommand(name.to_owned()))?
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut text)
        .map_err(CliError::Output)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests;
