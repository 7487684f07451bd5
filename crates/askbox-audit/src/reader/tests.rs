use std::path::PathBuf;

use askbox_policy::{CanonicalPath, Neighbour, Target};
use tempfile::TempDir;

use super::*;
use crate::chain::{self, Digest};
use crate::change::DaemonChange;
use crate::entry::{Entry, What};
use crate::event::{EventProcess, Outcome};
use crate::store::{Durability, Log};

fn read(session: &str, verdict: Outcome, path: &str) -> Entry {
    Entry {
        session: Some(SessionId(session.into())),
        project: None,
        what: What::Verdict {
            target: Target::Read(CanonicalPath::new(Path::new(path)).unwrap()),
            verdict,
            by: "rule r".into(),
            process: EventProcess {
                pid: 1,
                exe: None,
                command: vec![],
            },
            question: None,
            repeats: 0,
            interpreter: None,
        },
    }
}

/// A closed log of six events, with a checkpoint at the last.
async fn log() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let log = Log::open(&path).unwrap();
    for entry in [
        Entry::of_daemon(DaemonChange::Started, None),
        read("a", Outcome::Allow, "/1"),
        read("a", Outcome::Deny, "/2"),
        read("b", Outcome::Deny, "/3"),
        read("b", Outcome::Ask, "/4"),
        Entry::of_daemon(DaemonChange::Stopped, None),
    ] {
        log.record(entry, Durability::Unsynced).await.unwrap();
    }
    log.close().await.unwrap();
    (directory, path)
}

#[tokio::test]
async fn a_filter_picks_events() {
    let (_directory, path) = log().await;
    let reader = Reader::open(&path).unwrap();
    let check = |set: fn(&mut Filter), expected: &[u64]| {
        let mut filter = Filter::default();
        set(&mut filter);
        let found: Vec<_> = reader
            .query(&filter)
            .unwrap()
            .into_iter()
            .map(|event| event.seq)
            .collect();
        assert_eq!(found, expected, "{filter:?}");
    };
    check(|_all| {}, &[1, 2, 3, 4, 5, 6]);
    check(|filter| filter.session = Some(SessionId("a".into())), &[2, 3]);
    check(|filter| filter.denied_only = true, &[3, 4]);
    check(|filter| filter.kind = Some(EventKind::Daemon), &[1, 6]);
    check(|filter| filter.since_ms = Some(0), &[1, 2, 3, 4, 5, 6]);
    check(|filter| filter.since_ms = Some(u64::MAX), &[]);
    check(|filter| filter.after_seq = Some(4), &[5, 6]);
    check(|filter| filter.limit = Some(2), &[5, 6]);
    check(|filter| filter.before_seq = Some(4), &[1, 2, 3]);
    check(
        |filter| (filter.before_seq, filter.limit) = (Some(4), Some(2)),
        &[2, 3],
    );
    check(
        |filter| (filter.after_seq, filter.before_seq) = (Some(2), Some(5)),
        &[3, 4],
    );
    check(|filter| filter.text = Some("/".into()), &[2, 3, 4, 5]);
    check(|filter| filter.text = Some("/3".into()), &[4]);
    check(
        |filter| (filter.after_seq, filter.limit) = (Some(0), Some(2)),
        &[1, 2],
    );
    check(
        |filter| (filter.session, filter.denied_only) = (Some(SessionId("b".into())), true),
        &[4],
    );
}

#[tokio::test]
async fn denials_of_every_kind_of_request_are_denials() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let log = Log::open(&path).unwrap();
    for outcome in [Outcome::Deny, Outcome::Allow] {
        let mut entry = read("a", outcome, "/1");
        if let What::Verdict { target, .. } = &mut entry.what {
            *target = Target::Neighbour(Neighbour::X11);
        }
        log.record(entry, Durability::Unsynced).await.unwrap();
    }
    log.close().await.unwrap();
    let reader = Reader::open(&path).unwrap();
    let denied = Filter {
        denied_only: true,
        ..Filter::default()
    };
    let found = reader.query(&denied).unwrap();
    let found: Vec<_> = found.iter().map(|event| (event.seq, event.kind)).collect();
    assert_eq!(found, [(1, EventKind::Neighbour)]);
}

#[tokio::test]
async fn a_text_is_looked_for_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let log = Log::open(&path).unwrap();
    for target in ["/Makefile", "/100%!", "/a_b", "/axb"] {
        let entry = read("a", Outcome::Allow, target);
        log.record(entry, Durability::Unsynced).await.unwrap();
    }
    log.close().await.unwrap();
    let reader = Reader::open(&path).unwrap();
    for (text, expected) in [
        ("makeFILE", &[1][..]),
        ("", &[1, 2, 3, 4]),
        ("%", &[2]),
        ("0%!", &[2]),
        ("A_B", &[3]),
        ("a%b", &[]),
        ("' OR 1 = 1 --", &[]),
    ] {
        let filter = Filter {
            text: Some(text.into()),
            ..Filter::default()
        };
        let events = reader.query(&filter).unwrap();
        let found: Vec<_> = events.iter().map(|event| event.seq).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[tokio::test]
async fn an_export_has_a_line_for_each_event_and_verifies_by_itself() {
    let (_directory, path) = log().await;
    let mut output = Vec::new();
    Reader::open(&path)
        .unwrap()
        .export(&Format::Jsonl, 0, &mut output)
        .unwrap();
    let mut previous = Digest::START;
    let lines = String::from_utf8(output).unwrap();
    for line in lines.lines() {
        let sealed: Sealed = serde_json::from_str(line).unwrap();
        assert_eq!(chain::hash(previous, &sealed.event), sealed.hash);
        previous = sealed.hash;
    }
    assert_eq!(lines.lines().count(), 6);
}

#[tokio::test]
async fn a_log_is_read_as_it_lies_whatever_its_name() {
    let (_directory, path) = log().await;
    let named = path.with_file_name("a b%20?immutable=0#ü.sqlite");
    fs::rename(&path, &named).unwrap();
    let (connection, format) = connect(&as_it_lies(&named), OpenFlags::SQLITE_OPEN_URI).unwrap();
    let reader = Reader {
        connection,
        path: named,
    };
    assert_eq!(format, FORMAT);
    assert_eq!(reader.query(&Filter::default()).unwrap().len(), 6);
}

#[test]
fn a_missing_log_is_said_to_be_missing() {
    assert!(matches!(
        Reader::open(Path::new("/nonexistent/log.sqlite")),
        Err(Error::Missing { .. })
    ));
}
