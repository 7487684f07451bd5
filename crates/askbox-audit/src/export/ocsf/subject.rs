//! What an event speaks about, in the attributes of its class: an endpoint, a file, a process, an entity. Pure.

use std::net::IpAddr;

use askbox_policy::{Host, Transport};
use serde_json::json;

use super::record::{Connection, Endpoint, Entity, File, Process, Product, Subject, Traffic};
use super::schema::{self, Coded};
use super::{Origin, product};
use crate::event::{Event, EventKind, EventProcess, Sealed};

/// IANA's name and number of the protocol that connections have.
const TCP: (&str, u8) = ("tcp", 6);

pub(super) fn subject(sealed: &Sealed, origin: &Origin) -> Subject {
    let event = &sealed.event;
    let target = event.target.as_deref().unwrap_or_default();
    match event.kind {
        EventKind::Network | EventKind::Traffic => network(event, target),
        EventKind::Read | EventKind::Write => Subject {
            file: Some(file(target, schema::FILE_UNKNOWN)),
            ..Subject::default()
        },
        EventKind::Execute => Subject {
            process: Some(started(sealed, target)),
            ..Subject::default()
        },
        EventKind::Profile => entity(target, None, Coded(schema::OTHER.0, "Profile"), event),
        EventKind::Neighbour => entity(target, None, Coded(schema::OTHER.0, "Neighbour"), event),
        EventKind::Growth => entity(target, None, Coded(schema::OTHER.0, "Growth"), event),
        EventKind::Answer => entity(
            target,
            event.question.clone(),
            Coded(schema::OTHER.0, "Question"),
            event,
        ),
        EventKind::Grant => entity(
            target,
            event.grant.clone(),
            Coded(schema::OTHER.0, "Grant"),
            event,
        ),
        EventKind::Rule => entity(target, None, Coded(schema::OTHER.0, "Rule"), event),
        EventKind::Policy => entity("policy", None, schema::POLICY, event),
        EventKind::Session => application(Product {
            uid: event.session.as_ref().map(|session| session.0.clone()),
            ..product("Askbox session", origin)
        }),
        EventKind::Daemon => application(product("Askbox daemon", origin)),
    }
}

/// A program as the log knows it.
pub(super) fn process(known: &EventProcess) -> Process {
    Process {
        pid: (known.pid != 0).then_some(known.pid),
        uid: None,
        cmd_line: (!known.command.is_empty()).then(|| known.command.join(" ")),
        file: known
            .exe
            .as_deref()
            .map(|path| file(path, schema::FILE_EXECUTABLE)),
    }
}

/// The program that is to be started: starting one keeps the process id of whoever starts it.
fn started(sealed: &Sealed, path: &str) -> Process {
    let pid = sealed
        .event
        .process
        .as_ref()
        .map(|process| process.pid)
        .filter(|pid| *pid != 0);
    Process {
        pid,
        uid: pid.is_none().then(|| sealed.hash.to_string()),
        cmd_line: None,
        file: Some(file(path, schema::FILE_EXECUTABLE)),
    }
}

fn file(path: &str, type_id: u32) -> File {
    let name = path.rsplit('/').next().filter(|name| !name.is_empty());
    File {
        name: name.unwrap_or(path).to_owned(),
        path: path.to_owned(),
        type_id,
    }
}

fn network(event: &Event, target: &str) -> Subject {
    let (target, is_udp) = match target.strip_suffix("/udp") {
        Some(target) => (target, true),
        None => (target, false),
    };
    let (name, number) = if is_udp {
        (Transport::Udp.name(), Transport::Udp.number())
    } else {
        protocol(event)
    };
    let traffic = event
        .bytes_in
        .zip(event.bytes_out)
        .map(|(bytes_in, bytes_out)| Traffic {
            bytes: bytes_in.saturating_add(bytes_out),
            bytes_in,
            bytes_out,
        });
    // What is published is reached from the host.
    let direction = if target.starts_with("published port ") {
        schema::INBOUND
    } else {
        schema::OUTBOUND
    };
    Subject {
        dst_endpoint: Some(endpoint(target)),
        connection_info: Some(Connection {
            direction_id: direction.0,
            direction: direction.1,
            protocol_name: name,
            protocol_num: number,
        }),
        traffic,
        ..Subject::default()
    }
}

/// The protocol of what names none: TCP, unless it was denied for being another, which the reason begins with, whatever words follow.
fn protocol(event: &Event) -> (&'static str, u8) {
    let reason = event.by.as_deref().and_then(|by| by.split_once(": "));
    let other = Transport::ALL
        .into_iter()
        .find(|transport| reason.is_some_and(|(name, _)| name == transport.name()));
    other.map_or(TCP, |transport| (transport.name(), transport.number()))
}

/// Reads what [`crate::text::target_text`] writes of a destination: `host:port`, `host:port at address`.
fn endpoint(target: &str) -> Endpoint {
    let (destination, address) = match target.split_once(" at ") {
        Some((destination, address)) => (destination, address.parse::<IpAddr>().ok()),
        None => (target, None),
    };
    let read = destination.rsplit_once(':').and_then(|(host, port)| {
        let host = Host::parse(host).ok()?;
        Some((host, port.parse::<u16>().ok()?))
    });
    let ip = |address: IpAddr| Some(address.to_string());
    match read {
        Some((Host::Name(name), port)) => Endpoint {
            hostname: Some(name.to_string()),
            ip: address.and_then(ip),
            port: Some(port),
            name: None,
        },
        Some((Host::Address(address), port)) => Endpoint {
            ip: ip(address),
            port: Some(port),
            ..Endpoint::default()
        },
        None => Endpoint {
            name: Some(target.to_owned()),
            ..Endpoint::default()
        },
    }
}

/// A managed entity; its data is what holds for whom it names.
fn entity(name: &str, uid: Option<String>, kind: Coded, event: &Event) -> Subject {
    Subject {
        entity: Some(Entity {
            name: name.to_owned(),
            uid,
            type_id: kind.0,
            r#type: kind.1,
            data: event.verdict.map(|effect| json!({ "effect": effect.name() })),
        }),
        ..Subject::default()
    }
}

fn application(product: Product) -> Subject {
    Subject {
        app: Some(product),
        ..Subject::default()
    }
}
