//! `askbox status`: how the daemon is.

use std::fmt::Write as _;
use std::time::SystemTime;

use askbox_wire::{PolicyFileState, PolicyFileView, Request, Response, StatusView};
use serde::Serialize;

use super::{pause, sessions};
use crate::args::JsonArgs;
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// The object of `askbox status --json`.
#[derive(Debug, Serialize)]
struct Status<'a> {
    running: bool,
    #[serde(flatten)]
    daemon: Option<&'a StatusView>,
}

/// Says it; exit code 1 when no daemon runs.
pub(crate) fn run(context: &Context, arguments: &JsonArgs) -> Result<ExitStatus, CliError> {
    let daemon = match connect::connect_if_running(&context.paths)? {
        Some(mut client) => match client.call(Request::Status)? {
            Response::Status(status) => Some(status),
            _ => return Err(CliError::OutOfTurn),
        },
        None => None,
    };
    if arguments.json {
        output::print_json(&Status {
            running: daemon.is_some(),
            daemon: daemon.as_deref(),
        })?;
    } else {
        output::print(&match &daemon {
            Some(status) => render(status, Style::new(context), SystemTime::now()),
            None => "no daemon runs; `askbox run` starts one\n".to_owned(),
        })?;
    }
    Ok(if daemon.is_some() {
        ExitStatus::Success
    } else {
        ExitStatus::Negative
    })
}

fn render(status: &StatusView, style: Style, now: SystemTime) -> String {
    let mut text = String::new();
    let mut row = |label: &str, value: String| {
        let _infallible = writeln!(text, "{label:<11}{value}");
    };
    row("daemon", format!("{}, process {}", status.version, status.pid));
    row("since", status.started.clone());
    row("sessions", status.sessions.to_string());
    row(
        "questions",
        format!("{} open, {} missed", status.questions, status.missed),
    );
    if status.lockdown {
        row(
            "lockdown",
            style.bad("everything is denied; `askbox lockdown off` ends it"),
        );
    }
    if let Some(until_ms) = status.paused_until_ms {
        row("paused", style.open(&pause::until(until_ms, now)));
    }
    row("answers", format!("{} remembered", status.grants));
    row("preset", status.policy.preset.clone());
    for line in sessions::switched(status.policy.switches) {
        row("open", style.open(line));
    }
    row("rules", status.policy.rules.to_string());
    if 0 < status.policy.blocked_names {
        row("blocked", format!("{} names", status.policy.blocked_names));
    }
    row("log", output::safe(&status.log));
    for file in &status.policy.files {
        render_file(&mut text, file, style);
    }
    if let Some(why) = &status.log_unsigned {
        let why = output::safe_sentence(why);
        let _infallible = writeln!(
            text,
            "note: checkpoints of the log are not signed, so `askbox log verify` finds less: {why}"
        );
    }
    for warning in &status.warnings {
        let _infallible = writeln!(
            text,
            "{} {}",
            style.bad("warning:"),
            output::safe_sentence(warning)
        );
    }
    text
}

/// A file of the policy, with everything that is wrong in it.
fn render_file(text: &mut String, file: &PolicyFileView, style: Style) {
    let state = match file.state {
        PolicyFileState::Loaded => style.good("in force"),
        PolicyFileState::Missing => "not there".to_owned(),
        PolicyFileState::LastGood => style.bad("broken; what it said before counts"),
        PolicyFileState::Broken => style.bad("broken; no session starts until it can be read"),
    };
    let path = output::safe(&file.path);
    let _infallible = writeln!(text, "policy     {path}\n           {state}");
    for problem in &file.problems {
        let reason = output::safe_sentence(&problem.reason);
        let _infallible = writeln!(text, "           {}:{}: {reason}", problem.line, problem.column);
        if let Some(hint) = &problem.hint {
            let _infallible = writeln!(text, "           hint: {}", output::safe_sentence(hint));
        }
    }
}

#[cfg(test)]
mod tests;
