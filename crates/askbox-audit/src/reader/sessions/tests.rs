use std::path::PathBuf;

use askbox_policy::Project;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::entry::{Entry, What};
use crate::store::{Durability, Log};

fn session(id: &str, change: SessionChange, detail: Option<&str>) -> Entry {
    Entry {
        session: Some(SessionId(id.into())),
        project: Some(Project("/home/ada/app".into())),
        what: What::Session {
            change,
            detail: detail.map(str::to_owned),
        },
    }
}

fn daemon(change: DaemonChange) -> Entry {
    Entry::of_daemon(change, None)
}

async fn log(entries: Vec<Entry>) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let log = Log::open(&path).unwrap();
    for entry in entries {
        log.record(entry, Durability::Unsynced).await.unwrap();
    }
    log.close().await.unwrap();
    (directory, path)
}

/// Name, number of the first event, whether the end is known, and what is said of it.
async fn check(entries: Vec<Entry>, expected: &[(&str, u64, bool, Option<&str>)]) {
    let (_directory, path) = log(entries).await;
    let past = Reader::open(&path).unwrap().past_sessions().unwrap();
    let found: Vec<_> = past
        .iter()
        .map(|past| {
            assert_eq!(past.project.as_deref(), Some("/home/ada/app"));
            let is_first = past.id.0 == "a" && 1 < past.first_seq && past.detail.is_some();
            assert_eq!(past.command.as_deref(), is_first.then_some("npm install"));
            let detail = past.detail.as_deref();
            (
                past.id.0.as_str(),
                past.first_seq,
                past.ended_ms.is_some(),
                detail,
            )
        })
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn sessions_that_ended_are_listed_the_latest_first() {
    use SessionChange::{Ended, Flagged, Made, Started};
    check(
        vec![
            daemon(DaemonChange::Started),
            session("a", Started, Some("npm install")),
            session("b", Started, None),
            session("b", Flagged, Some(".envrc")),
            session("b", Ended, Some("exit status 1")),
            session("a", Made, Some(".envrc")),
            session("a", Ended, Some("stopped")),
            session("c", Started, None),
        ],
        &[
            ("b", 3, true, Some("exit status 1")),
            ("a", 2, true, Some("stopped")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_session_whose_daemon_died_is_past_once_another_started() {
    let started = || session("a", SessionChange::Started, None);
    check(vec![daemon(DaemonChange::Started), started()], &[]).await;
    check(
        vec![
            daemon(DaemonChange::Started),
            started(),
            daemon(DaemonChange::Started),
        ],
        &[("a", 2, false, None)],
    )
    .await;
}

#[tokio::test]
async fn no_more_than_a_person_looks_through() {
    let entries = (0..limits::PAST_SESSIONS + 5).flat_map(|number| {
        let id = format!("s{number}");
        [SessionChange::Started, SessionChange::Ended].map(|change| session(&id, change, None))
    });
    let (_directory, path) = log(entries.collect()).await;
    let past = Reader::open(&path).unwrap().past_sessions().unwrap();
    assert_eq!(past.len(), limits::PAST_SESSIONS);
    assert_eq!(past.first().unwrap().id.0, "s204");
}

#[tokio::test]
async fn the_index_finds_them() {
    let (_directory, path) = log(vec![daemon(DaemonChange::Started)]).await;
    let connection = Connection::open(&path).unwrap();
    let plan: String = connection
        .query_row(&format!("EXPLAIN QUERY PLAN {RUNS}"), [], |row| row.get(3))
        .unwrap();
    assert_eq!(plan, "SCAN events USING INDEX events_runs");
}
