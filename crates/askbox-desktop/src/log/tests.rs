use askbox_audit::entry::What;
use askbox_audit::{DaemonChange, Durability, Entry, EventKind, EventProcess, Log, SessionChange};
use askbox_policy::{Destination, Host, Port, Target};
use tempfile::TempDir;

use super::*;

fn session(what: What) -> Entry {
    Entry {
        session: Some(SessionId("a".into())),
        project: None,
        what,
    }
}

fn change(change: SessionChange, detail: &str) -> Entry {
    session(What::Session {
        change,
        detail: Some(detail.into()),
    })
}

fn traffic_to(host: &str) -> Entry {
    session(What::Traffic {
        target: Target::Network(Destination {
            host: Host::parse(host).unwrap(),
            port: Port::new(443).unwrap(),
        }),
        bytes_in: 100,
        bytes_out: 7,
        process: EventProcess {
            pid: 1,
            exe: None,
            command: vec![],
        },
    })
}

/// A log of one session that spoke to two hosts.
async fn log() -> (TempDir, Reader) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let log = Log::open(&path).unwrap();
    for entry in [
        Entry::of_daemon(DaemonChange::Started, None),
        change(SessionChange::Started, "npm install"),
        traffic_to("registry.test"),
        traffic_to("other.test"),
        traffic_to("registry.test"),
        change(SessionChange::Ended, "exit status 0"),
    ] {
        log.record(entry, Durability::Unsynced).await.unwrap();
    }
    log.close().await.unwrap();
    (directory, Reader::open(&path).unwrap())
}

#[tokio::test]
async fn a_window_pages_back_and_searches() {
    let (_directory, reader) = log().await;
    let check = |query: LogQuery, expected: &[u64]| {
        let events = events(&reader, query.clone()).unwrap();
        let found: Vec<_> = events.iter().map(|event| event.seq).collect();
        assert_eq!(found, expected, "{query:?}");
    };
    let all = LogQuery::default();
    check(all.clone(), &[1, 2, 3, 4, 5, 6]);
    let two = LogQuery {
        limit: Some(2),
        ..all.clone()
    };
    check(two.clone(), &[5, 6]);
    check(
        LogQuery {
            before_seq: Some(5),
            ..two
        },
        &[3, 4],
    );
    check(
        LogQuery {
            text: Some("REGISTRY".into()),
            kind: Some(EventKind::Traffic),
            ..all.clone()
        },
        &[3, 5],
    );
    check(
        LogQuery {
            text: Some(String::new()),
            ..all
        },
        &[1, 2, 3, 4, 5, 6],
    );
}

#[test]
fn what_a_window_asks_for_is_bounded() {
    let query = LogQuery {
        text: Some("é".repeat(limits::LOG_TEXT_BYTES)),
        limit: Some(u32::MAX),
        ..LogQuery::default()
    };
    let filter = filter(query);
    assert_eq!(filter.limit, Some(limits::LOG_EVENTS));
    assert_eq!(filter.text.unwrap().len(), limits::LOG_TEXT_BYTES);
    assert_eq!(super::filter(LogQuery::default()).limit, Some(limits::LOG_EVENTS));
}

#[tokio::test]
async fn a_past_session_says_how_it_ended_and_whether_it_can_be_reviewed() {
    let (_directory, reader) = log().await;
    for review in [None, Some(ReviewOutlook::Nothing), Some(ReviewOutlook::Something)] {
        let past = past_sessions(&reader, |id| review.filter(|_| id.0 == "a")).unwrap();
        let [session] = past.as_slice() else {
            panic!("{past:?}")
        };
        assert_eq!(session.id.0, "a");
        assert_eq!(session.first_seq, 2);
        assert_eq!(session.detail.as_deref(), Some("exit status 0"));
        assert_eq!(session.review, review);
        assert!(session.started <= session.ended);
    }
}

#[tokio::test]
async fn traffic_is_told_by_host_until_now() {
    let (_directory, reader) = log().await;
    let last = events(&reader, LogQuery::default()).unwrap().pop().unwrap();
    let query = TrafficQuery {
        since_ms: 0,
        parts: 1,
    };
    let point = |bytes_in, bytes_out| TrafficPoint {
        part: 0,
        bytes_in,
        bytes_out,
    };
    let host = |target: &str, point| HostTraffic {
        target: target.into(),
        points: vec![point],
    };
    assert_eq!(
        traffic(&reader, query, last.time_ms).unwrap(),
        [
            host("registry.test:443", point(200, 14)),
            host("other.test:443", point(100, 7)),
        ]
    );
    assert_eq!(traffic(&reader, query, 1).unwrap(), []);
}

#[test]
fn a_log_that_is_not_there_is_an_error_of_the_log() {
    let error = Reader::open("/nonexistent/log.sqlite".as_ref()).unwrap_err();
    assert_eq!(
        refused(&error),
        WireError::new(ErrorCode::Log, "there is no log at \"/nonexistent/log.sqlite\"")
            .with_hint("askbox doctor")
    );
}
