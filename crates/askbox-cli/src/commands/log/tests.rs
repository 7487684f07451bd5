use std::io::Cursor;

use askbox_audit::{DaemonChange, Durability, Entry, Log};
use askbox_paths::Paths;

use super::*;

/// A log of an unclean morning: started, stopped.
fn context() -> (tempfile::TempDir, Context) {
    let root = tempfile::tempdir().unwrap();
    let paths = Paths::new(Some(root.path().into())).unwrap();
    std::fs::create_dir_all(paths.state()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let log = Log::open(&paths.log()).unwrap();
        for change in [DaemonChange::Started, DaemonChange::Stopped] {
            log.record(Entry::of_daemon(change, None), Durability::Synced)
                .await
                .unwrap();
        }
        log.close().await.unwrap();
    });
    let context = Context {
        paths,
        environment: Vec::new(),
        stdout_is_terminal: false,
        now: std::time::SystemTime::UNIX_EPOCH,
    };
    (root, context)
}

#[test]
fn the_log_is_read_without_a_daemon() {
    let (_root, context) = context();
    let reader = open(&context).unwrap();
    let mut output = Cursor::new(Vec::new());
    reader.export(&Format::Jsonl, 0, &mut output).unwrap();
    assert_eq!(String::from_utf8(output.into_inner()).unwrap().lines().count(), 2);
    assert_eq!(verify(&context, true).unwrap(), ExitStatus::Success);
}

#[test]
fn an_event_that_comes_twice_is_printed_once() {
    let (_root, context) = context();
    let reader = open(&context).unwrap();
    let mut printer = Printer {
        json: true,
        style: Style::plain(),
        last_seq: 0,
    };
    printer.print_all(&reader, &Filter::default()).unwrap();
    assert_eq!(printer.last_seq, 2);
    printer
        .print_all(
            &reader,
            &Filter {
                limit: Some(1),
                ..Filter::default()
            },
        )
        .unwrap();
    assert_eq!(printer.last_seq, 2);
}

#[test]
fn no_log_is_an_error_with_a_hint() {
    let (root, context) = context();
    std::fs::remove_dir_all(root.path().join("state")).unwrap();
    let error = open(&context).unwrap_err();
    assert!(error.hint().unwrap().contains("askbox run"));
}
