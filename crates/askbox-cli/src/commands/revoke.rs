//! `askbox revoke`: ends remembered answers, and what lives on them.

use askbox_policy::GrantId;
use askbox_wire::{Request, Response, Revoke};
use serde::Serialize;

use crate::args::RevokeArgs;
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// The object of `askbox revoke --json`.
#[derive(Debug, Serialize)]
struct Revoked {
    revoked: usize,
}

/// Revokes one, or all. Starts a daemon when none runs: what it remembers lasts longer than it does.
pub(crate) fn run(context: &Context, arguments: RevokeArgs) -> Result<ExitStatus, CliError> {
    let what = match arguments.id {
        Some(id) => Revoke::Grant(GrantId(id)),
        None => Revoke::All,
    };
    let mut client = connect::connect_or_start(context)?;
    let Response::Revoked { count } = client.call(Request::Revoke(what))? else {
        return Err(CliError::OutOfTurn);
    };
    if arguments.json {
        output::print_json(&Revoked { revoked: count })?;
    } else {
        output::print(&format!(
            "{} revoked; what lived on it is cut\n",
            output::count(count, "remembered answer")
        ))?;
    }
    Ok(ExitStatus::Success)
}
