//! `askbox lockdown`: everything is denied until it is ended.

use askbox_wire::Request;
use serde::Serialize;

use crate::args::{LockdownArgs, LockdownState};
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// The object of `askbox lockdown --json`.
#[derive(Debug, Serialize)]
struct Lockdown {
    lockdown: bool,
}

/// Begins or ends a lockdown. Starts a daemon when none runs: it lasts longer than one.
pub(crate) fn run(context: &Context, arguments: &LockdownArgs) -> Result<ExitStatus, CliError> {
    let on = arguments.state == LockdownState::On;
    let mut client = connect::connect_or_start(context)?;
    connect::expect_done(&mut client, Request::Lockdown { on })?;
    if arguments.json {
        output::print_json(&Lockdown { lockdown: on })?;
    } else {
        output::print(if on {
            "lockdown: everything is denied, and no session starts, until askbox lockdown off\n"
        } else {
            "the lockdown is over; what it cut stays cut\n"
        })?;
    }
    Ok(ExitStatus::Success)
}
