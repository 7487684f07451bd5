//! Events of the log as people read them. Pure.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use askbox_audit::{Event, EventProcess, Outcome, Signature, Verification};

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

/// The result of `askbox log verify`: what was found, what it proves, and what it does not. `key_file` has the key where no keyring
/// has it.
pub(super) fn verification(found: &Verification, key_file: Option<&Path>, style: Style) -> String {
    let (events, checkpoint, signature, remarks) = match found {
        Verification::Broken { seq, reason } => {
            return format!(
                "{} at event {seq}: {reason}\nwhat is there is not what Askbox wrote; events from here on prove nothing\n",
                style.bad("broken")
            );
        }
        Verification::Intact {
            events,
            checkpoint,
            signature,
            remarks,
        } => (*events, checkpoint, signature, remarks),
    };
    let mut text = format!(
        "{}: {events} events, each follows from the one before",
        style.good("intact")
    );
    if let Some(seq) = checkpoint {
        let _infallible = write!(text, "; checkpoint at {seq}");
    }
    text.push('\n');
    for remark in remarks {
        let action = remark.action.as_deref().unwrap_or_default();
        let detail = remark.detail.as_deref().unwrap_or_default();
        let _infallible = writeln!(
            text,
            "event {}: {}: {}",
            remark.seq,
            output::safe(action),
            output::safe_sentence(detail)
        );
    }
    for line in signature_lines(signature, events, key_file, style) {
        let _infallible = writeln!(text, "{line}");
    }
    text
}

fn signature_lines(signature: &Signature, events: u64, key_file: Option<&Path>, style: Style) -> Vec<String> {
    const FORGEABLE: &str =
        "whoever can write Askbox's state directory could have changed or cut the log and computed it anew";
    let not_checked = style.open("not checked");
    match signature {
        Signature::Good {
            key,
            since,
            seq,
            time_ms,
        } => {
            let mut lines = vec![format!(
                "{} up to event {seq} with key {}, {} UTC: nobody without the key has changed or cut that",
                style.good("signed"),
                output::safe(&key.0),
                time(*time_ms)
            )];
            if let Some(file) = key_file {
                lines.push(format!(
                    "{not_checked}: who has the key, which is in {}: whoever can read that could have changed or cut the log and signed it anew",
                    output::safe_path(file)
                ));
            }
            if 1 < *since {
                lines.push(format!(
                    "{not_checked}: events before {since} are from before this key; they are as they were when it began to sign"
                ));
            }
            let later = events.saturating_sub(*seq);
            lines.push(format!(
                "{not_checked}: what came after event {seq} ({later} there), which could have been cut off"
            ));
            lines
        }
        Signature::Unchecked { seq, why } => vec![
            format!(
                "{not_checked}: the signature at event {seq}: {}",
                output::safe_sentence(why)
            ),
            format!("until it is, {FORGEABLE}"),
        ],
        Signature::Nobody { why } => {
            let why = why.as_deref().map(output::safe_sentence);
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            vec![format!("{}{why}: {FORGEABLE}", style.open("not signed"))]
        }
    }
}

#[cfg(test)]
mod tests;
