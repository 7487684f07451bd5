//! `askbox sessions`: what runs.

use std::fmt::Write as _;

use askbox_policy::Switches;
use askbox_policy::resource_limits::Size;
use askbox_wire::{Network, Request, Response, SessionState, SessionView};

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
            SessionState::Frozen => style.bad("frozen"),
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
        for line in switched(session.switches) {
            let _infallible = writeln!(text, "   {line}");
        }
        if session.network == Network::Proxy {
            text.push_str("   reaches the network by its proxy alone\n");
        }
        text.push_str(&used(session));
        if session.state == SessionState::Frozen {
            let id = &session.id;
            let _infallible = writeln!(
                text,
                "   frozen, since it grew on disk: askbox thaw {id}, or askbox stop {id}"
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

/// The walls that are down, one line each.
pub(super) fn switched(switches: Switches) -> impl Iterator<Item = &'static str> {
    let Switches {
        nested_sandbox,
        debugger,
    } = switches;
    let nested = nested_sandbox.then_some("nested sandboxes may be made inside");
    nested
        .into_iter()
        .chain(debugger.then_some("programs inside may debug each other"))
}

/// What it uses, and may use; one line each for what is known.
fn used(session: &SessionView) -> String {
    let SessionView { usage, limits, .. } = session;
    let size = |bytes: u64| Size(bytes).to_string();
    let count = |count: u64| count.to_string();
    let processors = |thousandths: u64| format!("{}.{:02}", thousandths / 1000, thousandths % 1000 / 10);
    let line = |name: &str, used: Option<u64>, limit: Option<u64>, show: &dyn Fn(u64) -> String| {
        let used = used.map(show)?;
        let limit = limit
            .map(|limit| format!(" of {}", show(limit)))
            .unwrap_or_default();
        Some(format!("   {name} {used}{limit}\n"))
    };
    [
        line("memory", usage.memory_bytes, limits.memory_bytes, &size),
        line(
            "processors",
            usage.cpus_thousandths,
            limits.cpus_thousandths,
            &processors,
        ),
        line("processes", usage.processes, limits.processes, &count),
        line("growth on disk", usage.disk_bytes, limits.disk_bytes, &size),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests;
