use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::thread;

use tempfile::TempDir;

use super::*;

/// A daemon that sends exactly these bytes after the front end's Hello, and the directory of its socket.
fn daemon(messages: &[FromDaemon]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let bytes: Vec<u8> = messages
        .iter()
        .flat_map(|message| codec::encode(message).unwrap())
        .collect();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut prefix = [0; PREFIX];
        stream.read_exact(&mut prefix).unwrap();
        stream
            .read_exact(&mut vec![0; codec::length(prefix).unwrap()])
            .unwrap();
        stream.write_all(&bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        io::copy(&mut stream, &mut io::sink()).unwrap();
    });
    (directory, path)
}

fn hello() -> FromDaemon {
    FromDaemon::Hello(Hello::ours())
}

#[test]
fn no_socket_and_a_dead_socket_mean_that_no_daemon_runs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    assert!(matches!(
        Client::connect(&path),
        Err(ClientError::NotRunning { .. })
    ));
    assert!(matches!(
        Client::connect(&directory.path().join("d".repeat(150)).join("socket")),
        Err(ClientError::NotRunning { .. })
    ));
    drop(UnixListener::bind(&path).unwrap());
    assert!(matches!(
        Client::connect(&path),
        Err(ClientError::NotRunning { .. })
    ));
}

#[test]
fn another_version_is_named_with_the_way_out() {
    let (_directory, path) = daemon(&[FromDaemon::Hello(Hello {
        version: "0.0.1".into(),
    })]);
    let error = Client::connect(&path).unwrap_err();
    assert!(
        matches!(&error, ClientError::Version { daemon, pid } if daemon == "0.0.1" && *pid == std::process::id())
    );
    assert!(
        error
            .to_string()
            .starts_with("the daemon is version 0.0.1, this askbox is ")
    );
}

#[test]
fn events_before_a_response_are_held_back_in_order() {
    let response = FromDaemon::response(1, Ok(Response::Done));
    let (_directory, path) = daemon(&[
        hello(),
        FromDaemon::Event(Box::new(Event::GrantsChanged)),
        FromDaemon::Event(Box::new(Event::Stopping)),
        response,
        FromDaemon::Event(Box::new(Event::Lagged { missed: 3 })),
    ]);
    let mut client = Client::connect(&path).unwrap();
    assert_eq!(client.call(Request::Status).unwrap(), Response::Done);
    assert!(client.has_held_event());
    let mut events = Vec::new();
    while let Some(event) = client.next_event().unwrap() {
        events.push(event);
    }
    assert_eq!(
        events,
        [Event::GrantsChanged, Event::Stopping, Event::Lagged { missed: 3 }]
    );
}

#[test]
fn a_daemon_that_goes_while_a_call_waits_is_gone() {
    let (_directory, path) = daemon(&[hello()]);
    let mut client = Client::connect(&path).unwrap();
    assert!(matches!(client.call(Request::Status), Err(ClientError::Closed)));
}

/// A client whose daemon, the second value, does nothing.
fn idle() -> (Client, UnixStream) {
    let (stream, daemon) = UnixStream::pair().unwrap();
    let client = Client {
        stream,
        next_id: 0,
        held: VecDeque::new(),
        pid: 7,
    };
    (client, daemon)
}

#[test]
fn a_request_that_is_too_long_is_ours_and_the_connection_stays() {
    let (_directory, path) = daemon(&[hello(), FromDaemon::response(2, Ok(Response::Done))]);
    let mut client = Client::connect(&path).unwrap();
    let id = "x".repeat(crate::limits::MAX_FRAME);
    assert!(matches!(
        client.call(Request::RemoveRule { id }),
        Err(ClientError::Encode(CodecError::TooLong { .. }))
    ));
    assert_eq!(client.call(Request::Status).unwrap(), Response::Done);
}

#[test]
fn a_daemon_that_neither_reads_nor_answers_is_named_after_a_time() {
    let soon = || Deadline::after(Duration::from_millis(1));
    let (mut client, mut daemon) = idle();
    // Half a message is no answer.
    daemon.write_all(&[9, 0, 0, 0, b'{']).unwrap();
    assert!(matches!(
        client.receive(soon()),
        Err(ClientError::TimedOut { pid: 7 })
    ));
    let (mut client, _daemon) = idle();
    let id = "x".repeat(crate::limits::MAX_FRAME / 2);
    let request = FromClient::Call {
        id: 1,
        request: Request::RemoveRule { id },
    };
    assert!(matches!(
        client.write(&request, &[], soon()),
        Err(ClientError::TimedOut { pid: 7 })
    ));
}

#[test]
fn one_call_takes_no_longer_than_it_may() {
    let done = FromDaemon::response(1, Ok(Response::Done));
    let (_directory, path) = daemon(&[hello(), done]);
    let wait = Duration::from_mins(1);
    assert_eq!(
        Client::call_once(&path, Request::Status, wait).unwrap(),
        Response::Done
    );

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    // Nobody takes connections: the kernel keeps some, and the next one waits.
    let _listener = UnixListener::bind(&path).unwrap();
    let soon = Duration::from_millis(20);
    let mut kept = Vec::new();
    loop {
        match dial(&path, Some(soon)) {
            Ok(stream) => kept.push(stream),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    let refused = Client::call_once(&path, Request::Status, soon).unwrap_err();
    assert!(matches!(refused, ClientError::TimedOut { pid: 0 }), "{refused:?}");
    // And one that was kept is not answered.
    kept.clear();
    let path = directory.path().join("other");
    let _listener = UnixListener::bind(&path).unwrap();
    let refused = Client::call_once(&path, Request::Status, soon).unwrap_err();
    let ours = std::process::id();
    assert!(
        matches!(refused, ClientError::TimedOut { pid } if pid == ours),
        "{refused:?}"
    );
}

#[test]
fn events_beyond_the_limit_are_counted() {
    let (_directory, path) = daemon(&[hello()]);
    let mut client = Client::connect(&path).unwrap();
    for _ in 0..HELD_EVENTS + 5 {
        client.hold(Event::GrantsChanged);
    }
    assert_eq!(client.held.len(), HELD_EVENTS + 1);
    assert_eq!(client.held.back(), Some(&Event::Lagged { missed: 5 }));
}

#[test]
fn a_list_in_parts_is_one_list() {
    let rules = |ids: &[&str]| Response::Rules(ids.iter().map(|id| rule(id)).collect());
    let part = |ids: &[&str], more| FromDaemon::Response {
        id: 1,
        result: Ok(rules(ids)),
        more,
    };
    let parts = [
        hello(),
        part(&["a"], true),
        part(&["b", "c"], true),
        part(&["d"], false),
    ];
    let (_directory, path) = daemon(&parts);
    let mut client = Client::connect(&path).unwrap();
    assert_eq!(client.call(Request::Rules).unwrap(), rules(&["a", "b", "c", "d"]));

    let other = FromDaemon::response(1, Ok(Response::Done));
    let (_directory, path) = daemon(&[hello(), part(&["a"], true), other]);
    let mut client = Client::connect(&path).unwrap();
    assert!(matches!(client.call(Request::Rules), Err(ClientError::OutOfTurn)));
}

#[test]
fn halves_joined_are_the_whole() {
    let whole = Response::Rules(["a", "b", "c"].iter().map(|id| rule(id)).collect());
    let (first, second) = whole.clone().halve().unwrap();
    assert_eq!(first.join(second), Some(whole));
    let one = Response::Rules(vec![rule("a")]);
    assert_eq!(one.clone().halve(), Err(Box::new(one)));
    assert_eq!(Response::Done.halve(), Err(Box::new(Response::Done)));

    for text in ["ab", "aü", "üa", "ü…", "# a comment\n"] {
        let whole = Response::PolicyText(text.into());
        let (first, second) = whole.clone().halve().unwrap();
        assert_ne!((&first, &second), (&whole, &whole));
        assert_eq!(first.join(second), Some(whole));
    }
    for text in ["", "…"] {
        assert!(Response::PolicyText(text.into()).halve().is_err());
    }
    let imported = |ids: &[&str]| {
        Response::Imported(crate::Imported {
            added: ids.iter().map(|id| rule(id)).collect(),
            known: 2,
        })
    };
    let (first, second) = imported(&["a", "b", "c"]).halve().unwrap();
    assert_eq!(first.join(second), Some(imported(&["a", "b", "c"])));
    assert!(imported(&["a"]).halve().is_err());
}

fn rule(id: &str) -> crate::RuleView {
    crate::RuleView {
        created: None,
        hits: 0,
        last_used: None,
        redundant_beside: None,
        preceded_by: Vec::new(),
        id: id.into(),
        effect: askbox_policy::Effect::Deny,
        kind: askbox_policy::Kind::Network,
        pattern: "*".into(),
        address: None,
        project: None,
        program: None,
        expires: None,
        note: None,
        origin: askbox_policy::Origin::Written,
    }
}
