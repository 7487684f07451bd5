use expect_test::{Expect, expect};

use super::*;

/// An event in the documented JSON, which is how scripts see it.
fn check(json: &str, expected: &Expect) {
    let parsed: Event = serde_json::from_str(json).unwrap();
    expected.assert_eq(&event(&parsed, Style::plain()));
}

#[test]
fn a_verdict_says_who_and_why() {
    check(
        r#"{"seq":1,"time":"2026-05-01T12:00:00.250Z","session":"a1b2","project":"/p","kind":"network",
        "target":"registry.example.com:443","verdict":"deny","by":"timeout","process":{"pid":4711,
        "exe":"/usr/bin/node","command":["/usr/bin/node","npm","install"]},"bytes_in":null,"bytes_out":null,
        "question":"7"}"#,
        &expect![[r#"
            2026-05-01 12:00:00  deny      network  registry.example.com:443
                npm install (process 4711), by timeout, question 7, session a1b2
        "#]],
    );
}

#[test]
fn traffic_has_byte_counts() {
    check(
        r#"{"seq":1,"time":"2026-05-01T12:00:00.250Z","session":"a1b2","project":"/p","kind":"traffic",
        "target":"a.test:443","verdict":null,"by":null,"process":{"pid":0,"exe":"/usr/bin/curl","command":[]},
        "bytes_in":1000,"bytes_out":20}"#,
        &expect![[r#"
            2026-05-01 12:00:00            traffic  a.test:443
                /usr/bin/curl, 1000 bytes in, 20 out, session a1b2
        "#]],
    );
}

#[test]
fn what_happened_to_askbox_itself_has_its_own_word() {
    check(
        r#"{"seq":1,"time":"2026-05-01T12:00:00.250Z","session":null,"project":null,"kind":"daemon","target":null,
        "verdict":null,"by":null,"process":null,"bytes_in":null,"bytes_out":null,"action":"unclean end"}"#,
        &expect![[r#"
            2026-05-01 12:00:00  unclean end  daemon
        "#]],
    );
}

#[test]
fn a_path_cannot_write_to_the_terminal() {
    check(
        r#"{"seq":1,"time":"2026-05-01T12:00:00.250Z","session":"a1b2","project":"/p","kind":"read",
        "target":"/tmp/\u001b[2J","verdict":"allow","by":"preset","process":null,"bytes_in":null,"bytes_out":null}"#,
        &expect![[r#"
            2026-05-01 12:00:00  allow     read  /tmp/\u{1b}[2J
                by preset, session a1b2
        "#]],
    );
}

#[test]
fn a_verification_says_where_it_broke() {
    let show = |found: Verification| verification(&found, Style::plain());
    expect![[r#"
        intact: 6 events, each follows from the one before; checkpoint at 5
    "#]]
    .assert_eq(&show(Verification::Intact {
        events: 6,
        checkpoint: Some(5),
    }));
    expect![[r#"
        intact: 6 events, each follows from the one before
    "#]]
    .assert_eq(&show(Verification::Intact {
        events: 6,
        checkpoint: None,
    }));
    expect![[r#"
        broken at event 3: it is missing: events were deleted
    "#]]
    .assert_eq(&show(Verification::Broken {
        seq: 3,
        reason: "it is missing: events were deleted",
    }));
}
