use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::entry::Entry;
use crate::reader::Filter;
use crate::signing::{self, KeyOrigin};
use crate::store::{Durability, Log};

fn key(byte: u8) -> SigningKey {
    SigningKey::new(&[byte; SigningKey::LENGTH]).unwrap()
}

fn of_daemon(change: DaemonChange) -> Entry {
    Entry::of_daemon(change, Some("/1".to_owned()))
}

/// A closed log of six events, with a checkpoint at the last; signed by this key from its beginning.
async fn log(key: Option<SigningKey>) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let log = Log::open(&path).unwrap();
    if let Some(key) = key {
        log.sign_with(key, KeyOrigin::Made).await.unwrap();
    }
    for change in [
        DaemonChange::Started,
        DaemonChange::Paused,
        DaemonChange::PauseEnded,
        DaemonChange::Lockdown,
        DaemonChange::LockdownEnded,
        DaemonChange::Stopped,
    ] {
        log.record(of_daemon(change), Durability::Unsynced).await.unwrap();
    }
    log.close().await.unwrap();
    (directory, path)
}

fn verify(path: &Path, key: &Key) -> Verification {
    Reader::open(path).unwrap().verify(key).unwrap()
}

fn broken(seq: i64, reason: &'static str) -> Verification {
    Verification::Broken { seq, reason }
}

fn intact(signature: Signature) -> Verification {
    Verification::Intact {
        events: 6,
        checkpoint: Some(6),
        signature,
        remarks: Vec::new(),
    }
}

/// Changes a log by hand and checks what is found.
async fn check(tamper: &str, expected: Verification) {
    let (_directory, path) = log(None).await;
    Connection::open(&path).unwrap().execute_batch(tamper).unwrap();
    assert_eq!(verify(&path, &Key::Nowhere), expected, "{tamper}");
}

#[tokio::test]
async fn an_untouched_log_is_intact() {
    check("", intact(Signature::Nobody { why: None })).await;
}

/// What was done, the event at which it shows, and how.
const TAMPERED: [(&str, i64, &str); 18] = [
    ("UPDATE events SET detail = '/9' WHERE seq = 3", 3, CHANGED),
    ("UPDATE events SET verdict = 'allow' WHERE seq = 4", 4, CHANGED),
    ("UPDATE events SET session = 's' WHERE seq = 5", 5, CHANGED),
    ("UPDATE events SET action = NULL WHERE seq = 5", 5, CHANGED),
    (
        "UPDATE events SET pid = 1, command = '[\"ls\"]' WHERE seq = 5",
        5,
        CHANGED,
    ),
    (
        "UPDATE events SET time_ms = time_ms + 1 WHERE seq = 1",
        1,
        CHANGED,
    ),
    ("UPDATE events SET hash = zeroblob(32) WHERE seq = 2", 2, CHANGED),
    (
        "UPDATE events SET hash = x'00' WHERE seq = 2",
        2,
        "a hash of another length",
    ),
    (
        "UPDATE events SET kind = 'other' WHERE seq = 2",
        2,
        "an unknown kind",
    ),
    ("UPDATE events SET pid = -1 WHERE seq = 2", 2, "a negative number"),
    ("DELETE FROM events WHERE seq = 3", 3, MISSING),
    ("DELETE FROM events WHERE seq IN (1, 2)", 1, MISSING),
    ("DELETE FROM events WHERE seq > 4", 5, CUT),
    ("DELETE FROM events", 1, CUT),
    (
        "DELETE FROM events WHERE seq = 3; UPDATE events SET seq = seq - 1 WHERE seq > 3",
        3,
        CHANGED,
    ),
    (
        "INSERT INTO events (seq, time_ms, kind, hash) VALUES (7, 0, 'read', zeroblob(32))",
        7,
        CHANGED,
    ),
    (
        "INSERT INTO events (seq, time_ms, kind, hash) VALUES (0, 0, 'read', zeroblob(32))",
        0,
        CHANGED,
    ),
    ("UPDATE checkpoints SET hash = zeroblob(32)", 6, REWRITTEN),
];

/// Makes room between the third and the fourth event, and fills it.
const INSERTED: &str = "
    UPDATE events SET seq = seq + 100 WHERE seq > 3;
    UPDATE events SET seq = seq - 99 WHERE seq > 100;
    INSERT INTO events (seq, time_ms, kind, hash) VALUES (4, 0, 'read', zeroblob(32));
";

#[tokio::test]
async fn tampering_is_found() {
    for (tamper, seq, reason) in TAMPERED.into_iter().chain([(INSERTED, 4, CHANGED)]) {
        check(tamper, Verification::Broken { seq, reason }).await;
    }
}

/// Changes the log as whoever knows how it is made: hashes and checkpoints agree again.
fn rewrite(path: &Path, tamper: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(tamper).unwrap();
    let reader = Reader::open(path).unwrap();
    let mut previous = Digest::START;
    for event in reader.query(&Filter::default()).unwrap() {
        previous = chain::hash(previous, &event);
        for table in ["events", "checkpoints"] {
            let sql = format!("UPDATE {table} SET hash = ?1 WHERE seq = ?2");
            connection.execute(&sql, (previous.0, signed(event.seq))).unwrap();
        }
    }
}

const EDIT: &str = "UPDATE events SET detail = '/9' WHERE seq = 3";

const CUT_WITH_CHECKPOINTS: &str = "
    DELETE FROM events WHERE seq > 4;
    DELETE FROM checkpoints;
    INSERT INTO checkpoints VALUES (4, zeroblob(32), 0);
";

#[tokio::test]
async fn a_chain_computed_anew_is_found_by_a_checkpoint() {
    let (_directory, path) = log(None).await;
    let connection = Connection::open(&path).unwrap();
    let checkpoint: Vec<u8> = connection
        .query_row("SELECT hash FROM checkpoints", [], |row| row.get(0))
        .unwrap();
    rewrite(&path, EDIT);
    // Without a key, whoever computes checkpoints anew as well is not found.
    assert_eq!(
        verify(&path, &Key::Nowhere),
        intact(Signature::Nobody { why: None })
    );
    connection
        .execute("UPDATE checkpoints SET hash = ?1", [checkpoint])
        .unwrap();
    assert_eq!(verify(&path, &Key::Nowhere), broken(6, REWRITTEN));
}

#[tokio::test]
async fn a_signed_log_is_known_from_its_first_event_to_its_last() {
    let (_directory, path) = log(Some(key(1))).await;
    let Verification::Intact { signature, .. } = verify(&path, &Key::Have(key(1))) else {
        panic!("broken");
    };
    let Signature::Good {
        key: id, since, seq, ..
    } = signature
    else {
        panic!("{signature:?}");
    };
    assert_eq!((id, since, seq), (key(1).id(), 1, 6));
}

#[tokio::test]
async fn who_has_no_key_is_found_whatever_else_agrees() {
    for (tamper, seq, reason) in [
        (EDIT, 6, REWRITTEN),
        (CUT_WITH_CHECKPOINTS, 5, CUT),
        (
            "DELETE FROM events WHERE seq = 6; DELETE FROM checkpoints",
            6,
            CUT,
        ),
        ("DELETE FROM checkpoints", 6, NO_CHECKPOINT),
        (
            "DROP TABLE checkpoints; CREATE TABLE checkpoints (seq, hash)",
            6,
            NO_CHECKPOINT,
        ),
    ] {
        let (_directory, path) = log(Some(key(1))).await;
        rewrite(&path, tamper);
        assert_eq!(verify(&path, &Key::Have(key(1))), broken(seq, reason), "{tamper}");
    }
    let (_directory, path) = log(Some(key(1))).await;
    Connection::open(&path)
        .unwrap()
        .execute_batch("DROP TABLE checkpoints")
        .unwrap();
    assert_eq!(verify(&path, &Key::Have(key(1))), broken(6, NO_TABLE));
}

#[tokio::test]
async fn a_signature_of_another_is_found() {
    let (_directory, path) = log(Some(key(1))).await;
    let place = signing::place(&path);
    let line = std::fs::read_to_string(&place).unwrap();
    let check = |content: &str, expected| {
        std::fs::write(&place, content).unwrap();
        assert_eq!(verify(&path, &Key::Have(key(1))), expected, "{content}");
    };
    check("", broken(6, GARBLED));
    check("{}", broken(6, GARBLED));
    // It says that more was written while the key signed than was.
    check(&line.replace("\"since\":1,", "\"since\":2,"), broken(6, FORGED));
    let Beside::Signed(genuine) = Beside::read(&path).unwrap() else {
        panic!("it was spoilt last");
    };
    let by = |byte| SignedCheckpoint::new(&key(byte), 1, 6, genuine.hash, genuine.time_ms);
    let text = |signed: &SignedCheckpoint| serde_json::to_string(signed).unwrap();
    check(&text(&by(2)), broken(6, OTHER_KEY));
    let (mine, other) = (key(1).id().0, key(2).id().0);
    check(&text(&by(2)).replace(&other, &mine), broken(6, FORGED));
    std::fs::remove_file(&place).unwrap();
    assert_eq!(verify(&path, &Key::Have(key(1))), broken(6, UNSIGNED));
    // Its twin: what the key has signed, as it was.
    std::fs::write(&place, line).unwrap();
    assert!(matches!(
        verify(&path, &Key::Have(key(1))),
        Verification::Intact { .. }
    ));
}

#[tokio::test]
async fn a_key_that_cannot_be_had_is_no_alarm_and_no_proof() {
    let (_directory, path) = log(Some(key(1))).await;
    let unchecked = |why: &str| {
        intact(Signature::Unchecked {
            seq: 6,
            why: why.to_owned(),
        })
    };
    let locked = Key::Unavailable("it is locked".to_owned());
    assert_eq!(verify(&path, &locked), unchecked("it is locked"));
    assert_eq!(
        verify(&path, &Key::Nowhere),
        unchecked("its key is not kept any more")
    );
    // What needs no key to be seen is.
    rewrite(&path, CUT_WITH_CHECKPOINTS);
    assert_eq!(verify(&path, &locked), broken(5, CUT));
}

#[tokio::test]
async fn a_log_without_a_signature_whose_key_cannot_be_had_says_so() {
    let (_directory, path) = log(None).await;
    let why = "it is locked".to_owned();
    assert_eq!(
        verify(&path, &Key::Unavailable(why.clone())),
        intact(Signature::Nobody { why: Some(why) })
    );
}

#[tokio::test]
async fn a_log_without_an_event_needs_no_signature_yet() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let log = Log::open(&path).unwrap();
    let found = verify(&path, &Key::Have(key(1)));
    let Verification::Intact {
        events: 0, signature, ..
    } = found
    else {
        panic!("{found:?}");
    };
    let why = Some("it has no event yet".to_owned());
    assert_eq!(signature, Signature::Nobody { why });
    log.record(of_daemon(DaemonChange::Started), Durability::Unsynced)
        .await
        .unwrap();
    assert_eq!(verify(&path, &Key::Have(key(1))), broken(1, UNSIGNED));
}
