use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Seek as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command as Process, Stdio};
use std::sync::atomic::Ordering;

use askbox_policy::{Destination, Host, Port, SessionId, Target};
use tempfile::TempDir;

use super::*;
use crate::change::DaemonChange;
use crate::entry::What;
use crate::event::{EventProcess, Outcome};
use crate::reader::{Filter, Reader};
use crate::verify::{Key, Verification};

mod signing;

const PLACE: &str = "ASKBOX_AUDIT_TEST_LOG";

fn verdict(number: usize) -> Entry {
    Entry {
        session: Some(SessionId("s".into())),
        project: None,
        what: What::Verdict {
            target: Target::Network(Destination {
                host: Host::parse("example.com").unwrap(),
                port: Port::new(443).unwrap(),
            }),
            verdict: Outcome::Allow,
            by: number.to_string(),
            process: EventProcess {
                pid: 1,
                exe: Some("/usr/bin/curl".into()),
                command: vec!["curl".into()],
            },
            question: None,
            repeats: 0,
            interpreter: None,
        },
    }
}

fn stopped() -> Entry {
    Entry::of_daemon(DaemonChange::Stopped, None)
}

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    (directory, path)
}

/// The `action` or else the `by` of every event.
fn story(path: &Path) -> Vec<String> {
    let events = Reader::open(path).unwrap().query(&Filter::default()).unwrap();
    events
        .into_iter()
        .filter_map(|event| event.action.or(event.by))
        .collect()
}

fn assert_intact(path: &Path, expected: u64) {
    match Reader::open(path).unwrap().verify(&Key::Nowhere).unwrap() {
        Verification::Intact { events, .. } => assert_eq!(events, expected),
        broken @ Verification::Broken { .. } => panic!("{broken:?}"),
    }
}

#[tokio::test]
async fn events_are_numbered_from_one_and_outlive_the_log() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    assert_eq!(log.record(verdict(1), Durability::Unsynced).await.unwrap(), 1);
    assert_eq!(log.record(stopped(), Durability::Synced).await.unwrap(), 2);
    log.close().await.unwrap();
    let log = Log::open(&path).unwrap();
    assert_eq!(log.record(verdict(3), Durability::Unsynced).await.unwrap(), 3);
    assert_eq!(story(&path), ["1", "stopped", "3"]);
    assert_intact(&path, 3);
}

#[tokio::test]
async fn every_file_is_for_the_user_alone() {
    let (directory, path) = place();
    fs::write(&path, b"").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let log = Log::open(&path).unwrap();
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    let modes: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name(),
                entry.metadata().unwrap().permissions().mode() & 0o777,
            )
        })
        .collect();
    assert_eq!(modes.len(), 3, "{modes:?}");
    assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
}

#[test]
fn the_directory_must_exist() {
    let (_directory, path) = place();
    assert!(matches!(
        Log::open(&path.join("log.sqlite")),
        Err(Error::NoDirectory { .. })
    ));
}

#[tokio::test]
async fn a_closed_log_records_nothing() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    log.close().await.unwrap();
    assert!(matches!(
        log.record(verdict(1), Durability::Unsynced).await,
        Err(Error::Closed)
    ));
    assert!(matches!(log.close().await, Err(Error::Closed)));
}

#[tokio::test]
async fn an_unclean_end_is_the_first_event_of_the_next_run() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    log.close().await.unwrap();
    Log::open(&path).unwrap().close().await.unwrap();
    assert_eq!(story(&path), ["1", "unclean end"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_callers_each_get_their_own_number_and_the_chain_holds() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    let mut events = log.subscribe();
    let reader = Reader::open(&path).unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|task| {
            let log = log.clone();
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                for round in 0..20 {
                    let synced = (task + round) % 50 == 0;
                    let durability = if synced {
                        Durability::Synced
                    } else {
                        Durability::Unsynced
                    };
                    numbers.push(
                        log.record(verdict(task * 1000 + round), durability)
                            .await
                            .unwrap(),
                    );
                }
                numbers
            })
        })
        .collect();
    // A reader at the same time sees a whole chain, whatever its length.
    for _ in 0..20 {
        assert!(matches!(
            reader.verify(&Key::Nowhere).unwrap(),
            Verification::Intact { .. }
        ));
    }
    let mut all = Vec::new();
    for task in tasks {
        let numbers = task.await.unwrap();
        assert!(numbers.is_sorted());
        all.extend(numbers);
    }
    all.sort_unstable();
    assert_eq!(all, (1..=800).collect::<Vec<_>>());
    assert_intact(&path, 800);
    for expected in 1..=800 {
        assert_eq!(events.recv().await.unwrap().seq, expected);
    }
}

#[tokio::test]
async fn a_full_disk_is_an_error_for_each_caller_and_passes() {
    let (_directory, path) = place();
    let place = Place::new(&path);
    place.page_limit.store(12, Ordering::Relaxed);
    let log = Log::open_at(place.clone()).unwrap();
    let mut written = 0;
    let error = loop {
        match log.record(verdict(written), Durability::Unsynced).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(error, Error::Write { .. }) && 0 < written,
        "{error:?} after {written}"
    );
    let (one, other) = tokio::join!(
        log.record(verdict(0), Durability::Unsynced),
        log.record(verdict(0), Durability::Synced)
    );
    assert!(one.is_err() && other.is_err());
    assert_intact(&path, written as u64);
    place.page_limit.store(0, Ordering::Relaxed);
    assert_eq!(
        log.record(verdict(0), Durability::Synced).await.unwrap(),
        written as u64 + 1
    );
    assert_intact(&path, written as u64 + 1);
}

/// Spoils a log and checks that the next run keeps it aside and says so, and then works.
async fn check_kept_aside(spoil: impl FnOnce(&Path), kept_name: &str) {
    let (directory, path) = place();
    spoil(&path);
    let log = Log::open(&path).unwrap();
    assert_eq!(log.record(stopped(), Durability::Unsynced).await.unwrap(), 2);
    log.close().await.unwrap();
    let events = Reader::open(&path).unwrap().query(&Filter::default()).unwrap();
    let first = events.first().unwrap();
    assert_eq!(first.action.as_deref(), Some("log replaced"));
    assert!(first.detail.as_deref().unwrap().contains(kept_name), "{first:?}");
    assert!(fs::symlink_metadata(directory.path().join(kept_name)).is_ok());
    assert_intact(&path, 2);
}

#[tokio::test]
async fn what_is_no_database_is_kept_aside() {
    check_kept_aside(|path| fs::write(path, [7; 9000]).unwrap(), "log.sqlite.broken-1").await;
}

#[tokio::test]
async fn a_foreign_database_is_kept_aside() {
    let spoil = |path: &Path| {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection
            .execute_batch("CREATE TABLE notes (text); PRAGMA user_version = 1")
            .unwrap();
    };
    check_kept_aside(spoil, "log.sqlite.broken-1").await;
}

#[tokio::test]
async fn a_symbolic_link_is_kept_aside_and_not_followed() {
    let spoil = |path: &Path| {
        symlink("elsewhere", path).unwrap();
        fs::write(path.with_file_name("log.sqlite.broken-1"), b"from before").unwrap();
    };
    check_kept_aside(spoil, "log.sqlite.broken-2").await;
}

#[tokio::test]
async fn a_newer_format_is_left_alone() {
    let (_directory, path) = place();
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    assert!(matches!(Log::open(&path), Err(Error::Newer { found: 99, .. })));
    assert!(matches!(Reader::open(&path), Err(Error::Newer { found: 99, .. })));
}

#[tokio::test]
async fn damage_that_a_write_meets_fails_it_and_the_next_one_goes_to_a_new_file() {
    let (directory, path) = place();
    let log = Log::open(&path).unwrap();
    for number in 0..50 {
        log.record(verdict(number), Durability::Unsynced).await.unwrap();
    }
    log.close().await.unwrap();
    // The last page of the events is a leaf that the next event goes to, or its neighbour: all but the first page.
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(std::io::SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xff; usize::try_from(length).unwrap() - 4096])
        .unwrap();
    drop(file);
    let log = Log::open(&path).unwrap();
    log.record(verdict(50), Durability::Unsynced).await.unwrap();
    assert_eq!(story(&path), ["log replaced", "50"]);
    assert!(directory.path().join("log.sqlite.broken-1").exists());
}

#[tokio::test]
async fn damage_where_the_numbers_of_questions_lie_is_kept_aside_too() {
    let (directory, path) = place();
    Log::open(&path).unwrap().close().await.unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let sql = "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = 'events_asked'";
    let (page, size) = connection
        .query_row(sql, [], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?)))
        .unwrap();
    drop(connection);
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(std::io::SeekFrom::Start(u64::from((page - 1) * size)))
        .unwrap();
    file.write_all(&[0xff; 512]).unwrap();
    drop(file);
    let log = Log::open(&path).unwrap();
    assert_eq!(log.last_question(), 0);
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    assert_eq!(story(&path), ["log replaced", "1"]);
    assert!(directory.path().join("log.sqlite.broken-1").exists());
}

#[tokio::test]
async fn damage_while_running_fails_the_event_and_the_next_one_goes_to_a_new_file() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("DROP TABLE events")
        .unwrap();
    assert!(matches!(
        log.record(verdict(2), Durability::Unsynced).await,
        Err(Error::Write { .. })
    ));
    assert_eq!(log.record(verdict(3), Durability::Unsynced).await.unwrap(), 2);
    assert_eq!(story(&path), ["log replaced", "3"]);
}

/// The part of the next test that it runs in a process of its own.
fn record_until_killed(path: &OsStr) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let log = Log::open(path.as_ref()).unwrap();
        let mut output = std::io::stderr();
        loop {
            let seq = log.record(verdict(0), Durability::Unsynced).await.unwrap();
            // One write, so that no line is cut in the middle.
            output.write_all(format!("seq {seq}\n").as_bytes()).unwrap();
        }
    });
}

#[test]
fn an_acknowledged_event_survives_kill_9() {
    if let Some(path) = std::env::var_os(PLACE) {
        return record_until_killed(&path);
    }
    let (_directory, path) = place();
    #[expect(clippy::disallowed_methods, reason = "the test starts itself")]
    let mut child = Process::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "store::tests::an_acknowledged_event_survives_kill_9",
            "--nocapture",
        ])
        .env(PLACE, &path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = 0;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        if let Some(seq) = line.unwrap().strip_prefix("seq ") {
            acknowledged = seq.parse().unwrap();
        }
        if acknowledged == 500 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(500 <= acknowledged);
    let Verification::Intact { events, .. } = Reader::open(&path).unwrap().verify(&Key::Nowhere).unwrap()
    else {
        panic!("broken")
    };
    assert!(
        acknowledged <= events,
        "{acknowledged} were acknowledged, {events} are there"
    );
    drop(Log::open(&path).unwrap());
    assert_eq!(story(&path).last().map(String::as_str), Some("unclean end"));
}

#[tokio::test]
async fn a_log_that_was_removed_or_replaced_takes_nothing_until_it_is_opened_anew() {
    for replace in [false, true] {
        for durability in [Durability::Unsynced, Durability::Synced] {
            let (_directory, path) = place();
            let log = Log::open(&path).unwrap();
            assert_eq!(log.record(verdict(1), durability).await.unwrap(), 1);
            if replace {
                fs::copy(&path, path.with_extension("copy")).unwrap();
                fs::rename(path.with_extension("copy"), &path).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
            // Twice: the second one would open the file anew.
            for _ in 0..2 {
                let error = log.record(verdict(2), durability).await.unwrap_err();
                assert!(matches!(error, Error::Gone { .. }), "{error:?}");
            }
            assert_eq!(path.exists(), replace);
            drop(log);
        }
    }
}

#[tokio::test]
async fn a_log_that_was_emptied_is_looked_at_anew_before_it_takes_anything() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    assert_eq!(log.record(verdict(1), Durability::Synced).await.unwrap(), 1);
    fs::File::create(&path).unwrap();
    let error = log.record(verdict(2), Durability::Unsynced).await.unwrap_err();
    assert!(matches!(error, Error::Gone { .. }), "{error:?}");
    // All that was written lay in the write-ahead log, which is folded into the file when the connection is given up.
    assert_eq!(log.record(verdict(3), Durability::Unsynced).await.unwrap(), 2);
    assert_eq!(story(&path), ["1", "3"]);
    log.close().await.unwrap();
    assert_intact(&path, 2);
}

#[tokio::test]
async fn a_removed_log_begins_anew_when_it_is_opened() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    assert_eq!(log.record(verdict(1), Durability::Synced).await.unwrap(), 1);
    fs::remove_file(&path).unwrap();
    log.record(verdict(2), Durability::Synced).await.unwrap_err();
    log.close().await.unwrap();
    let log = Log::open(&path).unwrap();
    assert_eq!(log.record(verdict(1), Durability::Synced).await.unwrap(), 1);
    log.close().await.unwrap();
    assert_intact(&path, 1);
}

#[tokio::test]
async fn newest_events_whose_file_was_removed_are_told_of_and_in_the_log_after_all() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    assert_eq!(log.record(verdict(1), Durability::Synced).await.unwrap(), 1);
    assert_eq!(story(&path), ["1"]);
    let ahead = crate::database::with_suffix(&path, "-wal");
    fs::remove_file(&ahead).unwrap();
    let read = || Reader::open(&path).and_then(|reader| reader.query(&Filter::default()));
    let error = read().unwrap_err();
    assert!(matches!(error, Error::Torn { .. }), "{error:?}");
    assert!(error.to_string().contains("`askbox daemon --restart`"));
    log.close().await.unwrap();
    assert_eq!(story(&path), ["1"]);
    assert_intact(&path, 1);
}
