//! `askbox pause`: for a while nobody is asked, and what would be asked is denied.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use askbox_wire::{Client, Request, Response, rfc3339};
use serde::Serialize;

use crate::args::{PauseArgs, PauseTime};
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// The object of `askbox pause --json`.
#[derive(Debug, Serialize)]
struct Paused {
    paused_until_ms: Option<u64>,
}

/// Begins or ends a pause. Without a daemon there is none to end; one is started to begin it.
pub(crate) fn run(context: &Context, arguments: &PauseArgs) -> Result<ExitStatus, CliError> {
    let until_ms = match arguments.time {
        PauseTime::For(time) => {
            let for_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            pause(&mut connect::connect_or_start(context)?, Some(for_ms))?
        }
        PauseTime::Off => match connect::connect_if_running(&context.paths)? {
            Some(mut client) => pause(&mut client, None)?,
            None => None,
        },
    };
    if arguments.json {
        output::print_json(&Paused {
            paused_until_ms: until_ms,
        })?;
    } else {
        output::print(&until_ms.map_or_else(
            || "questions are asked\n".to_owned(),
            |until_ms| {
                format!(
                    "paused {}: what would be asked is denied, and listed by askbox questions\n",
                    until(until_ms, SystemTime::now())
                )
            },
        ))?;
    }
    Ok(ExitStatus::Success)
}

/// `until 2026-05-01T12:15:00.000Z (15m)`.
pub(super) fn until(until_ms: u64, now: SystemTime) -> String {
    let end = UNIX_EPOCH + Duration::from_millis(until_ms);
    let left = output::short(end.duration_since(now).unwrap_or_default());
    format!("until {} ({left})", rfc3339(until_ms))
}

/// Returns until when the pause is.
fn pause(client: &mut Client, for_ms: Option<u64>) -> Result<Option<u64>, CliError> {
    connect::expect_done(client, Request::Pause { for_ms })?;
    match client.call(Request::Status)? {
        Response::Status(status) => Ok(status.paused_until_ms),
        _ => Err(CliError::OutOfTurn),
    }
}
