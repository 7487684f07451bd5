//! A logind that lets the machine sleep when it is told to, once those that delay it have gone.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use zbus::Connection;
use zbus::object_server::SignalEmitter;

use super::{Bus, wait};

/// It has its name on the bus until it is dropped.
#[derive(Debug)]
pub struct Logind {
    connection: Connection,
    delays: Delays,
}

/// Our ends of what those hold that delay it.
type Delays = Arc<Mutex<Vec<OwnedFd>>>;

#[derive(Debug)]
struct Manager(Delays);

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn inhibit(&self, what: &str, who: &str, why: &str, mode: &str) -> zbus::zvariant::OwnedFd {
        assert_eq!((what, who, mode), ("sleep", "Askbox", "delay"));
        assert_ne!(why, "");
        let (ours, theirs) = nix::unistd::pipe().unwrap();
        self.0.lock().unwrap().push(ours);
        theirs.into()
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, begins: bool) -> zbus::Result<()>;
}

impl Logind {
    const PATH: &'static str = "/org/freedesktop/login1";

    /// One on this bus, which is the system's too.
    pub fn start(bus: &Bus) -> Self {
        let delays = Delays::default();
        let manager = Manager(Arc::clone(&delays));
        let connection = wait(async {
            let connection = bus.connect().await;
            assert!(connection.object_server().at(Self::PATH, manager).await.unwrap());
            connection.request_name("org.freedesktop.login1").await.unwrap();
            connection
        });
        Self { connection, delays }
    }

    /// Tells that the machine is about to sleep, or is awake again.
    pub fn tells(&self, begins: bool) {
        wait(async {
            let emitter = SignalEmitter::new(&self.connection, Self::PATH).unwrap();
            Manager::prepare_for_sleep(&emitter, begins).await.unwrap();
        });
    }

    /// Whether somebody delays it.
    pub fn is_delayed(&self) -> bool {
        self.delays.lock().unwrap().iter().any(|ours| {
            let mut ours = [PollFd::new(ours.as_fd(), PollFlags::POLLIN)];
            poll(&mut ours, PollTimeout::ZERO).unwrap() == 0
        })
    }
}
