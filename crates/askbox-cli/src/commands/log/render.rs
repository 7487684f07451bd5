//! Events of the log as people read them. Pure.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use askbox_audit::{Event, EventProcess, Outcome, Verification};

use crate::output::{self, Style};

/// One event: time, what was decided, what about; below it who asked and why.
pub(super) fn event(event: &Event, style: Style) -> String {
    let word = match (event.verdict, &event.action) {
        (_, Some(action)) => format!("{action:<8}"),
        (Some(Outcome::Allow), None) => style.good("allow   "),
        (Some(Outcome::Deny), None) => style.bad("deny    "),
        (Some(Outcome::Ask), None) => style.open("ask     "),
        (None, None) => " ".repeat(8),
    };
    let mut text = format!("{}  {word}  {}", time(event.time_ms), event.kind.name());
    if let Some(target) = &event.target {
        let _infallible = write!(text, "  {}", output::safe(target));
    }
    text.push('\n');
    let below = below(event);
    if !below.is_empty() {
        let _infallible = writeln!(text, "    {}", below.join(", "));
    }
    text
}

/// Everything else that an event says, most telling first.
fn below(event: &Event) -> Vec<String> {
    let process = event.process.as_ref().and_then(process);
    let traffic = match (event.bytes_in, event.bytes_out) {
        (None, None) => None,
        (received, sent) => Some(format!(
            "{} bytes in, {} out",
            received.unwrap_or_default(),
            sent.unwrap_or_default()
        )),
    };
    let named =
        |label: &str, value: Option<&String>| value.map(|value| format!("{label}{}", output::safe(value)));
    [
        process,
        traffic,
        named("", event.detail.as_ref()),
        named("by ", event.by.as_ref()),
        named("question ", event.question.as_ref()),
        named("answer ", event.grant.as_ref()),
        event
            .session
            .as_ref()
            .map(|session| format!("session {}", output::safe(&session.0))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn process(process: &EventProcess) -> Option<String> {
    let command = process
        .command
        .get(1..)
        .filter(|words| !words.is_empty())
        .map(|words| words.join(" "));
    let name = command.or_else(|| process.exe.clone())?;
    let name = output::safe(&name);
    Some(if process.pid == 0 {
        name
    } else {
        format!("{name} (process {})", process.pid)
    })
}

/// `2026-05-01 12:00:00`, UTC.
fn time(milliseconds: u64) -> String {
    let time = UNIX_EPOCH
        .checked_add(Duration::from_millis(milliseconds))
        .unwrap_or(UNIX_EPOCH);
    humantime::format_rfc3339_seconds(time)
        .to_string()
        .replace('T', " ")
        .trim_end_matches('Z')
        .to_owned()
}

/// The result of `askbox log verify`.
pub(super) fn verification(found: &Verification, style: Style) -> String {
    match found {
        Verification::Intact {
            events,
            checkpoint: Some(seq),
        } => {
            format!(
                "{}: {events} events, each follows from the one before; checkpoint at {seq}\n",
                style.good("intact")
            )
        }
        Verification::Intact {
            events,
            checkpoint: None,
        } => {
            format!(
                "{}: {events} events, each follows from the one before\n",
                style.good("intact")
            )
        }
        Verification::Broken { seq, reason } => {
            format!("{} at event {seq}: {reason}\n", style.bad("broken"))
        }
    }
}

#[cfg(test)]
mod tests;
