//! `askbox rules`: what is written and what is remembered.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::time::SystemTime;

use askbox_policy::{CanonicalPath, Effect, Kind, Origin, PathPattern};
use askbox_wire::{
    Client, ClientError, GrantView, Imported, NewRule, OsText, Request, Response, RuleView, ScopeView,
};
use serde::Serialize;

use crate::args::{AddRuleArgs, RulesArgs, RulesCommand};
use crate::connect;
use crate::context::{self, Context, Named};
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// The object of `askbox rules --json`.
#[derive(Debug, Serialize)]
struct Lists {
    rules: Vec<RuleView>,
    grants: Vec<GrantView>,
}

/// The object of `askbox rules remove --json`.
#[derive(Debug, Serialize)]
struct Removed<'a> {
    removed: &'a str,
}

/// The object of `askbox rules export --json`.
#[derive(Debug, Serialize)]
struct Exported {
    policy: String,
}

/// Lists, adds or removes. Remembered answers last longer than a daemon, so one is started to show them.
pub(crate) fn run(context: &Context, arguments: RulesArgs) -> Result<ExitStatus, CliError> {
    let mut client = connect::connect_or_start(context)?;
    match arguments.command {
        Some(RulesCommand::Export) => export(&mut client, arguments.json)?,
        Some(RulesCommand::Import { file }) => {
            let imported = import(&mut client, &file)?;
            if arguments.json {
                output::print_json(&imported)?;
            } else {
                output::print(&render_import(&imported, Style::new(context)))?;
            }
        }
        None | Some(RulesCommand::List) => {
            let lists = lists(&mut client)?;
            if arguments.json {
                output::print_json(&lists)?;
            } else {
                output::print(&render(&lists, context.now, Style::new(context)))?;
            }
        }
        Some(RulesCommand::Add(rule)) => {
            let Response::RuleAdded(added) = client.call(Request::AddRule(new_rule(rule)?))? else {
                return Err(CliError::OutOfTurn);
            };
            if arguments.json {
                output::print_json(&added)?;
            } else {
                let before = before(&mut client, &added);
                output::print(&render_added(&added, before.as_ref(), Style::new(context)))?;
            }
        }
        Some(RulesCommand::Remove { id }) => {
            connect::expect_done(&mut client, Request::RemoveRule { id: id.clone() })?;
            if arguments.json {
                output::print_json(&Removed { removed: &id })?;
            } else {
                output::print(&format!("rule {} is removed\n", output::safe(&id)))?;
            }
        }
    }
    Ok(ExitStatus::Success)
}

/// The first of the rules that go before one that was just added. Where it cannot be had, the one that was added is told all the
/// same.
fn before(client: &mut Client, added: &RuleView) -> Option<RuleView> {
    let first = added.preceded_by.first()?;
    let rules = rules(client).ok()?;
    rules.into_iter().find(|rule| rule.id == *first)
}

/// A rule that was just added, with the first one that goes before it, and what a person may have to do.
fn render_added(added: &RuleView, before: Option<&RuleView>, style: Style) -> String {
    let mut text = render_rule(added, style);
    if let Some(before) = before {
        let narrowed = |word: &str, to: Option<&String>| {
            to.map_or_else(String::new, |to| format!(" {word} {}", output::safe(to)))
        };
        let place = narrowed("in", before.project.as_ref());
        let program = narrowed("for", before.program.as_ref());
        let more = match added.preceded_by.len() {
            0 | 1 => String::new(),
            all => format!(", and so do {} more", all - 1),
        };
        let _infallible = writeln!(
            text,
            "   rule {} goes before it: {} {} {}{place}{program}{more}",
            before.id,
            before.effect,
            before.kind,
            pattern(&before.pattern, before.address)
        );
    }
    if added.effect == Effect::Allow && added.kind == Kind::Network && added.pattern.ends_with("/udp") {
        text += "   sessions that run and had no rule for its port are to be started anew\n";
    }
    let _infallible = writeln!(text, "   take it back: askbox rules remove {}", added.id);
    text
}

fn rules(client: &mut Client) -> Result<Vec<RuleView>, CliError> {
    let Response::Rules(rules) = client.call(Request::Rules)? else {
        return Err(CliError::OutOfTurn);
    };
    Ok(rules)
}

fn lists(client: &mut Client) -> Result<Lists, CliError> {
    let rules = rules(client)?;
    let Response::Grants(grants) = client.call(Request::Grants)? else {
        return Err(CliError::OutOfTurn);
    };
    Ok(Lists { rules, grants })
}

fn export(client: &mut Client, json: bool) -> Result<(), CliError> {
    let Response::PolicyText(policy) = client.call(Request::ExportPolicy)? else {
        return Err(CliError::OutOfTurn);
    };
    if json {
        output::print_json(&Exported { policy })
    } else {
        output::print(&policy)
    }
}

fn import(client: &mut Client, file: &Path) -> Result<Imported, CliError> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let text = text.map_err(CliError::system(format!("read {}", file.display())))?;
    match client.call(Request::ImportPolicy { text }) {
        Ok(Response::Imported(imported)) => Ok(imported),
        Ok(_) => Err(CliError::OutOfTurn),
        Err(ClientError::Encode(_)) => Err(CliError::ImportTooLong {
            file: file.to_owned(),
        }),
        Err(error) => Err(error.into()),
    }
}

fn render_import(imported: &Imported, style: Style) -> String {
    let mut text: String = imported
        .added
        .iter()
        .map(|rule| render_rule(rule, style))
        .collect();
    let added = output::count(imported.added.len(), "rule");
    let _infallible = match imported.known {
        0 => writeln!(text, "{added} added"),
        known => writeln!(text, "{added} added, {known} there already"),
    };
    text
}

fn new_rule(arguments: AddRuleArgs) -> Result<NewRule, CliError> {
    let real = |path: &Path| context::real_directory(path, Named::Project);
    let pattern = match arguments.kind {
        Kind::Read | Kind::Write => from_here(arguments.pattern)?,
        Kind::Execute => program_from_here(arguments.pattern)?,
        Kind::Network | Kind::Profile | Kind::Neighbour | Kind::Growth => arguments.pattern,
    };
    Ok(NewRule {
        effect: arguments.effect,
        kind: arguments.kind,
        pattern,
        address: arguments.address,
        project: arguments
            .project
            .as_deref()
            .map(real)
            .transpose()?
            .map(OsText::from),
        program: arguments.program.map(program_from_here).transpose()?,
        expires_after_ms: arguments
            .expires
            .map(|expires| u64::try_from(expires.as_millis()).unwrap_or(u64::MAX)),
        note: arguments.note,
    })
}

/// A path pattern with its beginning: where we are, for a relative one.
fn from_here(text: String) -> Result<String, CliError> {
    if !PathPattern::is_relative(&text) {
        return Ok(text);
    }
    // One without a canonical form is refused by the daemon, with what it wants.
    let here = CanonicalPath::new(&context::working_directory()?);
    Ok(here.map_or_else(|| text.clone(), |here| PathPattern::text_in(&text, &here)))
}

/// The same for a program. A word without a slash is no path, as in a shell: it names a program that lies elsewhere.
fn program_from_here(text: String) -> Result<String, CliError> {
    let word = text.strip_prefix('=').unwrap_or(&text);
    if PathPattern::is_relative(&text) && !word.contains('/') && !matches!(word, "." | "..") {
        return Err(CliError::BareProgram(word.to_owned()));
    }
    from_here(text)
}

fn render(lists: &Lists, now: SystemTime, style: Style) -> String {
    let mut text = String::new();
    if lists.rules.is_empty() {
        text.push_str("no rules; everything beyond the preset asks\n");
    }
    for rule in &lists.rules {
        text.push_str(&render_rule(rule, style));
    }
    if !lists.grants.is_empty() {
        text.push_str("remembered answers (end one with askbox revoke ID):\n");
    }
    for grant in &lists.grants {
        let _infallible = writeln!(
            text,
            "{:<10}  {} {:<7} {}\n            {}",
            grant.id.0,
            effect(grant.effect, style),
            grant.kind.to_string(),
            pattern(&grant.pattern, grant.address),
            lasts(grant, now)
        );
    }
    text
}

/// One rule: its name, what it does, and below it whatever narrows it.
pub(crate) fn render_rule(rule: &RuleView, style: Style) -> String {
    let mut text = format!(
        "{:<10}  {} {:<7} {}\n",
        rule.id,
        effect(rule.effect, style),
        rule.kind.to_string(),
        pattern(&rule.pattern, rule.address)
    );
    let narrowed = [
        Some(origin(rule.origin).to_owned()),
        rule.project
            .as_ref()
            .map(|project| format!("in {}", output::safe(project))),
        rule.program
            .as_ref()
            .map(|program| format!("for {}", output::safe(program))),
        rule.expires
            .as_ref()
            .map(|expires| format!("until {}", output::safe(expires))),
        (0 < rule.hits).then(|| used(rule.hits, rule.last_used.as_deref())),
        rule.redundant_beside
            .as_ref()
            .map(|wider| format!("redundant beside {}", output::safe(wider))),
    ];
    let narrowed: Vec<String> = narrowed.into_iter().flatten().collect();
    let _infallible = writeln!(text, "            {}", narrowed.join(", "));
    if let Some(note) = &rule.note {
        let _infallible = writeln!(text, "            \"{}\"", output::safe(note));
    }
    text
}

/// How often something decided, and when last.
fn used(hits: u64, last: Option<&str>) -> String {
    let last = last.map_or_else(String::new, |last| format!(", last {}", output::safe(last)));
    let times = if hits == 1 {
        "once".to_owned()
    } else {
        format!("{hits} times")
    };
    format!("used {times}{last}")
}

/// A pattern for people.
pub(crate) fn pattern(pattern: &str, address: Option<IpAddr>) -> String {
    let pattern = output::safe(pattern);
    match address {
        Some(address) => format!("{pattern} at {address} on your local network"),
        None => pattern,
    }
}

/// How long a remembered answer holds, and for whom.
pub(crate) fn lasts(grant: &GrantView, now: SystemTime) -> String {
    let time = grant
        .expires
        .as_ref()
        .and_then(|expires| output::left(expires, now));
    let time = time.map(|left| format!("for {left}"));
    let scope = match &grant.scope {
        ScopeView::Once { session, pid: 0 } => format!("once, in session {session}"),
        ScopeView::Once { session, pid } => format!("once, for process {pid} of session {session}"),
        ScopeView::Session(session) => format!("until session {session} ends"),
        ScopeView::Project(project) => format!("in {}", output::safe(project)),
        ScopeView::Everywhere => "in every project".to_owned(),
    };
    time.into_iter().chain([scope]).collect::<Vec<_>>().join(", ")
}

fn effect(effect: Effect, style: Style) -> String {
    match effect {
        Effect::Allow => style.good("allow"),
        Effect::Ask => style.open("ask  "),
        Effect::Deny => style.bad("deny "),
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Managed => "managed by an administrator",
        Origin::Flag => "from this run's flags",
        Origin::Written => "policy.toml",
        Origin::Answered => "policy.toml, from an answer",
        Origin::Project => ".askbox.toml",
        Origin::Trusted => ".askbox.toml, trusted",
    }
}

#[cfg(test)]
mod tests;
