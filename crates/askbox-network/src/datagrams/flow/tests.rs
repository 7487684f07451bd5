use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking, yield_now};
use tokio::time::{advance, pause};

use super::*;
use crate::room::Room;
use crate::world::{World, rule};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// A flow from a program to a server, both on the loopback, in a time that moves when it is told to.
struct Flowing {
    world: World,
    program: UdpSocket,
    server: UdpSocket,
    /// Where the server hears the flow from.
    outside: SocketAddr,
    queue: mpsc::Sender<Datagram>,
    running: JoinHandle<()>,
    /// While this is alive, paused time stands still although the log's own thread is at work.
    _stand_still: std::sync::mpsc::Sender<()>,
}

async fn bind() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

impl Flowing {
    async fn start() -> Self {
        let (program, server, listener) = (bind().await, bind().await, Arc::new(bind().await));
        let place = server.local_addr().unwrap();
        let world = World::new(&rule("allow", &format!("{place}/udp")), &[]);
        let (stand_still, standing) = std::sync::mpsc::channel();
        spawn_blocking(move || standing.recv().is_ok());
        pause();
        let (queue, datagrams) = mpsc::channel(1);
        let client = program.local_addr().unwrap();
        let turned = Turned {
            client,
            server: place,
            listener: listener.local_addr().unwrap(),
        };
        let taken = Room::new(1_000).join().unwrap().try_take().unwrap();
        let session = Arc::clone(&world.session);
        let running = tokio::spawn(run(listener, client, turned, session, (datagrams, taken)));
        let mut flowing = Self {
            world,
            program,
            server,
            outside: place,
            queue,
            running,
            _stand_still: stand_still,
        };
        flowing.send().await;
        flowing
    }

    /// The program sends a word, and the server hears it.
    async fn send(&mut self) {
        let room = Arc::new(Semaphore::new(4)).try_acquire_many_owned(4).unwrap();
        let bytes = b"word".to_vec();
        self.queue.send(Datagram { bytes, _room: room }).await.unwrap();
        let mut buffer = [0; 100];
        let (length, from) = self.server.recv_from(&mut buffer).await.unwrap();
        assert_eq!(buffer.get(..length), Some(&b"word"[..]));
        self.outside = from;
    }

    /// The server sends one, and the program hears it.
    async fn answer(&self) {
        self.server.send_to(b"answer", self.outside).await.unwrap();
        let mut buffer = [0; 100];
        let length = self.program.recv(&mut buffer).await.unwrap();
        assert_eq!(buffer.get(..length), Some(&b"answer"[..]));
    }

    /// Lets time pass; whether the flow goes on.
    async fn passes(&self, time: Duration) -> bool {
        advance(time).await;
        for _ in 0..10 {
            yield_now().await;
        }
        !self.running.is_finished() && !self.queue.is_closed()
    }

    /// Waits for the end, and says what the log has of it: bytes in and out.
    async fn carried(self) -> (u64, u64) {
        self.running.await.unwrap();
        let mut events = self.world.events().into_iter();
        events
            .find_map(|event| event.bytes_in.zip(event.bytes_out))
            .unwrap()
    }
}

#[tokio::test]
async fn a_flow_ends_when_nothing_has_moved_for_a_while() {
    let mut flowing = Flowing::start().await;
    assert!(flowing.passes(FLOW_IDLE.saturating_sub(SECOND)).await);
    flowing.send().await;
    assert!(flowing.passes(FLOW_IDLE.saturating_sub(SECOND)).await);
    flowing.answer().await;
    assert!(flowing.passes(FLOW_IDLE.saturating_sub(SECOND)).await);
    assert!(!flowing.passes(2 * SECOND).await);
    assert_eq!(flowing.carried().await, (6, 8));
}

#[tokio::test]
async fn what_a_server_sends_keeps_a_flow_only_for_some_minutes_after_its_program() {
    let mut flowing = Flowing::start().await;
    for sends in [true, false] {
        for _ in 0..4 {
            assert!(flowing.passes(MINUTE).await);
            flowing.answer().await;
        }
        assert!(
            flowing
                .passes(FLOW_LEFT.saturating_sub(4 * MINUTE + SECOND))
                .await
        );
        if sends {
            flowing.send().await;
        }
    }
    flowing.answer().await;
    assert!(!flowing.passes(2 * SECOND).await);
    assert_eq!(flowing.carried().await, (9 * 6, 8));
}
