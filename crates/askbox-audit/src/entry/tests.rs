use std::path::{Path, PathBuf};

use askbox_policy::{
    CanonicalPath, Destination, Duration, Effect, Grant, GrantId, Host, HostName, HostPattern, Moment,
    NetworkPattern, Pattern, Port, Ports, Process, Scope,
};
use expect_test::{Expect, expect};

use super::*;

fn check(what: What, expected: &Expect) {
    let entry = Entry {
        session: Some(SessionId("s".into())),
        project: Some(Project("/p".into())),
        what,
    };
    expected.assert_eq(&serde_json::to_string(&entry.draft()).unwrap());
}

fn target() -> Target {
    Target::Network(Destination {
        host: Host::parse("example.com").unwrap(),
        port: Port::new(443).unwrap(),
    })
}

fn process() -> EventProcess {
    EventProcess::new(
        &Process {
            pid: 9,
            exe: Some("/usr/bin/curl".into()),
            ..Process::default()
        },
        vec![],
    )
}

#[test]
fn a_verdict_becomes_an_event_of_the_kind_of_its_target() {
    check(
        What::Verdict {
            target: Target::Write(CanonicalPath::new(Path::new("/etc/hosts")).unwrap()),
            verdict: Outcome::Ask,
            by: "no rule".into(),
            process: process(),
            question: Some("7".into()),
            repeats: 0,
            interpreter: None,
        },
        &expect![[
            r#"{"seq":0,"time":"1970-01-01T00:00:00.000Z","session":"s","project":"/p","kind":"write","target":"/etc/hosts","verdict":"ask","by":"no rule","process":{"pid":9,"exe":"/usr/bin/curl","command":[]},"bytes_in":null,"bytes_out":null,"question":"7"}"#
        ]],
    );
}

#[test]
fn the_start_of_a_script_says_who_reads_it() {
    check(
        What::Verdict {
            target: Target::Execute(CanonicalPath::new(Path::new("/p/build.sh")).unwrap()),
            verdict: Outcome::Allow,
            by: "preset".into(),
            process: process(),
            question: None,
            repeats: 0,
            interpreter: Some("/usr/bin/da\u{1b}sh".into()),
        },
        &expect![[
            r#"{"seq":0,"time":"1970-01-01T00:00:00.000Z","session":"s","project":"/p","kind":"execute","target":"/p/build.sh","verdict":"allow","by":"preset","process":{"pid":9,"exe":"/usr/bin/curl","command":[]},"bytes_in":null,"bytes_out":null,"detail":"a script, read by /usr/bin/da\u001bsh"}"#
        ]],
    );
}

#[test]
fn an_answer_says_what_was_listed_and_for_how_long_it_holds() {
    let answer = Answer {
        allow: false,
        duration: Duration::For(3_600_000),
        widen: true,
        everywhere: true,
    };
    check(
        What::Answer {
            question: "7".into(),
            targets: vec![target(), target()],
            answer,
            by: "window".into(),
        },
        &expect![[
            r#"{"seq":0,"time":"1970-01-01T00:00:00.000Z","session":"s","project":"/p","kind":"answer","target":"example.com:443, example.com:443","verdict":"deny","by":"window","process":null,"bytes_in":null,"bytes_out":null,"detail":"for 1h, widened, everywhere","question":"7"}"#
        ]],
    );
}

#[test]
fn a_grant_says_pattern_and_scope() {
    let port = Port::new(443).unwrap();
    let grant = Grant {
        id: GrantId("g1".into()),
        effect: Effect::Allow,
        pattern: Pattern::Network(NetworkPattern {
            protocol: askbox_policy::Protocol::Tcp,
            host: HostPattern::Family(HostName::parse("example.com").unwrap()),
            ports: Ports::Range(port, port),
            address: Some([10, 1, 2, 3].into()),
        }),
        scope: Scope::Project("/p".into()),
        expires: None,
        given: Moment {
            boot_id: "b".into(),
            boot_ms: 0,
            wall_ms: 0,
        },
    };
    check(
        What::Grant {
            change: GrantChange::Revoked,
            grant: Box::new(grant),
        },
        &expect![[
            r#"{"seq":0,"time":"1970-01-01T00:00:00.000Z","session":"s","project":"/p","kind":"grant","target":"network **.example.com:443 at 10.1.2.3","verdict":"allow","by":null,"process":null,"bytes_in":null,"bytes_out":null,"action":"revoked","detail":"project /p","grant":"g1"}"#
        ]],
    );
}

#[test]
fn traffic_counts_both_ways_as_far_as_numbers_go() {
    check(
        What::Traffic {
            target: target(),
            bytes_in: u64::MAX,
            bytes_out: 5,
            process: process(),
        },
        &expect![[
            r#"{"seq":0,"time":"1970-01-01T00:00:00.000Z","session":"s","project":"/p","kind":"traffic","target":"example.com:443","verdict":null,"by":null,"process":{"pid":9,"exe":"/usr/bin/curl","command":[]},"bytes_in":9223372036854775807,"bytes_out":5}"#
        ]],
    );
}

#[test]
fn texts_are_bounded() {
    let path = PathBuf::from(format!("/{}", "\\".repeat(40_000)));
    let event = Entry {
        session: None,
        project: None,
        what: What::Verdict {
            target: Target::Read(CanonicalPath::new(&path).unwrap()),
            verdict: Outcome::Deny,
            by: "x".repeat(5000),
            process: process(),
            question: None,
            repeats: 0,
            interpreter: None,
        },
    }
    .draft();
    assert_eq!(event.target.map(|text| text.len()), Some(limits::TARGET_BYTES));
    assert_eq!(event.by.map(|text| text.len()), Some(limits::TEXT_BYTES));
}
