//! `askbox questions`: what waits for a person, and what nobody answered.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;

use askbox_policy::answer::FIRST_REVISION;
use askbox_policy::{Kind, SessionId, WhyMissed, display};
use askbox_wire::{Client, Closed, Event, Follow, MissedView, QuestionView, Request, Response, Topic};
use serde::Serialize;

use crate::args::{EVERY_SESSION, QuestionsArgs};
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// Longest name of a session that is shown, in characters: as long as the daemon lets it be.
const NAME_SHOWN: usize = 80;
/// The most characters of a path.
const PATH_SHOWN: usize = 200;

/// The most of a path that is shown as a whole: as much as the daemon passes on.
const TARGET_SHOWN: usize = 2048;

/// Lists, follows or resumes.
pub(crate) fn run(context: &Context, arguments: &QuestionsArgs) -> Result<ExitStatus, CliError> {
    if let Some(session) = &arguments.resume {
        let session = Some(session.as_str()).filter(|session| *session != EVERY_SESSION);
        return resume(context, session, arguments.json);
    }
    if arguments.follow {
        return follow(context, arguments.json);
    }
    // Without a daemon nothing runs, so nothing asks: that is an answer, not a failure.
    let (questions, missed) = match connect::connect_if_running(&context.paths)? {
        Some(mut client) => lists(&mut client)?,
        None => (Vec::new(), Vec::new()),
    };
    match (arguments.json, arguments.missed) {
        (true, false) => output::print_json(&questions)?,
        (true, true) => output::print_json(&missed)?,
        (false, only_missed) => {
            let questions = if only_missed { &[] } else { questions.as_slice() };
            output::print(&render(questions, &missed, context.now, Style::new(context)))?;
        }
    }
    Ok(ExitStatus::Success)
}

fn lists(client: &mut Client) -> Result<(Vec<QuestionView>, Vec<MissedView>), CliError> {
    let Response::Questions(questions) = client.call(Request::Questions)? else {
        return Err(CliError::OutOfTurn);
    };
    let Response::Missed(missed) = client.call(Request::Missed)? else {
        return Err(CliError::OutOfTurn);
    };
    Ok((questions, missed))
}

/// The object of `askbox questions --resume --json`.
#[derive(Debug, Serialize)]
struct Resumed<'a> {
    /// `None` is every session.
    resumed: Option<&'a str>,
}

fn resume(context: &Context, session: Option<&str>, json: bool) -> Result<ExitStatus, CliError> {
    let mut client = connect::connect(&context.paths)?;
    let of = session.map(|id| SessionId(id.to_owned()));
    connect::expect_done(&mut client, Request::Resume { session: of })?;
    if json {
        output::print_json(&Resumed { resumed: session })?;
    } else {
        output::print(&match session {
            Some(id) => format!("session {} may ask again\n", output::safe(id)),
            None => "every session may ask again\n".to_owned(),
        })?;
    }
    Ok(ExitStatus::Success)
}

/// Prints events until the daemon ends.
fn follow(context: &Context, json: bool) -> Result<ExitStatus, CliError> {
    let mut client = connect::connect(&context.paths)?;
    let topics = vec![Topic::Questions];
    connect::expect_done(
        &mut client,
        Request::Follow(Follow {
            topics,
            session: None,
        }),
    )?;
    let style = Style::new(context);
    let mut said = Said::default();
    while let Some(event) = client.next_event()? {
        if json {
            if is_documented(&event) {
                output::print_json_line(&event)?;
            }
        } else if let Some(text) = said.news(&event, style) {
            output::print(&text)?;
        }
        if event == Event::Stopping {
            break;
        }
    }
    Ok(ExitStatus::Success)
}

/// What a person has read of each open question. One that only ends later than it did is no news.
#[derive(Debug, Default)]
struct Said(HashMap<String, String>);

impl Said {
    /// What there is to say of an event.
    fn news(&mut self, event: &Event, style: Style) -> Option<String> {
        let text = render_event(event, style);
        if let Event::QuestionClosed { id, .. } = event {
            self.0.remove(id);
        }
        if let Event::QuestionOpened(question) | Event::QuestionChanged(question) = event {
            let text = text?;
            let before = self.0.insert(question.id.clone(), text.clone());
            return Some(text).filter(|text| before.as_ref() != Some(text));
        }
        text
    }
}

/// Whether it is about questions. Each of these is an object with one field, which names the event; what else comes with
/// the topic has no fields, and a script that expects objects would stumble over it.
fn is_documented(event: &Event) -> bool {
    match event {
        Event::QuestionOpened(_)
        | Event::QuestionChanged(_)
        | Event::QuestionClosed { .. }
        | Event::Missed(_)
        | Event::SessionQuiet { .. }
        | Event::Paused { .. }
        | Event::Lockdown { .. }
        | Event::Lagged { .. } => true,
        Event::GrantsChanged
        | Event::MissedDropped { .. }
        | Event::MissedChanged
        | Event::SessionChanged(_)
        | Event::SessionEnded { .. }
        | Event::Flagged { .. }
        | Event::LimitHit { .. }
        | Event::SessionStopping { .. }
        | Event::Refused { .. }
        | Event::PolicyChanged(_)
        | Event::Log(_)
        | Event::Stopping => false,
    }
}

fn render(questions: &[QuestionView], missed: &[MissedView], now: SystemTime, style: Style) -> String {
    let mut text = String::new();
    for question in questions {
        text.push_str(&render_question(question, Some(now), style));
        text.push('\n');
    }
    if !missed.is_empty() {
        text.push_str("missed:\n");
    }
    for missed in missed {
        text.push_str(&render_missed(missed, style));
    }
    if text.is_empty() {
        text.push_str("nothing waits for an answer\n");
    }
    text
}

/// What one event says to a person.
fn render_event(event: &Event, style: Style) -> Option<String> {
    match event {
        Event::QuestionOpened(question) | Event::QuestionChanged(question) => {
            Some(render_question(question, None, style))
        }
        Event::QuestionClosed { id, outcome } => {
            let outcome = match outcome {
                Closed::Allowed => style.good("allowed"),
                Closed::Denied => style.bad("denied"),
                Closed::Decided => "decided by a rule".to_owned(),
                // The event that follows says more.
                Closed::Missed => return None,
            };
            Some(format!("{id}  {outcome}\n"))
        }
        Event::Missed(missed) => Some(render_missed(missed, style)),
        Event::SessionQuiet { session, quiet: true } => Some(format!(
            "session {session} asked too much and is quiet: askbox questions --resume {session}\n"
        )),
        Event::SessionQuiet {
            session,
            quiet: false,
        } => Some(format!("session {session} may ask again\n")),
        Event::Paused { until_ms: Some(_) } => Some("questions are paused\n".to_owned()),
        Event::Paused { until_ms: None } => Some("questions are asked again\n".to_owned()),
        Event::Lockdown { on: true } => Some("lockdown: everything is denied\n".to_owned()),
        Event::Lockdown { on: false } => Some("the lockdown is over\n".to_owned()),
        Event::Lagged { missed } => Some(format!(
            "{missed} events were lost: askbox questions lists what is open\n"
        )),
        Event::Stopping => Some("the daemon ends\n".to_owned()),
        Event::GrantsChanged
        | Event::MissedDropped { .. }
        | Event::MissedChanged
        | Event::SessionChanged(_)
        | Event::SessionEnded { .. }
        | Event::Flagged { .. }
        | Event::LimitHit { .. }
        | Event::SessionStopping { .. }
        | Event::Refused { .. }
        | Event::PolicyChanged(_)
        | Event::Log(_) => None,
    }
}

/// A question as a block: title, what it asks for and why, who asks, what to type.
fn render_question(question: &QuestionView, now: Option<SystemTime>, style: Style) -> String {
    let mut text = format!("{}  {}\n", style.bold(&question.id), style.bold(&question.title));
    let _infallible = write!(text, "   {}, session {}", question.kind, question.session);
    // Without a name of its own a session goes by its project, which the title has.
    if !Path::new(&question.project).ends_with(&question.session_name) {
        let _infallible = write!(text, " {}", display::name(&question.session_name, NAME_SHOWN));
    }
    if let Some(left) = now.and_then(|now| output::left(&question.expires, now)) {
        let _infallible = write!(text, ", {left} left");
    }
    text.push('\n');
    for member in &question.members {
        let _infallible = writeln!(text, "   - {}", member.display);
        if member.display.contains('…') && member.target.starts_with('/') {
            line(
                &mut text,
                "     as a whole ",
                &display::text(&member.target, TARGET_SHOWN),
            );
        }
        line(&mut text, "     because ", &member.reason);
        line(&mut text, "     asked by ", &member.process.display);
        // A name is no proof: what gets a login is a file.
        if question.kind == Kind::Profile
            && let Some(exe) = &member.process.exe
        {
            line(&mut text, "     which is ", &display::text(exe, PATH_SHOWN));
        }
        for other in &member.process.others {
            line(&mut text, "     or by ", other);
        }
        let started_by = member.process.ancestors.join(", by ");
        line(&mut text, "     started by ", &started_by);
    }
    if 0 < question.unlisted {
        let what = match question.kind {
            Kind::Network | Kind::Profile | Kind::Neighbour | Kind::Growth => {
                "more were denied: too many to list"
            }
            Kind::Read | Kind::Write | Kind::Execute => "more are not listed; only --widen can cover them",
        };
        let _infallible = writeln!(text, "   and {} {what}", question.unlisted);
    }
    for covered in &question.covers {
        line(&mut text, "     covers ", covered);
    }
    if question.kind == Kind::Growth {
        text.push_str("   allow: as much again; allow --session: without limit; deny: the session ends\n");
    }
    if question.waiting == 0 {
        text.push_str("   the program stopped waiting; its next try can go through\n");
    }
    if !question.widened.is_empty() {
        let _infallible = writeln!(text, "   with --widen: {}", question.widened.join(", "));
    }
    text.push_str(&commands(question));
    text
}

/// A question can grow between reading and typing, so an answer names the revision that was read, unless it is the first:
/// that is what an answer without one is for.
fn commands(question: &QuestionView) -> String {
    let id = &question.id;
    if question.revision == FIRST_REVISION {
        format!("   askbox allow {id}   askbox deny {id}\n")
    } else {
        let revision = question.revision;
        format!("   askbox allow {id} --revision {revision}\n   askbox deny {id} --revision {revision}\n")
    }
}

fn render_missed(missed: &MissedView, style: Style) -> String {
    let question = &missed.question;
    let why = match missed.why {
        WhyMissed::TimedOut => "nobody answered in time",
        WhyMissed::Quiet => "the session asked too much; askbox questions --resume",
        WhyMissed::Paused => "questions were paused",
        WhyMissed::Suspended => "the machine was put to sleep",
        WhyMissed::Lockdown => "everything was denied; askbox lockdown off",
        WhyMissed::TooMany => "the session had too many open questions",
        WhyMissed::SessionEnded => "the session ended first",
        WhyMissed::LogFailed => "the answer could not be logged; askbox doctor",
    };
    format!(
        "{}  {}\n   {why}\n{}",
        style.open(&question.id),
        question.title,
        commands(question)
    )
}

fn line(text: &mut String, label: &str, value: &str) {
    if !value.is_empty() {
        let _infallible = writeln!(text, "{label}{value}");
    }
}

#[cfg(test)]
mod tests;
