use super::*;
use crate::grant::Expiry;
use crate::host_pattern::NetworkPattern;
use crate::request::{Destination, Process, Project, Target};
use crate::rule::{Effect, Pattern};
use crate::{Host, Port};

const MINUTE: u64 = 60_000;

fn now(minutes: u64) -> Moment {
    Moment {
        boot_id: "a".to_owned(),
        boot_ms: minutes * MINUTE,
        wall_ms: (1000 + minutes) * MINUTE,
    }
}

fn process(pid: u32) -> Process {
    Process {
        pid,
        started: 7,
        ..Process::unknown()
    }
}

fn request(host: &str, session: &str, pid: u32) -> Request {
    Request {
        session: SessionId(session.to_owned()),
        project: Project("/p".into()),
        process: process(pid),
        target: Target::Network(Destination {
            host: Host::parse(host).unwrap(),
            port: Port::new(443).unwrap(),
        }),
    }
}

fn network(text: &str) -> Pattern {
    Pattern::Network(NetworkPattern::parse(text).unwrap())
}

fn grant(id: &str, pattern: &str, scope: Scope) -> Grant {
    Grant {
        id: GrantId(id.to_owned()),
        effect: Effect::Allow,
        pattern: network(pattern),
        scope,
        expires: Some(Expiry::after(&now(0), 10 * MINUTE)),
        given: now(0),
    }
}

fn names(grants: &[&Grant]) -> Vec<String> {
    grants.iter().map(|grant| grant.id.to_string()).collect()
}

/// The grants that speak about a request.
fn matching<'a>(set: &'a GrantSet, request: &Request, now: &Moment, high_water_ms: u64) -> Vec<&'a Grant> {
    let mut found = Vec::new();
    set.each_matching(request, now, high_water_ms, |grant| found.push(grant));
    found
}

#[test]
fn a_grant_speaks_within_its_scope() {
    let session = || SessionId("s".to_owned());
    let set: GrantSet = [
        grant(
            "once",
            "a.test:443",
            Scope::Once {
                session: session(),
                process: process(1),
            },
        ),
        grant(
            "next",
            "a.test:443",
            Scope::Once {
                session: session(),
                process: Process::unknown(),
            },
        ),
        grant("session", "a.test", Scope::Session(session())),
        grant("project", "**.test", Scope::Project("/p".into())),
        grant("elsewhere", "**.test", Scope::Project("/q".into())),
        grant("everywhere", "*", Scope::Everywhere),
        grant("other", "b.test", Scope::Everywhere),
    ]
    .into_iter()
    .collect();
    let check = |request: Request, expected: &[&str]| {
        let mut found = names(&matching(&set, &request, &now(1), 0));
        found.sort_unstable();
        assert_eq!(found, expected);
    };
    check(
        request("a.test", "s", 1),
        &["everywhere", "next", "once", "project", "session"],
    );
    check(
        request("a.test", "s", 2),
        &["everywhere", "next", "project", "session"],
    );
    check(request("a.test", "t", 1), &["everywhere", "project"]);
    check(request("c.example.com", "s", 1), &["everywhere"]);
    assert!(matching(&set, &request("a.test", "s", 1), &now(10), 0).is_empty());
}

#[test]
fn once_for_nobody_in_particular_is_used_up_by_the_next_request() {
    let session = SessionId("s".to_owned());
    let mut set = GrantSet::default();
    set.insert(grant(
        "known",
        "a.test",
        Scope::Once {
            session: session.clone(),
            process: process(1),
        },
    ));
    set.insert(grant(
        "gone",
        "a.test",
        Scope::Once {
            session,
            process: Process::unknown(),
        },
    ));
    assert_eq!(set.take_once(&GrantId("known".to_owned())), None);
    assert_eq!(
        set.take_once(&GrantId("gone".to_owned())).unwrap().id.to_string(),
        "gone"
    );
    assert_eq!(set.take_once(&GrantId("gone".to_owned())), None);
    assert_eq!(
        names(&matching(&set, &request("a.test", "s", 1), &now(1), 0)),
        ["known"]
    );
}

#[test]
fn grants_vanish_by_themselves() {
    let mut set = GrantSet::default();
    set.insert(grant("a", "a.test", Scope::Everywhere));
    set.insert(Grant {
        expires: Some(Expiry::after(&now(0), MINUTE)),
        ..grant("b", "b.test", Scope::Everywhere)
    });
    set.insert(Grant {
        expires: None,
        ..grant("c", "c.test", Scope::Session(SessionId("s".to_owned())))
    });
    assert!(set.expire(&now(0), 0).is_empty());
    assert_eq!(names(&set.expire(&now(1), 0).iter().collect::<Vec<_>>()), ["b"]);
    // A restart of the machine with the clock set back ends what has an end.
    let back = Moment {
        boot_id: "b".to_owned(),
        boot_ms: 0,
        wall_ms: 0,
    };
    assert_eq!(set.expire(&back, 1000 * MINUTE).len(), 1);
    assert_eq!(set.len(), 1);
}

#[test]
fn the_end_of_a_session_takes_its_grants() {
    let session = SessionId("s".to_owned());
    let mut set: GrantSet = [
        grant(
            "once",
            "a.test",
            Scope::Once {
                session: session.clone(),
                process: process(1),
            },
        ),
        grant("session", "a.test", Scope::Session(session.clone())),
        grant("project", "a.test", Scope::Project("/p".into())),
    ]
    .into_iter()
    .collect();
    assert_eq!(set.remove_session(&session).len(), 2);
    assert_eq!(names(&set.iter().collect::<Vec<_>>()), ["project"]);
}

#[test]
fn a_set_survives_as_json() {
    let set: GrantSet = [
        grant("b", "a.test", Scope::Everywhere),
        grant(
            "a",
            "b.test at 10.1.2.3",
            Scope::Once {
                session: SessionId("s".to_owned()),
                process: process(1),
            },
        ),
        Grant {
            pattern: Pattern::Read("=/a/\\*".parse().unwrap()),
            ..grant("c", "*", Scope::Session(SessionId("s".to_owned())))
        },
    ]
    .into_iter()
    .collect();
    let back: GrantSet = serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
    assert_eq!(back, set);
    assert_eq!(names(&back.iter().collect::<Vec<_>>()), ["b", "a", "c"]);
    assert!(!matching(&back, &request("a.test", "x", 3), &now(1), 0).is_empty());
}

#[test]
fn a_grant_of_the_same_name_replaces_the_first() {
    let mut set = GrantSet::default();
    set.insert(grant("a", "a.test", Scope::Everywhere));
    assert_eq!(
        set.insert(grant("a", "b.test", Scope::Everywhere))
            .unwrap()
            .pattern,
        network("a.test")
    );
    assert!(matching(&set, &request("a.test", "s", 1), &now(0), 0).is_empty());
    assert_eq!(
        set.get(&GrantId("a".to_owned())).unwrap().pattern,
        network("b.test")
    );
    assert_eq!(
        set.remove(&GrantId("a".to_owned())).unwrap().pattern,
        network("b.test")
    );
    assert!(set.is_empty());
}
