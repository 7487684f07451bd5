//! Connections with a real gate and log, and a compositor of the test's own that announces what it is told to, and says what it
//! hears. A real compositor is in the functional and security tests.
#![expect(clippy::indexing_slicing, reason = "a slice that is not there fails the test")]

use std::path::Path;

use askbox_gate::RevokeWhat;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use super::message::tests::{bind, get_registry, global};
use super::*;
use crate::testing::Place;

const ALLOW: &str = "[[rule]]\neffect = \"allow\"\nneighbour = \"wayland\"\n";
const HIDDEN: &str = "zwlr_screencopy_manager_v1";

struct World {
    place: Place,
    _serving: Serving,
    /// What the compositor hears.
    heard: mpsc::UnboundedReceiver<Vec<u8>>,
}

/// Announces a screen copier and memory when something is said, and passes on what it hears.
async fn compose(listener: UnixListener, hears: mpsc::UnboundedSender<Vec<u8>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut bytes = [0; 4096];
        let mut is_first = true;
        while let Ok(length @ 1..) = stream.read(&mut bytes).await {
            hears.send(bytes[..length].to_owned()).unwrap();
            if is_first {
                let told = [global(2, 1, HIDDEN, 1), global(2, 2, "wl_shm", 1)].concat();
                stream.write_all(&told).await.unwrap();
                is_first = false;
            }
        }
    }
}

impl World {
    fn new(rules: &str) -> Self {
        let place = Place::new(rules, true);
        let compositor = place.at("compositor");
        let (listener, heard) = mpsc::unbounded_channel();
        tokio::spawn(compose(UnixListener::bind(&compositor).unwrap(), listener));
        let serving = serve(&place, &compositor);
        Self {
            place,
            _serving: serving,
            heard,
        }
    }

    /// A program that has a registry and was told of what there is.
    async fn program(&self) -> UnixStream {
        let mut stream = self.place.connect().await;
        stream.write_all(&get_registry(2)).await.unwrap();
        let expected = global(2, 2, "wl_shm", 1);
        let mut told = vec![0; expected.len()];
        stream.read_exact(&mut told).await.unwrap();
        assert_eq!(told, expected);
        stream
    }
}

fn serve(place: &Place, compositor: &Path) -> Serving {
    let compositor = SocketPath::new(compositor).unwrap();
    serve_wayland(place.listener(), compositor, place.asking(), &Places::default()).unwrap()
}

#[tokio::test]
async fn a_program_is_told_of_what_is_offered_and_binds_that() {
    let mut world = World::new(ALLOW);
    let mut stream = world.program().await;
    let bound = bind(2, 2, "wl_shm", 1);
    stream.write_all(&bound).await.unwrap();
    assert_eq!(world.heard.recv().await.unwrap(), get_registry(2));
    assert_eq!(world.heard.recv().await.unwrap(), bound);
    world.place.was("allow", "wayland", "");
}

#[tokio::test]
async fn one_that_binds_what_it_was_not_told_of_is_cut_off_and_that_is_an_event() {
    let mut world = World::new(ALLOW);
    let mut stream = world.program().await;
    stream.write_all(&bind(2, 1, HIDDEN, 1)).await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(world.heard.recv().await.unwrap(), get_registry(2));
    let reason = "the program wanted zwlr_screencopy_manager_v1, which no session gets";
    world.place.was("deny", "wayland", reason);
    // Nothing of it came.
    assert!(world.heard.try_recv().is_err());
}

#[tokio::test]
async fn each_connection_is_a_question_where_no_rule_says_otherwise() {
    for allow in [false, true] {
        let world = World::new("");
        let mut stream = world.place.connect().await;
        stream.write_all(&get_registry(2)).await.unwrap();
        let asked = world.place.answer(allow).await;
        assert_eq!(asked, "your Wayland display to show windows of its own");
        // Reset where it was not read.
        let heard = stream.read(&mut [0; 8]).await.unwrap_or(0);
        assert_eq!(heard == 8, allow);
    }
}

#[tokio::test]
async fn a_revocation_cuts_what_is_open() {
    let world = World::new("");
    let program = world.program();
    let (mut stream, _asked) = tokio::join!(program, world.place.answer(true));
    world.place.gate.revoke(RevokeWhat::All).await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_compositor_that_is_gone_is_an_event() {
    let place = Place::new(ALLOW, false);
    let _serving = serve(&place, &place.at("nothing"));
    let mut stream = place.connect().await;
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    place.was("deny", "wayland", "your Wayland display: it cannot be opened");
}

#[tokio::test]
async fn what_a_compositor_says_last_is_heard() {
    let place = Place::new(ALLOW, false);
    let compositor = place.at("compositor");
    let listener = UnixListener::bind(&compositor).unwrap();
    let _serving = serve(&place, &compositor);
    let mut stream = place.connect().await;
    let (mut outside, _) = listener.accept().await.unwrap();
    let error = super::message::tests::message(1, 0, &[b"why it ends."]);
    outside.write_all(&error).await.unwrap();
    drop(outside);
    // Said to nobody.
    drop(stream.write_all(&get_registry(2)).await);
    let mut heard = Vec::new();
    drop(stream.read_to_end(&mut heard).await);
    assert_eq!(heard, error);
}
