use askbox_policy::Process;
use expect_test::expect;

use super::*;

fn denied() -> Event {
    Event {
        seq: 7,
        time_ms: 1_767_225_599_123,
        session: Some(SessionId("s1".into())),
        project: Some("/home/me/app".into()),
        kind: EventKind::Network,
        target: Some("example.com:443".into()),
        verdict: Some(Outcome::Deny),
        by: Some("rule r1".into()),
        process: Some(EventProcess {
            pid: 42,
            exe: Some("/usr/bin/curl".into()),
            command: vec!["curl".into()],
        }),
        bytes_in: None,
        bytes_out: None,
        action: None,
        detail: None,
        question: None,
        grant: None,
    }
}

#[test]
fn the_public_shape_is_the_documented_one() {
    let json = serde_json::to_string(&denied()).unwrap();
    expect![[r#"{"seq":7,"time":"2025-12-31T23:59:59.123Z","session":"s1","project":"/home/me/app","kind":"network","target":"example.com:443","verdict":"deny","by":"rule r1","process":{"pid":42,"exe":"/usr/bin/curl","command":["curl"]},"bytes_in":null,"bytes_out":null}"#]]
    .assert_eq(&json);
    assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), denied());
}

#[test]
fn an_exported_line_is_an_event_with_its_hash() {
    let sealed = Sealed {
        hash: Digest([0xab; 32]),
        event: denied(),
    };
    let json = serde_json::to_string(&sealed).unwrap();
    assert!(
        json.starts_with(r#"{"seq":7,"#) && json.ends_with(&format!(r#""hash":"{}"}}"#, "ab".repeat(32)))
    );
    assert_eq!(serde_json::from_str::<Sealed>(&json).unwrap(), sealed);
}

#[test]
fn names_are_the_ones_of_json() {
    for kind in EventKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        assert_eq!(EventKind::from_name(kind.name()), Some(kind));
    }
    for outcome in [Outcome::Allow, Outcome::Deny, Outcome::Ask] {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
    }
}

#[test]
fn a_command_line_is_cut_to_size() {
    let process = EventProcess::new(&Process::unknown(), vec!["ä".repeat(200); 50]);
    assert_eq!(process.command, vec!["ä".repeat(128); limits::COMMAND_WORDS]);
}
