use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as Blocking;
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::client::{Client, ClientError, Deadline};
use crate::codec;
use crate::message::{Descriptor, FromClient, FromDaemon, Hello, Request, Response, WireError};

/// A listener in a directory of its own.
struct Place {
    listener: Listener,
    lock: Lock,
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let private = fs::Permissions::from_mode(0o700);
        let directory = tempfile::Builder::new().permissions(private).tempdir().unwrap();
        let lock = Lock::take(&directory.path().join("lock")).unwrap();
        let listener = Listener::bind(&directory.path().join("socket"), &lock).unwrap();
        Self {
            listener,
            lock,
            directory,
        }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    /// A connection that has been greeted, and what the front end does on its own thread.
    async fn meet<T: Send + 'static>(
        &self,
        front_end: impl FnOnce(Client) -> T + Send + 'static,
    ) -> (Connection, thread::JoinHandle<T>) {
        let path = self.socket();
        let thread = thread::spawn(move || front_end(Client::connect(&path).unwrap()));
        let mut connection = self.listener.accept().await.unwrap();
        connection.greet().await.unwrap();
        (connection, thread)
    }
}

fn frame(message: &FromClient) -> Vec<u8> {
    codec::encode(message).unwrap()
}

#[tokio::test]
async fn the_socket_is_for_its_user_alone() {
    let place = Place::new();
    assert_eq!(fs::metadata(place.socket()).unwrap().mode() & 0o777, 0o600);

    let own = Uid::effective();
    assert!(
        Peer {
            pid: 1,
            uid: own.as_raw()
        }
        .may_connect(own)
    );
    assert!(
        !Peer {
            pid: 1,
            uid: own.as_raw() + 1
        }
        .may_connect(own)
    );
    assert!(!Peer { pid: 1, uid: 0 }.may_connect(Uid::from_raw(1000)));
}

#[tokio::test]
async fn a_directory_that_lets_others_in_is_refused() {
    let place = Place::new();
    fs::set_permissions(place.directory.path(), fs::Permissions::from_mode(0o710)).unwrap();
    let refused = Listener::bind(&place.socket(), &place.lock);
    assert!(matches!(refused, Err(ListenError::Directory { .. })));
}

#[tokio::test]
async fn the_socket_of_a_dead_daemon_is_replaced() {
    let Place {
        listener,
        lock,
        directory,
    } = Place::new();
    std::mem::forget(listener);
    let path = directory.path().join("socket");
    assert!(path.exists());
    let listener = Listener::bind(&path, &lock).unwrap();
    let place = Place {
        listener,
        lock,
        directory,
    };
    let (connection, thread) = place.meet(|client| client.daemon_pid()).await;
    assert_eq!(thread.join().unwrap(), std::process::id());
    assert_eq!(
        connection.peer,
        Peer {
            pid: std::process::id(),
            uid: Uid::effective().as_raw()
        }
    );
    drop(place.listener);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_socket_can_lie_deep() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("d".repeat(200));
    fs::create_dir(&deep).unwrap();
    fs::set_permissions(&deep, fs::Permissions::from_mode(0o700)).unwrap();
    let lock = Lock::take(&deep.join("lock")).unwrap();
    let place = Place {
        listener: Listener::bind(&deep.join("socket"), &lock).unwrap(),
        lock,
        directory,
    };
    let thread =
        thread::spawn(move || Client::connect(&deep.join("socket")).map(|client| client.daemon_pid()));
    place.listener.accept().await.unwrap().greet().await.unwrap();
    assert_eq!(thread.join().unwrap().unwrap(), std::process::id());
}

#[tokio::test]
async fn another_version_is_told_which_versions_met() {
    let place = Place::new();
    let path = place.socket();
    let thread = thread::spawn(move || {
        let mut stream = Blocking::connect(path).unwrap();
        let old = Hello {
            version: "0.0.1".into(),
        };
        stream.write_all(&frame(&FromClient::Hello(old))).unwrap();
        let mut answer = vec![0; codec::encode(&FromDaemon::Hello(Hello::ours())).unwrap().len()];
        std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
        answer
    });
    let error = place.listener.accept().await.unwrap().greet().await.unwrap_err();
    assert!(matches!(error, ReceiveError::Version { version } if version == "0.0.1"));
    assert_eq!(
        thread.join().unwrap(),
        codec::encode(&FromDaemon::Hello(Hello::ours())).unwrap()
    );
}

#[tokio::test]
async fn a_call_before_the_greeting_is_refused() {
    let place = Place::new();
    let mut stream = Blocking::connect(place.socket()).unwrap();
    stream
        .write_all(&frame(&FromClient::Call {
            id: 1,
            request: Request::Shutdown,
        }))
        .unwrap();
    let error = place.listener.accept().await.unwrap().greet().await.unwrap_err();
    assert!(matches!(error, ReceiveError::Greeting));
}

#[tokio::test]
async fn descriptors_come_with_their_own_frame() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let (mut connection, thread) = place
        .meet(move |mut client| {
            let [before, with, after] = [client.reserve(), client.reserve(), client.reserve()];
            client
                .send(before, Request::Status, &[], Deadline::NEVER)
                .unwrap();
            let serve = Request::Serve {
                session: askbox_policy::SessionId("s".into()),
                attached: vec![Descriptor::Tcp4, Descriptor::Leash],
            };
            client
                .send(with, serve, &[reader.as_fd(), writer.as_fd()], Deadline::NEVER)
                .unwrap();
            client
                .send(after, Request::Sessions, &[], Deadline::NEVER)
                .unwrap();
        })
        .await;
    thread.join().unwrap();

    let mut attached = Vec::new();
    while let Some(call) = connection.receiver.next().await.unwrap() {
        attached.push((call.id, call.descriptors.len()));
    }
    assert_eq!(attached, [(1, 0), (2, 2), (3, 0)]);
}

#[tokio::test]
async fn a_waiting_receiver_may_be_dropped_and_asked_again() {
    let place = Place::new();
    let (mut connection, thread) = place.meet(|client| client).await;
    let client = thread.join().unwrap();
    let whole = frame(&FromClient::Call {
        id: 1,
        request: Request::Status,
    });
    let (first, second) = whole.split_at(9);

    crate::descriptors::send(client.as_fd(), first, &[]).unwrap();
    connection.receiver.readable().await;
    tokio::select! {
        biased;
        _ = connection.receiver.next() => panic!("half a message is none"),
        () = std::future::ready(()) => {}
    }
    crate::descriptors::send(client.as_fd(), second, &[]).unwrap();
    assert_eq!(
        connection.receiver.next().await.unwrap().unwrap().request,
        Request::Status
    );

    crate::descriptors::send(client.as_fd(), first, &[]).unwrap();
    drop(client);
    assert!(matches!(
        connection.receiver.next().await,
        Err(ReceiveError::Torn)
    ));
}

#[tokio::test]
async fn large_messages_pass_both_ways() {
    let place = Place::new();
    let text = "x".repeat(crate::limits::MAX_FRAME - 200);
    let sent = text.clone();
    let (mut connection, thread) = place
        .meet(move |mut client| client.call(Request::RemoveRule { id: sent }))
        .await;
    let call = connection.receiver.next().await.unwrap().unwrap();
    assert_eq!(call.request, Request::RemoveRule { id: text.clone() });
    let plan = crate::Verbatim::of(&text).unwrap();
    let response = Response::Launched {
        session: askbox_policy::SessionId("s".into()),
        notices: Vec::new(),
        notices_by_proxy: Vec::new(),
        closing_nothing: Vec::new(),
        plan: plan.clone(),
    };
    connection
        .sender
        .send(&FromDaemon::response(call.id, Ok(response)))
        .await
        .unwrap();
    let Response::Launched { plan: received, .. } = thread.join().unwrap().unwrap() else {
        panic!("not what was sent");
    };
    assert_eq!(received, plan);
}

#[tokio::test]
async fn an_error_reaches_the_caller_and_the_connection_lives_on() {
    let place = Place::new();
    let (mut connection, thread) = place
        .meet(|mut client| {
            let refused = client.call(Request::RemoveRule { id: "x".into() });
            (refused, client.call(Request::Status))
        })
        .await;
    let no = WireError::new(crate::ErrorCode::NotFound, "no rule x");
    for result in [Err(no.clone()), Ok(Response::Done)] {
        let id = connection.receiver.next().await.unwrap().unwrap().id;
        connection
            .sender
            .send(&FromDaemon::response(id, result))
            .await
            .unwrap();
    }
    let (refused, done) = thread.join().unwrap();
    assert!(matches!(refused, Err(ClientError::Refused(error)) if error == no));
    assert_eq!(done.unwrap(), Response::Done);
}
