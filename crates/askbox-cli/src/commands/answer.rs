//! `askbox allow` and `askbox deny`: one answer, and what exactly it did.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::time::SystemTime;

use askbox_policy::answer::FIRST_REVISION;
use askbox_policy::{Answer, Duration, Kind, PathPattern, Pattern, display};
use askbox_wire::{AnsweredView, Client, GrantView, Place, Request, Response, RuleView};

use super::rules;
use crate::args::{AnswerArgs, Lasting};
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// `askbox allow`.
    Allow,
    /// `askbox deny`.
    Deny,
}

/// Answers, and says what was granted, for how long, and how to take it back.
pub(crate) fn run(
    context: &Context,
    arguments: &AnswerArgs,
    decision: Decision,
) -> Result<ExitStatus, CliError> {
    let mut client = connect::connect(&context.paths)?;
    let answer = Answer {
        allow: decision == Decision::Allow,
        duration: match chosen(&arguments.lasting) {
            Some(duration) => duration,
            None => by_default(&mut client, &arguments.id)?,
        },
        widen: arguments.widen,
        everywhere: arguments.everywhere,
    };
    let request = Request::Answer {
        id: arguments.id.clone(),
        // A question is shown without its revision as long as that is the first; what was added since is not covered.
        revision: arguments.revision.unwrap_or(FIRST_REVISION),
        answer,
        place: Place::CommandLine,
    };
    let Response::Answered(answered) = client.call(request)? else {
        return Err(CliError::OutOfTurn);
    };
    if arguments.json {
        output::print_json(&answered)?;
    } else {
        let home = context.variable("HOME").map(Path::new);
        output::print(&render(&answered, home, context.now, Style::new(context)))?;
    }
    Ok(ExitStatus::Success)
}

/// What the flags say, if they say something.
fn chosen(lasting: &Lasting) -> Option<Duration> {
    match lasting {
        Lasting { once: true, .. } => Some(Duration::Once),
        Lasting { session: true, .. } => Some(Duration::Session),
        Lasting { always: true, .. } => Some(Duration::Always),
        Lasting {
            time,
            once: false,
            session: false,
            always: false,
        } => time.map(|time| Duration::For(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))),
    }
}

/// How long an answer holds where nothing is said: as long as the policy says, which is the daemon's. Growth on disk is allowed
/// by an amount, once.
fn by_default(client: &mut Client, id: &str) -> Result<Duration, CliError> {
    let Response::Questions(open) = client.call(Request::Questions)? else {
        return Err(CliError::OutOfTurn);
    };
    let mut asked = open.iter().filter(|question| question.id == id);
    if asked.any(|question| question.kind == Kind::Growth) {
        return Ok(Duration::Once);
    }
    match client.call(Request::Status)? {
        Response::Status(status) => Ok(Duration::For(status.policy.default_expiry_ms)),
        _ => Err(CliError::OutOfTurn),
    }
}

fn render(answered: &AnsweredView, home: Option<&Path>, now: SystemTime, style: Style) -> String {
    let word = if answered.allow {
        style.good("allowed")
    } else {
        style.bad("denied")
    };
    let mut text = String::new();
    for grant in &answered.grants {
        text.push_str(&render_grant(&word, grant, home, now));
    }
    for rule in &answered.rules {
        text.push_str(&render_rule(&word, rule, home));
    }
    if answered.grants.is_empty() && answered.rules.is_empty() {
        let _infallible = writeln!(text, "{word}; nothing is remembered");
    }
    match (answered.released, answered.allow) {
        (0, true) => text.push_str("nothing waits for it now; the next try goes through\n"),
        (0, false) => {}
        (released, true) => {
            let _infallible = writeln!(text, "{} may go on", output::count(released, "waiting request"));
        }
        (released, false) => {
            let _infallible = writeln!(text, "{} refused", output::count(released, "waiting request"));
        }
    }
    if 0 < answered.left {
        let left = output::count(answered.left, "further target");
        let _infallible = writeln!(
            text,
            "not for {left} that the question did not list then: askbox questions"
        );
    }
    text
}

/// What is allowed or denied, in words: files say whether it is one path or all below.
fn covered(kind: Kind, pattern: &str, address: Option<IpAddr>, home: Option<&Path>) -> String {
    let parsed: Option<PathPattern> = pattern.parse().ok();
    let of_files = match kind {
        Kind::Network | Kind::Profile | Kind::Neighbour | Kind::Growth => None,
        Kind::Read => parsed.map(Pattern::Read),
        Kind::Write => parsed.map(Pattern::Write),
        Kind::Execute => parsed.map(Pattern::Execute),
    };
    of_files.map_or_else(
        || rules::pattern(pattern, address),
        |pattern| display::pattern(&pattern, home.unwrap_or(Path::new("/"))),
    )
}

fn render_grant(word: &str, grant: &GrantView, home: Option<&Path>, now: SystemTime) -> String {
    format!(
        "{word}  {} {}\n   {}\n   take it back: askbox revoke {}\n",
        grant.kind,
        covered(grant.kind, &grant.pattern, grant.address, home),
        rules::lasts(grant, now),
        grant.id
    )
}

fn render_rule(word: &str, rule: &RuleView, home: Option<&Path>) -> String {
    let place = rule.project.as_ref().map_or_else(
        || "in every project".to_owned(),
        |project| format!("in {}", output::safe(project)),
    );
    format!(
        "{word}  {} {}\n   always, {place}: written to policy.toml\n   take it back: askbox rules remove {}\n",
        rule.kind,
        covered(rule.kind, &rule.pattern, rule.address, home),
        rule.id
    )
}

#[cfg(test)]
mod tests;
