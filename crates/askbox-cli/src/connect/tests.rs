use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use super::*;

fn report_of(words: &[u8]) -> Report {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(words).unwrap();
    drop(writer);
    read_report(reader).unwrap().unwrap()
}

#[test]
fn a_new_daemon_is_ready_or_says_why_not() {
    assert_eq!(report_of(b"\n"), Report::Ready);
    let failed = |why, chain: &str| Report::Failed(why, chain.to_owned());
    let words = "a daemon is already running\n";
    let by_lock = [&[LOCK_HELD][..], words.as_bytes()].concat();
    assert_eq!(report_of(&by_lock), failed(StartFailure::LockHeld, words));
    // The kind tells, not the words.
    assert_eq!(report_of(words.as_bytes()), failed(StartFailure::Other, words));
    assert_eq!(report_of(b""), failed(StartFailure::Other, ""));
}

#[test]
fn what_holds_the_lock_and_is_no_askbox_is_no_daemon() {
    let root = tempfile::tempdir().unwrap();
    let paths = Paths::new(Some(root.path().into())).unwrap();
    fs::create_dir_all(paths.runtime()).unwrap();
    let lock = Lock::take(&paths.lock()).unwrap();
    assert_eq!(Lock::holder(&paths.lock()), Some(std::process::id()));
    assert_eq!(holder(&paths), None);
    assert!(connect_if_running(&paths).unwrap().is_none());
    drop(lock);
}

#[test]
fn readiness_does_not_wait_for_the_end() {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(b"\n").unwrap();
    assert_eq!(read_report(reader).unwrap(), Some(Report::Ready));
    drop(writer);
}

#[test]
fn a_report_without_end_is_cut() {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&vec![b'x'; READINESS_BYTES + 1]).unwrap();
    let Some(Report::Failed(StartFailure::Other, report)) = read_report(reader).unwrap() else {
        panic!()
    };
    assert!(report.len() < READINESS_BYTES + 2048);
    drop(writer);
}

#[test]
fn without_a_daemon_there_is_none_and_none_is_started() {
    let root = tempfile::tempdir().unwrap();
    let paths = Paths::new(Some(root.path().into())).unwrap();
    assert!(connect_if_running(&paths).unwrap().is_none());
    assert!(matches!(
        connect(&paths),
        Err(CliError::Client(ClientError::NotRunning { .. }))
    ));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn a_daemon_that_hangs_up_is_asked_again_until_it_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let paths = Paths::new(Some(root.path().into())).unwrap();
    private_directory(paths.runtime()).unwrap();
    let listener = UnixListener::bind(paths.socket()).unwrap();
    let dying = std::thread::spawn(move || {
        for _ in 0..2 {
            drop(listener.accept().unwrap());
        }
    });
    assert!(connect_to_listening(&paths).unwrap().is_none());
    dying.join().unwrap();
}

#[test]
fn the_output_of_daemons_is_private_and_begins_anew_when_it_is_long() {
    let root = tempfile::tempdir().unwrap();
    let paths = Paths::new(Some(root.path().into())).unwrap();
    open_output(&paths).unwrap().write_all(b"before").unwrap();
    open_output(&paths).unwrap().write_all(b" after").unwrap();
    assert_eq!(fs::read_to_string(paths.daemon_output()).unwrap(), "before after");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(paths.state()), mode(&paths.daemon_output())),
        (0o700, 0o600)
    );
    open_output(&paths)
        .unwrap()
        .set_len(DAEMON_OUTPUT_BYTES + 1)
        .unwrap();
    assert_eq!(open_output(&paths).unwrap().metadata().unwrap().len(), 0);
}

#[test]
fn a_service_manager_is_a_socket_of_it_and_a_program_of_the_systems() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = directory.path();
    let (systems, own) = (Path::new("/bin/sh"), runtime.join("systemd-run"));
    fs::copy(systems, &own).unwrap();
    assert!(!has_service_manager(Some(runtime), systems));
    fs::create_dir(runtime.join("systemd")).unwrap();
    let _socket = UnixListener::bind(runtime.join("systemd/private")).unwrap();
    assert!(has_service_manager(Some(runtime), systems));
    assert!(!has_service_manager(None, systems));
    assert!(!has_service_manager(Some(runtime), &runtime.join("missing")));
    fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!has_service_manager(Some(runtime), &own));
}
