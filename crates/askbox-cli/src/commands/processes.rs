//! `askbox processes`: the programs of a session, as a tree, and those that ended.

use std::collections::HashMap;
use std::fmt::Write as _;

use askbox_policy::SessionId;
use askbox_wire::{EndedProgram, EndedPrograms, HowEnded, Inspection, ProcessNode, Request, Response};

use crate::args::ProcessesArgs;
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// Lists what runs in one session, and what ended.
pub(crate) fn run(context: &Context, arguments: ProcessesArgs) -> Result<ExitStatus, CliError> {
    let request = Request::Inspect {
        session: SessionId(arguments.id),
        ended: if arguments.ended { u32::MAX } else { 0 },
    };
    let Response::Inspected(inspection) = connect::connect(&context.paths)?.call(request)? else {
        return Err(CliError::OutOfTurn);
    };
    if arguments.json {
        output::print_json(&inspection)?;
    } else {
        let mut text = render(&inspection);
        if arguments.ended {
            text.push_str(&render_ended(inspection.ended.as_ref()));
        }
        output::print(&text)?;
    }
    Ok(ExitStatus::Success)
}

/// Each below its parent, two columns further in. Parents come before their children.
fn render(inspection: &Inspection) -> String {
    let mut text = String::new();
    let mut depths: HashMap<u32, usize> = HashMap::new();
    for node in &inspection.processes {
        let ProcessNode {
            pid,
            parent,
            display,
            started,
        } = node;
        let depth = parent
            .and_then(|parent| depths.get(&parent))
            .map_or(0, |depth| depth + 1);
        depths.insert(*pid, depth);
        let since = started.as_deref().unwrap_or("?");
        let indent = "  ".repeat(depth.min(DEEPEST));
        let _infallible = writeln!(text, "{pid:>8}  {since}  {indent}{display}");
    }
    if inspection.processes.is_empty() {
        text.push_str("no program runs in it\n");
    }
    if inspection.is_cut {
        text.push_str("and more\n");
    }
    text
}

/// Those that ended, the latest first.
fn render_ended(programs: Option<&EndedPrograms>) -> String {
    let Some(EndedPrograms {
        latest,
        before,
        unwatched,
    }) = programs
    else {
        return "what ended is not known: starts of its programs cannot be listened to\n".into();
    };
    let mut text = String::from(if latest.is_empty() {
        "no program has ended\n"
    } else {
        "ended:\n"
    });
    for program in latest {
        let EndedProgram {
            pid,
            display,
            started,
            ended,
            how,
        } = program;
        let how = match how {
            HowEnded::Exited(status) => format!("status {status}"),
            HowEnded::Killed(signal) => format!("signal {signal}"),
            HowEnded::Replaced => "became another program".into(),
            HowEnded::Unknown => "status unknown".into(),
        };
        let _infallible = writeln!(text, "{pid:>8}  {started}  {ended}  {display}, {how}");
    }
    if 0 < *before {
        let _infallible = writeln!(text, "and {before} before");
    }
    if 0 < *unwatched {
        let _infallible = writeln!(
            text,
            "{unwatched} were started while too many ran to watch them all"
        );
    }
    text
}

/// What a terminal has room for: a program inside can start another one in another one without end.
const DEEPEST: usize = 20;

#[cfg(test)]
mod tests;
