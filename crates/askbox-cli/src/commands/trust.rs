//! `askbox trust`: lets a project's own file allow things, as the file is now.

use std::fmt::Write as _;

use askbox_wire::{OsText, Request, Response, TrustView};

use super::rules;
use crate::args::TrustArgs;
use crate::connect;
use crate::context::{self, Context, Named};
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// Trusts, and shows what was trusted.
pub(crate) fn run(context: &Context, arguments: &TrustArgs) -> Result<ExitStatus, CliError> {
    let directory = context::real_directory(&arguments.directory, Named::Subject)?;
    let mut client = connect::connect_or_start(context)?;
    let Response::Trusted(trusted) = client.call(Request::Trust {
        directory: OsText::from(directory),
    })?
    else {
        return Err(CliError::OutOfTurn);
    };
    if arguments.json {
        output::print_json(&trusted)?;
    } else {
        output::print(&render(&trusted, Style::new(context)))?;
    }
    Ok(ExitStatus::Success)
}

fn render(trusted: &TrustView, style: Style) -> String {
    let mut text = format!("trusted: {}\n", output::safe(&trusted.path));
    for rule in &trusted.rules {
        text.push_str(&rules::render_rule(rule, style));
    }
    let _infallible = writeln!(
        text,
        "From the next session on, {} count until the file changes.",
        output::count(trusted.rules.len(), "rule")
    );
    text
}

#[cfg(test)]
mod tests;
