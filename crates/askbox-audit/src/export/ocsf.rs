//! An event of the log in the words of the Open Cybersecurity Schema Framework, version 1.8.0
//! (<https://schema.ocsf.io/1.8.0/>). Pure: what is not in the event comes from [`Origin`].
//!
//! | event | class |
//! | --- | --- |
//! | `network`, `traffic` | 4001 Network Activity |
//! | `read`, `write` | 1001 File System Activity |
//! | `execute` | 1007 Process Activity |
//! | `profile`, `neighbour`, `growth`, `answer`, `grant`, `rule`, `policy` | 3004 Entity Management |
//! | `session`, `daemon` | 6002 Application Lifecycle |
//!
//! Answers, grants and rules are entities that are made, changed and deleted. Authorize Session (3003) knows only
//! the privileges of a person's login and cannot say that one ended; API Activity (6003) wants the caller's address.

use serde_json::{Map, Value, json};

use crate::change::{DaemonChange, GrantChange, PolicyChange, RuleChange, SessionChange};
use crate::event::{Event, EventKind, Outcome, Sealed};

mod record;
mod schema;
mod subject;

pub(crate) use record::Record;
use record::{Actor, Control, Device, Metadata, Named, Product, Session};
use schema::{Class, Coded};

/// Where the events are from: what the log does not say, since it is the same for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The version of Askbox that exports.
    pub version: String,
    /// The machine's name.
    pub hostname: String,
}

/// What an event is in OCSF's words.
struct Meaning {
    class: Class,
    activity: Coded,
    /// The event's own word where OCSF has no number for it.
    own_name: Option<String>,
    severity: Coded,
    status: Coded,
    control: Option<Control>,
}

/// The event in OCSF's words.
pub(crate) fn record(sealed: &Sealed, origin: &Origin) -> Record {
    let event = &sealed.event;
    let meaning = meaning(event);
    let activity = meaning
        .own_name
        .clone()
        .unwrap_or_else(|| meaning.activity.1.to_owned());
    Record {
        activity_id: meaning.activity.0,
        category_uid: meaning.class.category_uid,
        category_name: meaning.class.category_name,
        class_uid: meaning.class.uid,
        class_name: meaning.class.name,
        // The schema's own arithmetic: `class_uid * 100 + activity_id`.
        type_uid: meaning.class.uid * 100 + meaning.activity.0,
        type_name: format!("{}: {}", meaning.class.name, meaning.activity.1),
        activity_name: activity,
        time: event.time_ms,
        severity_id: meaning.severity.0,
        severity: meaning.severity.1,
        status_id: meaning.status.0,
        status: meaning.status.1,
        status_detail: event.detail.clone(),
        message: message(event),
        control: meaning.control,
        policy: event
            .by
            .clone()
            .filter(|_| event.kind.is_request())
            .map(|name| Named { name }),
        subject: subject::subject(sealed, origin),
        actor: actor(event),
        device: device(origin),
        metadata: metadata(sealed, origin),
        unmapped: unmapped(event),
    }
}

fn meaning(event: &Event) -> Meaning {
    match event.kind {
        EventKind::Network => verdict(
            event,
            schema::NETWORK_ACTIVITY,
            if event.verdict == Some(Outcome::Deny) {
                schema::REFUSE
            } else {
                schema::OPEN
            },
        ),
        EventKind::Read => verdict(event, schema::FILE_ACTIVITY, schema::READ),
        EventKind::Write => verdict(event, schema::FILE_ACTIVITY, schema::UPDATE),
        EventKind::Execute => verdict(event, schema::PROCESS_ACTIVITY, schema::LAUNCH),
        EventKind::Profile | EventKind::Neighbour | EventKind::Growth => {
            verdict(event, schema::ENTITY_MANAGEMENT, schema::ACTIVATE)
        }
        EventKind::Traffic => done(schema::NETWORK_ACTIVITY, schema::CLOSE),
        EventKind::Answer => Meaning {
            control: Some(answered(event.verdict)),
            ..own(schema::ENTITY_MANAGEMENT, "answered")
        },
        EventKind::Grant => of_grant(event),
        EventKind::Rule => of_rule(event),
        EventKind::Policy => of_policy(event),
        EventKind::Session => of_session(event),
        EventKind::Daemon => of_daemon(event),
    }
}

/// A request that was decided, or that waits for a person.
fn verdict(event: &Event, class: Class, activity: Coded) -> Meaning {
    let (severity, status, control) = match event.verdict {
        Some(Outcome::Allow) => (
            schema::INFORMATIONAL,
            schema::SUCCESS,
            Some(control(schema::ALLOWED, schema::ALLOWED)),
        ),
        Some(Outcome::Deny) => (
            schema::LOW,
            schema::FAILURE,
            Some(control(schema::DENIED, schema::BLOCKED)),
        ),
        Some(Outcome::Ask) => (
            schema::INFORMATIONAL,
            schema::UNKNOWN,
            Some(control(schema::UNKNOWN, schema::DELAYED)),
        ),
        None => (schema::INFORMATIONAL, schema::UNKNOWN, None),
    };
    Meaning {
        severity,
        status,
        control,
        ..done(class, activity)
    }
}

/// What a person decided about a question.
fn answered(verdict: Option<Outcome>) -> Control {
    match verdict {
        Some(Outcome::Allow) => control(schema::ALLOWED, schema::APPROVED),
        Some(Outcome::Deny) => control(schema::DENIED, schema::REJECTED),
        Some(Outcome::Ask) | None => control(schema::UNKNOWN, schema::UNKNOWN),
    }
}

fn control(action: Coded, disposition: Coded) -> Control {
    Control {
        action_id: action.0,
        action: action.1,
        disposition_id: disposition.0,
        disposition: disposition.1,
    }
}

fn of_grant(event: &Event) -> Meaning {
    let class = schema::ENTITY_MANAGEMENT;
    match action(event, GrantChange::from_name) {
        Ok(GrantChange::Given) => done(class, schema::CREATE),
        Ok(GrantChange::Moved) => done(class, schema::UPDATE),
        Ok(GrantChange::Expired | GrantChange::Used | GrantChange::Revoked) => done(class, schema::DELETE),
        Err(foreign) => own(class, foreign),
    }
}

fn of_rule(event: &Event) -> Meaning {
    let class = schema::ENTITY_MANAGEMENT;
    match action(event, RuleChange::from_name) {
        Ok(RuleChange::Added) => done(class, schema::CREATE),
        Ok(RuleChange::Removed) => done(class, schema::DELETE),
        Err(foreign) => own(class, foreign),
    }
}

fn of_policy(event: &Event) -> Meaning {
    let class = schema::ENTITY_MANAGEMENT;
    match action(event, PolicyChange::from_name) {
        Ok(PolicyChange::Loaded) => done(class, schema::ACTIVATE),
        Ok(PolicyChange::Rejected) => Meaning {
            severity: schema::MEDIUM,
            status: schema::FAILURE,
            ..done(class, schema::ACTIVATE)
        },
        Ok(PolicyChange::Trusted) => done(class, schema::ENABLE),
        Ok(PolicyChange::Changed) => done(class, schema::UPDATE),
        Err(foreign) => own(class, foreign),
    }
}

fn of_session(event: &Event) -> Meaning {
    let class = schema::APPLICATION_LIFECYCLE;
    match action(event, SessionChange::from_name) {
        Ok(SessionChange::Started) => done(class, schema::START),
        Ok(SessionChange::Ended) => done(class, schema::STOP),
        Ok(change @ (SessionChange::Flagged | SessionChange::Made)) => Meaning {
            severity: schema::MEDIUM,
            ..own(class, change.name())
        },
        Ok(
            change @ (SessionChange::Quiet
            | SessionChange::Limited
            | SessionChange::Full
            | SessionChange::Flood),
        ) => Meaning {
            severity: schema::LOW,
            ..own(class, change.name())
        },
        Ok(
            change @ (SessionChange::Resumed
            | SessionChange::Thawed
            | SessionChange::PortOpened
            | SessionChange::PortClosed),
        ) => own(class, change.name()),
        Err(foreign) => own(class, foreign),
    }
}

fn of_daemon(event: &Event) -> Meaning {
    let class = schema::APPLICATION_LIFECYCLE;
    match action(event, DaemonChange::from_name) {
        Ok(DaemonChange::Started) => done(class, schema::START),
        Ok(DaemonChange::Stopped) => done(class, schema::STOP),
        Ok(change @ (DaemonChange::UncleanEnd | DaemonChange::LogReplaced | DaemonChange::KeyReplaced)) => {
            Meaning {
                severity: schema::MEDIUM,
                ..own(class, change.name())
            }
        }
        Ok(change @ DaemonChange::CheckpointBroken) => Meaning {
            severity: schema::HIGH,
            ..own(class, change.name())
        },
        Ok(
            change @ (DaemonChange::Paused
            | DaemonChange::PauseEnded
            | DaemonChange::Lockdown
            | DaemonChange::LockdownEnded),
        ) => own(class, change.name()),
        Err(foreign) => own(class, foreign),
    }
}

/// The event's action; its text where another version of Askbox wrote it.
fn action<T>(event: &Event, from_name: fn(&str) -> Option<T>) -> Result<T, &str> {
    let name = event.action.as_deref().unwrap_or_default();
    from_name(name).ok_or(name)
}

/// Something that happened, and that OCSF has a number for.
fn done(class: Class, activity: Coded) -> Meaning {
    Meaning {
        class,
        activity,
        own_name: None,
        severity: schema::INFORMATIONAL,
        status: schema::SUCCESS,
        control: None,
    }
}

/// Something that happened, and that OCSF has no number for.
fn own(class: Class, name: &str) -> Meaning {
    Meaning {
        own_name: Some(name.to_owned()),
        ..done(class, schema::OTHER)
    }
}

/// One line for people: what, about what, how it was decided.
fn message(event: &Event) -> String {
    let mut words = vec![event.kind.name()];
    words.extend(event.action.as_deref());
    words.extend(event.target.as_deref());
    words.extend(event.verdict.map(Outcome::name));
    words.join(" ")
}

/// The program that asked, and the run that it belongs to.
fn actor(event: &Event) -> Option<Actor> {
    let process = event
        .process
        .as_ref()
        .filter(|process| process.pid != 0)
        .map(subject::process);
    let session = event.session.as_ref().map(|session| Session {
        uid: session.0.clone(),
    });
    (process.is_some() || session.is_some()).then_some(Actor { process, session })
}

fn device(origin: &Origin) -> Device {
    Device {
        hostname: origin.hostname.clone(),
        r#type: schema::UNKNOWN.1,
        type_id: schema::UNKNOWN.0,
        os: Some(schema::LINUX),
    }
}

fn metadata(sealed: &Sealed, origin: &Origin) -> Metadata {
    Metadata {
        version: schema::VERSION,
        profiles: schema::PROFILES.to_vec(),
        product: product("Askbox", origin),
        log_name: "askbox",
        event_code: sealed.event.kind.name().to_owned(),
        sequence: sealed.event.seq,
        uid: sealed.hash.to_string(),
        correlation_uid: sealed.event.session.as_ref().map(|session| session.0.clone()),
    }
}

fn product(name: &'static str, origin: &Origin) -> Product {
    Product {
        name,
        vendor_name: "Askbox",
        version: Some(origin.version.clone()),
        uid: None,
    }
}

/// What the log knows and OCSF has no attribute for.
fn unmapped(event: &Event) -> Map<String, Value> {
    let by = event.by.as_ref().filter(|_| !event.kind.is_request());
    [
        ("project", event.project.as_ref()),
        ("question", event.question.as_ref()),
        ("grant", event.grant.as_ref()),
        ("by", by),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name.to_owned(), json!(value))))
    .collect()
}

#[cfg(test)]
mod tests;
