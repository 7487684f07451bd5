//! `askbox sessions`: what runs.

use std::fmt::Write as _;

use askbox_wire::{Request, Response, SessionState, SessionView};

use crate::args::JsonArgs;
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// Lists sessions. Without a daemon there are none.
pub(crate) fn run(context: &Context, arguments: &JsonArgs) -> Result<ExitStatus, CliError> {
    let sessions = match connect::connect_if_running(&context.paths)? {
        Some(mut client) => match client.call(Request::Sessions)? {
            Response::Sessions(sessions) => sessions,
            _ => return Err(CliError::OutOfTurn),
        },
        None => Vec::new(),
    };
    if arguments.json {
        output::print_json(&sessions)?;
    } else {
        output::print(&render(&sessions, Style::new(context)))?;
    }
    Ok(ExitStatus::Success)
}

fn render(sessions: &[SessionView], style: Style) -> String {
    if sessions.is_empty() {
        return "no session runs\n".to_owned();
    }
    let mut text = String::new();
    for session in sessions {
        let state = match session.state {
            SessionState::Launching => style.open("launching"),
            SessionState::Running => style.good("running"),
            SessionState::Ending => style.bad("ending"),
        };
        let name = session
            .name
            .as_ref()
            .map(|name| format!("  {}", output::safe(name)));
        let _infallible = writeln!(
            text,
            "{}  {state}{}\n   {}\n   in {}\n   since {}",
            style.bold(&session.id.0),
            name.unwrap_or_default(),
            session.command,
            output::safe(&session.project),
            session.started
        );
        if let Some(pid) = session.pid {
            let _infallible = writeln!(text, "   process {pid}");
        }
        for port in &session.ports {
            let _infallible = writeln!(text, "   {}", super::ports::describe(port));
        }
        if 0 < session.bytes_in || 0 < session.bytes_out {
            let _infallible = writeln!(
                text,
                "   {} bytes in, {} out",
                session.bytes_in, session.bytes_out
            );
        }
        if !session.interactive {
            text.push_str("   denies instead of asking\n");
        }
        if session.quiet {
            let id = &session.id;
            let _infallible = writeln!(
                text,
                "   quiet, so new questions are denied: askbox questions --resume {id}"
            );
        }
    }
    text
}

#[cfg(test)]
mod tests;
