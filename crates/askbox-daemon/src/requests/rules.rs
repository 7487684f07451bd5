//! Rules: listed from everywhere, written and removed in policy.toml alone.

use std::collections::HashMap;
use std::sync::Arc;

use askbox_policy::growth::GrowthError;
use askbox_policy::policy_file;
use askbox_policy::profile::UnknownProfile;
use askbox_policy::rule::Origin;
use askbox_policy::{
    Effect, Expiry, GrowthPattern, HostPattern, Kind, NeighbourPattern, NetworkPattern, PathContext,
    PathPattern, Pattern, ProfileName, Protocol, Rule, RuleId,
};
use askbox_wire::{ErrorCode, Imported, NewRule, Response, RuleView, WireError, rfc3339};

use crate::daemon::Daemon;
use crate::policy_store::StoreError;
use crate::views;

/// Wrong lines of a policy that are named; who mends these sees the others then.
const PROBLEMS_SAID: usize = 50;

pub(super) async fn list(daemon: &Daemon) -> Result<Response, WireError> {
    let (policy, usage, grants) = (daemon.policy.policy(), daemon.gate.usage(), daemon.gate.grants());
    let added = daemon.gate.rules_added();
    // Each rule is compared with each other one: nothing for the threads that serve connections.
    let compared = tokio::task::spawn_blocking({
        let policy = Arc::clone(&policy);
        move || policy.redundant(&grants)
    });
    let redundant: HashMap<RuleId, RuleId> = ended_well(compared.await)?.into_iter().collect();
    let views = policy.rules().map(|rule| {
        let used = usage.get(&rule.id.0).copied().unwrap_or_default();
        let beside = redundant.get(&rule.id).filter(|_| rule.origin != Origin::Managed);
        RuleView {
            created: added.get(&rule.id.0).copied().map(rfc3339),
            hits: used.hits,
            last_used: views::last_used(used),
            redundant_beside: beside.map(ToString::to_string),
            ..views::rule(rule)
        }
    });
    Ok(Response::Rules(views.collect()))
}

/// What a thread for work that takes long came to; such threads end early only with the daemon.
fn ended_well<T>(result: Result<T, tokio::task::JoinError>) -> Result<T, WireError> {
    result.map_err(|ended| WireError::new(ErrorCode::Stopping, ended.to_string()))
}

pub(super) async fn add(daemon: &Daemon, new: NewRule) -> Result<Response, WireError> {
    let rule = parse(daemon, new)?;
    daemon
        .add_rules(vec![rule.clone()])
        .await
        .map_err(|error| refused(&error))?;
    Ok(written(daemon, &rule))
}

/// A rule that is in force now, with those that go before it.
fn written(daemon: &Daemon, rule: &Rule) -> Response {
    let policy = daemon.policy.policy();
    let before = policy.before(rule, &daemon.clock.now()).into_iter();
    Response::RuleAdded(Box::new(RuleView {
        preceded_by: before.map(|other| other.id.to_string()).collect(),
        ..views::rule(rule)
    }))
}

/// Writes several rules, all of them or none; what is wrong with one is said with its number, from 1.
pub(super) async fn add_all(daemon: &Daemon, new: Vec<NewRule>) -> Result<Response, WireError> {
    let mut rules = Vec::new();
    for (index, new) in new.into_iter().enumerate() {
        let rule = parse(daemon, new).map_err(|error| WireError {
            message: format!("rule {}: {}", index + 1, error.message),
            ..error
        })?;
        rules.push(rule);
    }
    let added = daemon.add_rules(rules).await.map_err(|error| refused(&error))?;
    Ok(Response::Rules(added.iter().map(views::rule).collect()))
}

pub(super) async fn export(daemon: &Daemon) -> Result<Response, WireError> {
    let text = daemon.policy_text().await.map_err(|error| refused(&error))?;
    Ok(Response::PolicyText(text))
}

/// Writes the rules of another policy.toml, if nothing is wrong with any part of it.
pub(super) async fn import(daemon: &Daemon, text: String) -> Result<Response, WireError> {
    let context = context(daemon);
    let parsed = tokio::task::spawn_blocking(move || policy_file::parse(&text, &context));
    let file = ended_well(parsed.await)?.map_err(|problems| broken(&problems))?;
    let count = file.rules.len();
    let added = daemon
        .add_rules(file.rules)
        .await
        .map_err(|error| refused(&error))?;
    Ok(Response::Imported(Imported {
        known: count - added.len(),
        added: added.iter().map(views::rule).collect(),
    }))
}

/// What is wrong with a policy, a line each.
fn broken(problems: &[policy_file::Problem]) -> WireError {
    let mut lines = problems.iter().map(ToString::to_string);
    let first = lines.next().unwrap_or_default();
    let mut details: Vec<String> = lines.by_ref().take(PROBLEMS_SAID - 1).collect();
    match lines.count() {
        0 => {}
        more => details.push(format!("and {more} more")),
    }
    WireError {
        details,
        ..WireError::new(ErrorCode::Policy, format!("nothing is imported: {first}"))
    }
    .with_hint("mend the other policy first")
}

/// What the text of policy.toml is read for.
fn context(daemon: &Daemon) -> policy_file::Context {
    policy_file::Context {
        home: daemon.home.clone(),
        project: None,
        origin: Origin::Written,
    }
}

pub(super) async fn replace(daemon: &Daemon, id: String, new: NewRule) -> Result<Response, WireError> {
    let (id, rule) = (RuleId(id), parse(daemon, new)?);
    let replaced = daemon.replace_rule(id.clone(), rule.clone()).await;
    if replaced.map_err(|error| refused(&error))? {
        return Ok(written(daemon, &rule));
    }
    Err(not_there(daemon, &id))
}

pub(super) async fn remove(daemon: &Daemon, id: String) -> Result<Response, WireError> {
    let id = RuleId(id);
    let removed = daemon
        .remove_rules(vec![id.clone()])
        .await
        .map_err(|error| refused(&error))?;
    if !removed.is_empty() {
        return Ok(Response::Done);
    }
    Err(not_there(daemon, &id))
}

/// Why a rule of policy.toml is none.
fn not_there(daemon: &Daemon, id: &RuleId) -> WireError {
    let policy = daemon.policy.policy();
    let elsewhere = policy.rules().any(|rule| rule.id == *id);
    if elsewhere {
        WireError::new(
            ErrorCode::Refused,
            format!("rule {id} does not stand in policy.toml"),
        )
        .with_hint("an administrator's rules cannot be changed or removed")
    } else {
        WireError::new(ErrorCode::NotFound, format!("there is no rule {id}")).with_hint("askbox rules list")
    }
}

/// Why rules were not changed, for a front end.
pub(super) fn refused(error: &StoreError) -> WireError {
    use askbox_policy::policy_file::EditError;

    use crate::policy_store::ChangeError;
    match error {
        StoreError::Log(_) => views::log_failed(error),
        StoreError::Interrupted => WireError::new(ErrorCode::Stopping, error.to_string()),
        StoreError::Twice(_) => {
            WireError::new(ErrorCode::Refused, error.to_string()).with_hint("remove one of the two")
        }
        StoreError::NoProjectFile(_) => WireError::new(ErrorCode::Refused, error.to_string()).with_hint(
            "it would hold rules and settings for this project alone; `askbox trust --help` has an example",
        ),
        StoreError::Project(reason) | StoreError::List(reason) => {
            WireError::new(ErrorCode::Refused, reason.clone())
        }
        StoreError::Change(ChangeError::Edit(EditError::Broken(problems))) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            WireError::new(ErrorCode::Policy, format!("policy.toml is broken: {first}"))
                .with_hint("mend it first; what it said before counts until then")
        }
        StoreError::Change(change) => WireError::new(ErrorCode::Policy, views::chain(change)),
    }
}

/// The hosts that a rule is about.
fn network(new: &NewRule) -> Result<NetworkPattern, WireError> {
    let refuse = |reason: &str| WireError::new(ErrorCode::Refused, reason);
    let pattern = NetworkPattern::parse(&new.pattern)
        .map_err(|error| refuse(&format!("{}: {error}", new.pattern.escape_debug())))?;
    let address = new.address.or(pattern.address);
    if address.is_some() && !matches!(pattern.host, HostPattern::Exact(_)) {
        return Err(refuse("an address belongs to one host by its name"));
    }
    if pattern.protocol == Protocol::Udp {
        if address.is_some() {
            return Err(refuse("an address belongs to a rule for TCP")
                .with_hint("a second rule names the address: 192.168.1.5:5000/udp"));
        }
        if new.effect == Effect::Ask {
            return Err(refuse("nobody can be asked about UDP").with_hint("a rule for UDP allows or denies"));
        }
    }
    Ok(NetworkPattern { address, ..pattern })
}

/// The profile that a rule is about, which is for all programs of a session.
fn profile(new: &NewRule) -> Result<ProfileName, WireError> {
    let refuse = |reason: String| WireError::new(ErrorCode::Refused, reason);
    if new.program.is_some() {
        return Err(refuse("a program cannot narrow a rule for a profile".to_owned()));
    }
    let name = new.pattern.parse();
    name.map_err(|error: UnknownProfile| refuse(format!("{}: {error}", new.pattern.escape_debug())))
}

/// What a rule about growth covers. It is not known which program of a session wrote what.
fn growth(new: &NewRule) -> Result<GrowthPattern, WireError> {
    let refuse = |reason: String| WireError::new(ErrorCode::Refused, reason);
    if new.program.is_some() {
        return Err(refuse("a program cannot narrow a rule for growth".to_owned()));
    }
    let growth = new.pattern.parse();
    growth.map_err(|error: GrowthError| refuse(format!("{}: {error}", new.pattern.escape_debug())))
}

/// A rule as a person gave it.
fn parse(daemon: &Daemon, new: NewRule) -> Result<Rule, WireError> {
    let refuse = |reason: String| WireError::new(ErrorCode::Refused, reason);
    let context = PathContext {
        home: &daemon.home,
        project: None,
    };
    let path = |text: &str| {
        PathPattern::parse(text, &context)
            .map_err(|error| refuse(format!("{}: {error}", text.escape_debug())))
    };
    if new.address.is_some() && new.kind != Kind::Network {
        return Err(refuse("an address belongs to a network rule".to_owned()));
    }
    if new.program.is_some() && new.effect == Effect::Allow {
        return Err(refuse("a program cannot narrow an allow rule".to_owned())
            .with_hint("a program can pretend to be any other"));
    }
    let pattern = match new.kind {
        Kind::Network => Pattern::Network(network(&new)?),
        Kind::Read => Pattern::Read(path(&new.pattern)?),
        Kind::Write => Pattern::Write(path(&new.pattern)?),
        Kind::Execute => Pattern::Execute(path(&new.pattern)?),
        Kind::Profile => Pattern::Profile(profile(&new)?),
        Kind::Neighbour => {
            let neighbour = new.pattern.parse::<NeighbourPattern>();
            Pattern::Neighbour(
                neighbour.map_err(|error| refuse(format!("{}: {error}", new.pattern.escape_debug())))?,
            )
        }
        Kind::Growth => Pattern::Growth(growth(&new)?),
    };
    let project = new.project.map(std::path::PathBuf::from);
    if project.as_ref().is_some_and(|project| project.is_relative()) {
        return Err(refuse("a project is an absolute path".to_owned()));
    }
    let now = daemon.clock.now();
    let rule = Rule {
        project,
        program: new.program.as_deref().map(path).transpose()?,
        // The file knows the wall clock alone.
        expires: new
            .expires_after_ms
            .map(|after| Expiry::at_wall(now.wall_ms.saturating_add(after))),
        note: new.note,
        ..Rule::new(new.effect, pattern, Origin::Written)
    }
    .named();
    // What no file can say is known before anything is logged or written.
    match policy_file::append_rules("", std::slice::from_ref(&rule), &self::context(daemon)) {
        Ok(_text) => Ok(rule),
        Err(error) => Err(refuse(format!("{}: {error}", rule.pattern))),
    }
}
