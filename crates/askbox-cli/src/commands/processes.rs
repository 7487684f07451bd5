//! `askbox processes`: the programs of a session, as a tree.

use std::collections::HashMap;
use std::fmt::Write as _;

use askbox_policy::SessionId;
use askbox_wire::{Inspection, ProcessNode, Request, Response};

use crate::args::ProcessesArgs;
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// Lists what runs in one session.
pub(crate) fn run(context: &Context, arguments: ProcessesArgs) -> Result<ExitStatus, CliError> {
    let request = Request::Inspect {
        session: SessionId(arguments.id),
    };
    let Response::Inspected(inspection) = connect::connect(&context.paths)?.call(request)? else {
        return Err(CliError::OutOfTurn);
    };
    if arguments.json {
        output::print_json(&inspection)?;
    } else {
        output::print(&render(&inspection))?;
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

/// What a terminal has room for: a program inside can start another one in another one without end.
const DEEPEST: usize = 20;

#[cfg(test)]
mod tests;
