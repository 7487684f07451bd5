//! `askbox doctor`: whether this machine can run sandboxes. Facts are gathered in `machine` and judged in
//! `judge`, which is pure.

use std::fmt::Write as _;

use serde::Serialize;

use crate::args::JsonArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

mod judge;
mod machine;

/// How one thing is: one object of `askbox doctor --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    /// What was looked at.
    name: &'static str,
    /// How it is.
    state: State,
    /// What was found.
    detail: String,
    /// Why it is broken, or missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    /// The one thing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Ok,
    /// Nothing needs it yet, but it is worth knowing.
    Note,
    /// Needed and broken.
    Problem,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Ok,
            detail: detail.into(),
            cause: None,
            fix: None,
        }
    }

    fn note(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            state: State::Note,
            ..Self::ok(name, detail)
        }
    }

    /// A note with why it is so, and what would change it.
    fn lack(
        name: &'static str,
        detail: impl Into<String>,
        cause: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Note,
            ..Self::problem(name, detail, cause, fix)
        }
    }

    fn problem(
        name: &'static str,
        detail: impl Into<String>,
        cause: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Problem,
            cause: Some(cause.into()),
            fix: Some(fix.into()),
            ..Self::ok(name, detail)
        }
    }
}

/// Looks at everything; exit code 1 when something needed is broken.
pub(crate) fn run(context: &Context, arguments: &JsonArgs) -> Result<ExitStatus, CliError> {
    let checks = judge::all(&machine::gather(context)?);
    if arguments.json {
        output::print_json(&checks)?;
    } else {
        output::print(&render(&checks, Style::new(context)))?;
    }
    let broken = checks.iter().any(|check| check.state == State::Problem);
    Ok(if broken {
        ExitStatus::Negative
    } else {
        ExitStatus::Success
    })
}

fn render(checks: &[Check], style: Style) -> String {
    let mut text = String::new();
    for check in checks {
        let state = match check.state {
            State::Ok => style.good("ok     "),
            State::Note => style.open("note   "),
            State::Problem => style.bad("problem"),
        };
        let _infallible = writeln!(text, "{state}  {}: {}", check.name, check.detail);
        for (label, value) in [("cause", &check.cause), ("fix", &check.fix)] {
            if let Some(value) = value {
                let _infallible = writeln!(text, "         {label}: {value}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests;
