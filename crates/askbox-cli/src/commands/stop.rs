//! `askbox stop`: ends sessions.

use askbox_policy::SessionId;
use askbox_wire::{Request, Response, Stop};
use serde::Serialize;

use crate::args::StopArgs;
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// The object of `askbox stop --json`.
#[derive(Debug, Serialize)]
struct Stopped {
    stopped: usize,
}

/// Stops one session, or all; none at all is as good as stopped.
pub(crate) fn run(context: &Context, arguments: StopArgs) -> Result<ExitStatus, CliError> {
    let request = if arguments.now {
        Request::Kill
    } else {
        Request::Stop
    };
    let count = match arguments.id {
        Some(id) => stop(
            &mut connect::connect(&context.paths)?,
            request(Stop::Session(SessionId(id))),
        )?,
        None => match connect::connect_if_running(&context.paths)? {
            Some(mut client) => stop(&mut client, request(Stop::All))?,
            None => 0,
        },
    };
    if arguments.json {
        output::print_json(&Stopped { stopped: count })?;
    } else {
        output::print(&format!("{} told to end\n", output::count(count, "session")))?;
    }
    Ok(ExitStatus::Success)
}

fn stop(client: &mut askbox_wire::Client, request: Request) -> Result<usize, CliError> {
    match client.call(request)? {
        Response::Stopped { count } => Ok(count),
        _ => Err(CliError::OutOfTurn),
    }
}
