//! `askbox log`: reads the log itself, so it works without a daemon; only what is still to come comes from the daemon.

use std::io;
use std::path::Path;

use askbox_audit::{Event, Filter, Format, Origin, Outcome, Reader, Signature, Verification, path_text};
use askbox_policy::SessionId;
use askbox_secrets::{Place, Secrets, Service};
use askbox_wire::{Follow, Topic};
use serde::Serialize;

use crate::args::{ExportFormat, LogArgs, LogCommand};
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};
use crate::report;

mod render;

/// Shows, follows, verifies or exports.
pub(crate) fn run(context: &Context, arguments: LogArgs) -> Result<ExitStatus, CliError> {
    match arguments.command {
        Some(LogCommand::Verify { json }) => verify(context, json),
        Some(LogCommand::Export { format, since }) => {
            let since = since.map_or(0, |since| since.milliseconds(context.now));
            open(context)?.export(&written(format), since, &mut io::stdout().lock())?;
            Ok(ExitStatus::Success)
        }
        None => show(context, arguments),
    }
}

/// The format as the log knows it.
fn written(format: ExportFormat) -> Format {
    match format {
        ExportFormat::Jsonl => Format::Jsonl,
        ExportFormat::Ocsf => Format::Ocsf(Origin {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hostname: hostname(),
        }),
    }
}

/// The machine's name as the kernel knows it; `localhost` where it has none.
fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost" } else { name }.to_owned()
}

fn open(context: &Context) -> Result<Reader, CliError> {
    Ok(Reader::open(&context.paths.log())?)
}

fn show(context: &Context, arguments: LogArgs) -> Result<ExitStatus, CliError> {
    let filter = Filter {
        session: arguments.session.map(SessionId),
        denied_only: arguments.denied,
        since_ms: arguments.since.map(|since| since.milliseconds(context.now)),
        limit: arguments.limit,
        ..Filter::default()
    };
    let mut printer = Printer {
        json: arguments.json,
        style: Style::new(context),
        last_seq: 0,
    };
    if !arguments.follow {
        let reader = open(context)?;
        expect_session(&reader, &filter)?;
        printer.print_all(&reader, &filter)?;
        return Ok(ExitStatus::Success);
    }
    follow(context, filter, &mut printer)
}

/// That there is something of the session that is asked for: a slip of the pen must not look like a quiet session. Its
/// start is in the log before anything of it runs.
fn expect_session(reader: &Reader, filter: &Filter) -> Result<(), CliError> {
    let Some(session) = &filter.session else {
        return Ok(());
    };
    let any = Filter {
        session: Some(session.clone()),
        limit: Some(1),
        ..Filter::default()
    };
    if reader.query(&any)?.is_empty() {
        return Err(CliError::NotInLog(session.0.clone()));
    }
    Ok(())
}

/// What there is, then what comes. Following begins before reading, so that nothing falls between the two.
fn follow(context: &Context, mut filter: Filter, printer: &mut Printer) -> Result<ExitStatus, CliError> {
    let Some(mut client) = connect::connect_if_running(&context.paths)? else {
        let reader = open(context)?;
        expect_session(&reader, &filter)?;
        printer.print_all(&reader, &filter)?;
        report::complain("askbox: no daemon runs, so nothing more comes\n");
        return Ok(ExitStatus::Success);
    };
    let follow = Follow {
        topics: vec![Topic::Log],
        session: filter.session.clone(),
    };
    connect::expect_done(&mut client, askbox_wire::Request::Follow(follow))?;
    let reader = open(context)?;
    expect_session(&reader, &filter)?;
    printer.print_all(&reader, &filter)?;
    filter.limit = None;
    while let Some(event) = client.next_event()? {
        match event {
            askbox_wire::Event::Log(value) => {
                let event: Event = serde_json::from_value(value).map_err(|_foreign| CliError::OutOfTurn)?;
                if is_wanted(&event, &filter) {
                    printer.print(&event)?;
                }
            }
            askbox_wire::Event::Lagged { .. } => {
                filter.after_seq = Some(printer.last_seq);
                printer.print_all(&reader, &filter)?;
            }
            askbox_wire::Event::Stopping => break,
            // Of other topics than the log.
            askbox_wire::Event::QuestionOpened(_)
            | askbox_wire::Event::QuestionChanged(_)
            | askbox_wire::Event::QuestionClosed { .. }
            | askbox_wire::Event::Missed(_)
            | askbox_wire::Event::MissedDropped { .. }
            | askbox_wire::Event::MissedChanged
            | askbox_wire::Event::GrantsChanged
            | askbox_wire::Event::Paused { .. }
            | askbox_wire::Event::Lockdown { .. }
            | askbox_wire::Event::SessionQuiet { .. }
            | askbox_wire::Event::SessionChanged(_)
            | askbox_wire::Event::SessionEnded { .. }
            | askbox_wire::Event::Flagged { .. }
            | askbox_wire::Event::LimitHit { .. }
            | askbox_wire::Event::SessionStopping { .. }
            | askbox_wire::Event::Refused { .. }
            | askbox_wire::Event::PolicyChanged(_) => {}
        }
    }
    Ok(ExitStatus::Success)
}

/// The filter once more, for events that did not pass through the database's.
fn is_wanted(event: &Event, filter: &Filter) -> bool {
    let of_session = filter.session.is_none() || event.session == filter.session;
    let is_denial = event.verdict == Some(Outcome::Deny) && event.kind.is_request();
    of_session && (!filter.denied_only || is_denial)
}

/// Prints each event once.
#[derive(Debug)]
struct Printer {
    json: bool,
    style: Style,
    last_seq: u64,
}

impl Printer {
    fn print_all(&mut self, reader: &Reader, filter: &Filter) -> Result<(), CliError> {
        reader
            .query(filter)?
            .iter()
            .try_for_each(|event| self.print(event))
    }

    fn print(&mut self, event: &Event) -> Result<(), CliError> {
        if event.seq <= self.last_seq {
            return Ok(());
        }
        self.last_seq = event.seq;
        if self.json {
            output::print_json_line(event)
        } else {
            output::print(&render::event(event, self.style))
        }
    }
}

/// The object of `askbox log verify --json`.
#[derive(Debug, Default, Serialize)]
struct Verdict {
    intact: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<u64>,
    /// `good`, `unchecked` or `nobody`.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'static str>,
    /// The first event that was written while the key signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_since: Option<u64>,
    /// The last event that is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<u64>,
    /// The file that has the key of a good signature, where no keyring has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<String>,
    /// Why the signature was not checked, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsigned_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Verdict {
    fn of(found: &Verification, key_file: Option<&Path>) -> Self {
        let (events, checkpoint, signature) = match found {
            Verification::Broken { seq, reason } => {
                return Self {
                    broken_at: Some(*seq),
                    reason: Some(*reason),
                    ..Self::default()
                };
            }
            Verification::Intact {
                events,
                checkpoint,
                signature,
                remarks: _,
            } => (*events, *checkpoint, signature),
        };
        let (name, since, signed, why) = match signature {
            Signature::Good { since, seq, .. } => ("good", Some(*since), Some(*seq), None),
            Signature::Unchecked { seq, why } => ("unchecked", None, Some(*seq), Some(why.clone())),
            Signature::Nobody { why } => ("nobody", None, None, why.clone()),
        };
        Self {
            intact: true,
            events: Some(events),
            checkpoint,
            signature: Some(name),
            signed_since: since,
            signed,
            key_file: key_file
                .filter(|_| matches!(signature, Signature::Good { .. }))
                .map(path_text),
            unsigned_reason: why,
            ..Self::default()
        }
    }
}

fn verify(context: &Context, json: bool) -> Result<ExitStatus, CliError> {
    let reader = open(context)?;
    let secrets = Secrets::new(context.paths.secrets(), Service);
    let (key, place) = askbox_daemon::key_to_verify(&secrets);
    let key_file = match &place {
        Some(Place::File(path)) => Some(path.as_path()),
        Some(Place::Keyring) | None => None,
    };
    let found = reader.verify(&key)?;
    if json {
        output::print_json(&Verdict::of(&found, key_file))?;
    } else {
        output::print(&render::verification(&found, key_file, Style::new(context)))?;
    }
    Ok(match found {
        Verification::Intact { .. } => ExitStatus::Success,
        Verification::Broken { .. } => ExitStatus::Negative,
    })
}

#[cfg(test)]
mod tests;
