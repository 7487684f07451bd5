use askbox_audit::KeyId;
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

fn intact(signature: Signature) -> Verification {
    Verification::Intact {
        events: 6,
        checkpoint: Some(5),
        signature,
        remarks: Vec::new(),
    }
}

fn signed(since: u64) -> Signature {
    Signature::Good {
        key: KeyId("00112233aabbccdd".into()),
        since,
        seq: 5,
        time_ms: 1_777_636_800_000,
    }
}

fn check_verification(found: &Verification, expected: &Expect) {
    expected.assert_eq(&verification(found, None, Style::plain()));
}

#[test]
fn a_verification_says_where_it_broke() {
    check_verification(
        &Verification::Broken {
            seq: 3,
            reason: "it is missing: events were deleted",
        },
        &expect![[r#"
            broken at event 3: it is missing: events were deleted
            what is there is not what Askbox wrote; events from here on prove nothing
        "#]],
    );
}

#[test]
fn a_verification_says_what_it_proves_and_what_not() {
    check_verification(
        &intact(signed(1)),
        &expect![[r#"
        intact: 6 events, each follows from the one before; checkpoint at 5
        signed up to event 5 with key 00112233aabbccdd, 2026-05-01 12:00:00 UTC: nobody without the key has changed or cut that
        not checked: what came after event 5 (1 there), which could have been cut off
    "#]],
    );
    check_verification(
        &intact(signed(4)),
        &expect![[r#"
        intact: 6 events, each follows from the one before; checkpoint at 5
        signed up to event 5 with key 00112233aabbccdd, 2026-05-01 12:00:00 UTC: nobody without the key has changed or cut that
        not checked: events before 4 are from before this key; they are as they were when it began to sign
        not checked: what came after event 5 (1 there), which could have been cut off
    "#]],
    );
    let why = || "it is locked".to_owned();
    check_verification(
        &intact(Signature::Unchecked { seq: 5, why: why() }),
        &expect![[r#"
            intact: 6 events, each follows from the one before; checkpoint at 5
            not checked: the signature at event 5: it is locked
            until it is, whoever can write Askbox's state directory could have changed or cut the log and computed it anew
        "#]],
    );
    check_verification(
        &intact(Signature::Nobody { why: Some(why()) }),
        &expect![[r#"
        intact: 6 events, each follows from the one before; checkpoint at 5
        not signed (it is locked): whoever can write Askbox's state directory could have changed or cut the log and computed it anew
    "#]],
    );
    check_verification(
        &intact(Signature::Nobody { why: None }),
        &expect![[r#"
        intact: 6 events, each follows from the one before; checkpoint at 5
        not signed: whoever can write Askbox's state directory could have changed or cut the log and computed it anew
    "#]],
    );
}

#[test]
fn a_verification_tells_of_earlier_keys_and_logs() {
    let remark = r#"{"seq":4,"time":"2026-05-01T12:00:00.250Z","session":null,"project":null,"kind":"daemon","target":null,
        "verdict":null,"by":null,"process":null,"bytes_in":null,"bytes_out":null,"action":"key replaced","detail":"the key is gone"}"#;
    let mut found = intact(signed(4));
    if let Verification::Intact { remarks, .. } = &mut found {
        remarks.push(serde_json::from_str(remark).unwrap());
    }
    check_verification(
        &found,
        &expect![[r#"
        intact: 6 events, each follows from the one before; checkpoint at 5
        event 4: key replaced: the key is gone
        signed up to event 5 with key 00112233aabbccdd, 2026-05-01 12:00:00 UTC: nobody without the key has changed or cut that
        not checked: events before 4 are from before this key; they are as they were when it began to sign
        not checked: what came after event 5 (1 there), which could have been cut off
    "#]],
    );
}

#[test]
fn a_signature_by_a_key_in_a_file_is_worth_as_much_as_that_file() {
    let text = verification(&intact(signed(1)), Some(Path::new("/s/log-key")), Style::plain());
    expect![[r#"
        intact: 6 events, each follows from the one before; checkpoint at 5
        signed up to event 5 with key 00112233aabbccdd, 2026-05-01 12:00:00 UTC: nobody without the key has changed or cut that
        not checked: who has the key, which is in /s/log-key: whoever can read that could have changed or cut the log and signed it anew
        not checked: what came after event 5 (1 there), which could have been cut off
    "#]].assert_eq(&text);
    let unsigned = intact(Signature::Nobody { why: None });
    let text = verification(&unsigned, Some(Path::new("/s/log-key")), Style::plain());
    assert!(!text.contains("log-key"), "{text}");
}
