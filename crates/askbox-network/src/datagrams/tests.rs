use std::os::fd::AsRawFd;

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, socketpair};
use tokio::time::{advance, pause};

use super::table::tests::entry;
use super::*;
use crate::room::Room;
use crate::world::World;

/// What carries datagrams without a kernel that turns them: the test says what its table holds.
struct Carrying {
    listener: UdpSocket,
    shared: Shared,
    kernel: OwnedFd,
    answered: u32,
    flows: HashMap<SocketAddr, Flow>,
    _world: World,
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn client() -> SocketAddr {
    at("127.0.0.1:40000")
}

impl Carrying {
    async fn start() -> Self {
        let world = World::new("", &[]);
        let (kernel, table) = socketpair(
            AddressFamily::Unix,
            SockType::Datagram,
            None,
            SockFlag::SOCK_CLOEXEC,
        )
        .unwrap();
        let share = Room::new(1_000).join().unwrap();
        let shared = Shared {
            session: Arc::clone(&world.session),
            table: Mutex::new(Table::new(table)),
            room: Arc::new(Semaphore::new(FLOWS_BYTES)),
            reserved: share.try_reserve(DATAGRAM_DESCRIPTORS).unwrap(),
            share,
            dropped: Arc::default(),
        };
        Self {
            listener: UdpSocket::bind(at("127.0.0.1:0")).await.unwrap(),
            shared,
            kernel,
            answered: 0,
            flows: HashMap::new(),
            _world: world,
        }
    }

    /// Answers the next question about the client: it meant this server.
    fn answer(&mut self, server: &str) {
        self.answered += 1;
        let reply = (self.listener.local_addr().unwrap(), client());
        let message = entry((client(), at(server)), reply, self.answered);
        nix::sys::socket::send(self.kernel.as_raw_fd(), &message, MsgFlags::empty()).unwrap();
    }

    /// A flow to this server, of which nobody takes anything.
    async fn begin(&mut self, server: &str) -> mpsc::Receiver<Datagram> {
        self.answer(server);
        let begun = begin(&self.listener, client(), &self.shared, 0).await;
        let (queue, turned, (datagrams, _place)) = begun.unwrap();
        assert_eq!(turned.server, at(server));
        let looked = Instant::now();
        self.flows.insert(
            client(),
            Flow {
                queue,
                turned,
                looked,
            },
        );
        datagrams
    }

    async fn is_known(&mut self) -> bool {
        is_known(&self.listener, client(), &self.shared, &mut self.flows).await
    }

    fn send(&self, bytes: &[u8]) {
        send(&self.shared, &self.flows, client(), bytes);
    }

    fn dropped(&self) -> String {
        format!("{:?}", self.shared.dropped.now())
    }
}

#[tokio::test]
async fn where_a_flow_leads_is_asked_for_again_after_a_pause() {
    let mut carrying = Carrying::start().await;
    pause();
    let _datagrams = carrying.begin("198.18.1.0:5000").await;
    advance(LOOK_AGAIN.saturating_sub(std::time::Duration::from_millis(1))).await;
    // The kernel has no answer ready, so nobody asked.
    assert!(carrying.is_known().await);
    advance(LOOK_AGAIN).await;
    carrying.answer("198.18.1.0:5000");
    assert!(carrying.is_known().await);
    assert!(carrying.is_known().await, "it was looked at just now");
    advance(LOOK_AGAIN).await;
    carrying.answer("198.18.1.1:5000");
    assert!(!carrying.is_known().await, "the same socket means another place");
    assert!(carrying.flows.is_empty());
    let _datagrams = carrying.begin("198.18.1.1:5000").await;
    advance(LOOK_AGAIN).await;
    assert!(!carrying.is_known().await, "the kernel has forgotten it");
}

#[tokio::test]
async fn what_waits_has_a_limit_in_bytes_and_in_datagrams_of_each_flow() {
    let mut carrying = Carrying::start().await;
    let mut datagrams = carrying.begin("198.18.1.0:5000").await;
    let large = vec![0; FLOWS_BYTES / 16];
    for _ in 0..16 {
        carrying.send(&large);
    }
    assert_eq!(carrying.dropped(), "(0, 0)");
    carrying.send(b"");
    assert_eq!(carrying.dropped(), "(0, 1)", "one without bytes takes room too");
    drop(datagrams.recv().await);
    for _ in 0..FLOW_QUEUE {
        carrying.send(b"a");
    }
    // Fifteen of the large ones wait among them.
    assert_eq!(carrying.dropped(), "(0, 16)");
    for _ in 0..FLOW_QUEUE {
        assert!(datagrams.recv().await.is_some());
    }
    assert_eq!(carrying.shared.room.available_permits(), FLOWS_BYTES);
}

#[tokio::test]
async fn a_flow_begins_where_there_is_room_and_its_session_goes_on() {
    let mut carrying = Carrying::start().await;
    drop(carrying.begin("198.18.1.0:5000").await);
    carrying.answer("198.18.1.0:5000");
    let begun = |open| begin(&carrying.listener, client(), &carrying.shared, open);
    assert!(begun(FLOWS - 1).await.is_some());
    assert!(begun(FLOWS).await.is_none());
    assert_eq!(carrying.dropped(), "(1, 0)");
    carrying.answer("198.18.1.0:5000");
    carrying.shared.share.close();
    assert!(
        begin(&carrying.listener, client(), &carrying.shared, 0)
            .await
            .is_none()
    );
    assert_eq!(carrying.dropped(), "(1, 0)", "that is no want of room");
}
