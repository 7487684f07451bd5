//! Offered sockets with a real gate and log, and a service of the test behind them that repeats what it is told.

use std::io::{Read, Write};
use std::path::Path;

use askbox_gate::RevokeWhat;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::*;
use crate::testing::Place;

struct World {
    place: Place,
    path: SocketPath,
    _serving: Serving,
}

/// Repeats what comes until its end, and says `end` then.
fn repeat(listener: UnixListener) {
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reading, mut writing) = stream.split();
                tokio::io::copy(&mut reading, &mut writing).await.unwrap();
                writing.write_all(b"end").await.unwrap();
            });
        }
    });
}

impl World {
    /// A session whose rules have this effect on the service's socket.
    fn new(effect: Option<&str>) -> Self {
        let service = tempfile::tempdir().unwrap().keep().join("service");
        let path = SocketPath::new(&service).unwrap();
        let rule =
            effect.map(|effect| format!("[[rule]]\neffect = \"{effect}\"\nneighbour = \"socket {path}\"\n"));
        let place = Place::new(&rule.unwrap_or_default(), effect.is_none());
        repeat(UnixListener::bind(&service).unwrap());
        let serving = serve_socket(place.listener(), path.clone(), place.asking(), &Places::default());
        Self {
            _serving: serving.unwrap(),
            place,
            path,
        }
    }

    fn target(&self) -> String {
        format!("socket {}", self.path)
    }
}

/// What comes back for this, to the end.
async fn talk(stream: &mut UnixStream) -> String {
    let mut heard = String::new();
    let said = stream.write_all(b"hello ").await;
    if said.is_ok() && stream.shutdown().await.is_ok() {
        // Reset where it was not read.
        drop(stream.read_to_string(&mut heard).await);
    }
    heard
}

#[tokio::test]
async fn bytes_pass_with_the_end_of_each_side_where_a_rule_allows_it() {
    let world = World::new(Some("allow"));
    assert_eq!(talk(&mut world.place.connect().await).await, "hello end");
    assert_eq!(talk(&mut world.place.connect().await).await, "hello end");
    world.place.was("allow", &world.target(), "");
}

#[tokio::test]
async fn nothing_passes_where_a_rule_denies_it() {
    let world = World::new(Some("deny"));
    assert_eq!(talk(&mut world.place.connect().await).await, "");
    world.place.was("deny", &world.target(), "");
}

#[tokio::test]
async fn a_connection_is_a_question_that_names_the_socket() {
    for (allow, heard) in [(false, ""), (true, "hello end")] {
        let world = World::new(None);
        let mut stream = world.place.connect().await;
        let program = tokio::spawn(async move { talk(&mut stream).await });
        let said = world.place.answer(allow).await;
        assert_eq!(said, format!("the socket {} of your machine", world.path));
        assert_eq!(program.await.unwrap(), heard);
    }
}

#[tokio::test]
async fn a_revocation_cuts_what_is_open() {
    let world = World::new(None);
    let mut stream = world.place.connect().await;
    world.place.answer(true).await;
    stream.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    stream.read_exact(&mut heard).await.unwrap();
    world.place.gate.revoke(RevokeWhat::All).await.unwrap();
    assert_eq!(stream.read(&mut heard).await.unwrap(), 0);
}

#[tokio::test]
async fn a_program_that_hangs_up_leaves_its_question_without_a_waiter() {
    let world = World::new(None);
    let mut stream = world.place.connect().await;
    stream.write_all(b"hello").await.unwrap();
    // It has said all it will say, and waits.
    stream.shutdown().await.unwrap();
    let waiting = || {
        world
            .place
            .gate
            .open_questions()
            .first()
            .map(|question| question.members.first().unwrap().waiting)
    };
    while waiting() != Some(1) {
        tokio::task::yield_now().await;
    }
    drop(stream);
    while waiting() != Some(0) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_service_that_is_gone_or_replaced_by_a_link_is_an_event() {
    let world = World::new(Some("allow"));
    let path = world.path.as_path();
    std::fs::rename(path, path.with_extension("moved")).unwrap();
    assert_eq!(talk(&mut world.place.connect().await).await, "");
    world.place.was("deny", &world.target(), "cannot be opened");
    // What is there now is a socket, but by a link: of the one who made it, not of the one who allowed it.
    std::os::unix::fs::symlink(path.with_extension("moved"), path).unwrap();
    assert_eq!(talk(&mut world.place.connect().await).await, "");
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, "").unwrap();
    assert_eq!(talk(&mut world.place.connect().await).await, "");
    world.place.was("deny", &world.target(), "no socket any more");
}

#[tokio::test]
async fn a_connection_is_cut_when_its_refusal_is_in_the_log() {
    let service = tempfile::tempdir().unwrap();
    let path = SocketPath::new(&service.path().join("gone")).unwrap();
    let rule = format!("[[rule]]\neffect = \"allow\"\nneighbour = \"socket {path}\"\n");
    let place = Place::new(&rule, false);
    let (asking, watched) = place.watching();
    let _serving = serve_socket(place.listener(), path, asking, &Places::default()).unwrap();
    // When it came, and when it was refused.
    assert_eq!(watched.until_it_is_cut(&place).await, [true, true]);
    place.was("deny", "socket", "cannot be opened");
}

#[tokio::test]
async fn a_directory_on_the_way_that_became_a_link_is_not_followed() {
    let world = World::new(Some("allow"));
    let directory = world.path.as_path().parent().unwrap();
    let moved = directory.with_extension("moved");
    std::fs::rename(directory, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, directory).unwrap();
    assert_eq!(talk(&mut world.place.connect().await).await, "");
    std::fs::remove_file(directory).unwrap();
    std::fs::rename(&moved, directory).unwrap();
    assert_eq!(talk(&mut world.place.connect().await).await, "hello end");
}

#[tokio::test]
async fn descriptors_are_not_passed_on() {
    let place = Place::new("", false);
    let service = place.at("service");
    let path = SocketPath::new(&service).unwrap();
    let world = Place::new(
        &format!("[[rule]]\neffect = \"allow\"\nneighbour = \"socket {path}\"\n"),
        false,
    );
    let listener = std::os::unix::net::UnixListener::bind(&service).unwrap();
    let _serving = serve_socket(world.listener(), path, world.asking(), &Places::default()).unwrap();
    let received = tokio::task::spawn_blocking(move || received(&listener));
    let inside = world.at("inside");
    tokio::task::spawn_blocking(move || send_with_descriptor(&inside))
        .await
        .unwrap();
    assert_eq!(received.await.unwrap(), (1, 0));
}

/// Sends a byte and a descriptor.
fn send_with_descriptor(path: &Path) {
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    let file = std::fs::File::open("/").unwrap();
    askbox_wire::descriptors::send(
        std::os::fd::AsFd::as_fd(&stream),
        b"x",
        &[std::os::fd::AsFd::as_fd(&file)],
    )
    .unwrap();
    stream.flush().unwrap();
    let _end = stream.read(&mut [0]).unwrap();
}

/// How many bytes and descriptors come.
fn received(listener: &std::os::unix::net::UnixListener) -> (usize, usize) {
    let (stream, _) = listener.accept().unwrap();
    let mut descriptors = Vec::new();
    let length =
        askbox_wire::descriptors::receive(std::os::fd::AsFd::as_fd(&stream), &mut [0; 8], &mut descriptors);
    (length.unwrap(), descriptors.len())
}
