//! A direction between two pairs of sockets: how bytes and descriptors come out of it, and what ends it.
#![expect(clippy::indexing_slicing, reason = "a slice that is not there fails the test")]

use std::io::{Read, Write};
use std::time::Duration;

use nix::sys::memfd::{MFdFlags, memfd_create};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::super::message::tests::message;
use super::*;

/// A direction at work that leaves out what comes from object 13, and ends at one of object 14.
struct World {
    near: UnixStream,
    far: UnixStream,
    places: Arc<Semaphore>,
    passing: JoinHandle<End>,
}

impl World {
    fn new(places: usize) -> Self {
        let (near, from) = UnixStream::pair().unwrap();
        let (to, far) = UnixStream::pair().unwrap();
        let places = Arc::new(Semaphore::new(places));
        let own = Arc::clone(&places);
        let passing = tokio::spawn(async move { pass(&from, &to, &own, judge).await });
        Self {
            near,
            far,
            places,
            passing,
        }
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.near.write_all(bytes).await.unwrap();
    }

    /// Sends bytes with so many descriptors beside the first.
    async fn send(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
        let near = &self.near;
        let send = || descriptors::send_at_most(100, near.as_fd(), bytes, descriptors);
        let taken = near.async_io(Interest::WRITABLE, send).await.unwrap();
        assert_eq!(taken, bytes.len());
    }

    async fn hear(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.far.read_exact(&mut bytes).await.unwrap();
        bytes
    }

    /// So many bytes and the descriptors that come with them, each time no more than libwayland takes.
    async fn receive(&self, length: usize) -> (Vec<u8>, Vec<OwnedFd>) {
        let (mut bytes, mut all) = (Vec::new(), Vec::new());
        while bytes.len() < length {
            let mut part = [0; 4096];
            let mut came = Vec::new();
            let far = &self.far;
            let receive = || descriptors::receive_at_most(28, far.as_fd(), &mut part, &mut came);
            let read = far.async_io(Interest::READABLE, receive).await.unwrap();
            assert_ne!(read, 0);
            bytes.extend_from_slice(&part[..read]);
            all.extend(came);
        }
        (bytes, all)
    }

    async fn end(self) -> String {
        self.passing.await.unwrap().to_string()
    }
}

fn judge(message: Message<'_>) -> Result<Option<Passed<'_>>, Violation> {
    match message.object {
        13 => Ok(None),
        14 => Err(Violation::Object(14)),
        _ => super::super::wall::Wall::default().request(message).map(Some),
    }
}

fn memory(text: &str) -> OwnedFd {
    let memory = memfd_create("pool", MFdFlags::MFD_CLOEXEC).unwrap();
    std::fs::File::from(memory.try_clone().unwrap())
        .write_all(text.as_bytes())
        .unwrap();
    memory
}

fn content(memory: &OwnedFd) -> String {
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(memory));
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn messages_pass_whole_however_they_come() {
    let talk = [
        message(7, 0, &[b"abcd"]),
        message(13, 0, &[b"left out"]),
        message(8, 1, &[]),
    ];
    let expected = [&talk[0][..], &talk[2]].concat();
    let talk = talk.concat();
    for size in 1..=talk.len() {
        let mut world = World::new(1);
        for part in talk.chunks(size) {
            world.say(part).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(world.hear(expected.len()).await, expected, "{size}");
        drop(world.near);
        let mut rest = Vec::new();
        world.far.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty(), "{rest:?}");
    }
}

#[tokio::test]
async fn nothing_of_a_message_passes_before_it_is_whole() {
    let whole = message(7, 0, &[&[0; 4000]]);
    for (said, passes) in [(whole.len() - 1, false), (whole.len(), true)] {
        let mut world = World::new(1);
        world.say(&whole[..said]).await;
        drop(world.near);
        let mut heard = Vec::new();
        world.far.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard == whole, passes, "{}", heard.len());
        assert_eq!(heard.is_empty(), !passes, "{}", heard.len());
    }
}

#[tokio::test]
async fn descriptors_come_with_the_bytes_that_they_were_sent_beside_and_in_their_order() {
    let world = World::new(84);
    let (first, second) = (message(7, 0, &[b"1111"]), message(8, 0, &[b"2222"]));
    let (one, two, three) = (memory("one"), memory("two"), memory("three"));
    // As libwayland does with many: a single byte, then the rest.
    world.send(&first[..1], &[one.as_fd(), two.as_fd()]).await;
    world
        .send(&[&first[1..], &second[..4]].concat(), &[three.as_fd()])
        .await;
    let (bytes, received) = world.receive(first.len()).await;
    assert_eq!(bytes, first);
    let contents: Vec<String> = received.iter().map(content).collect();
    assert_eq!(contents, ["one", "two", "three"]);
    world.send(&second[4..], &[]).await;
    let (bytes, received) = world.receive(second.len()).await;
    assert_eq!((bytes, received.len()), (second, 0));
    assert_eq!(world.places.available_permits(), 84);
}

#[tokio::test]
async fn as_many_descriptors_go_with_a_byte_as_are_taken_at_once() {
    let world = World::new(84);
    let whole = message(7, 0, &[b"abcd"]);
    let numbered: Vec<OwnedFd> = (0..84).map(|number| memory(&number.to_string())).collect();
    let borrowed: Vec<BorrowedFd<'_>> = numbered.iter().map(AsFd::as_fd).collect();
    for (byte, part) in borrowed.chunks(28).enumerate() {
        world.send(&whole[byte..=byte], part).await;
    }
    world.send(&whole[3..], &[]).await;
    let (bytes, received) = world.receive(whole.len()).await;
    assert_eq!(bytes, whole);
    let contents: Vec<String> = received.iter().map(content).collect();
    let expected: Vec<String> = (0..84).map(|number| number.to_string()).collect();
    assert_eq!(contents, expected);
}

#[tokio::test]
async fn descriptors_that_do_not_pass_are_closed_and_end_it() {
    // Of another kind.
    let world = World::new(84);
    let directory = std::fs::File::open("/").unwrap();
    world.send(&message(7, 0, &[]), &[directory.as_fd()]).await;
    assert_eq!(
        world.end().await,
        "sent a descriptor that is neither memory nor a pipe"
    );
    // More than there is room for, and more than one part of a message has.
    for (count, places) in [(3, 2), (29, 84)] {
        let world = World::new(places);
        let (mut reader, writer) = std::io::pipe().unwrap();
        let many = vec![writer.as_fd(); count];
        world.send(b"x", &many).await;
        drop(writer);
        let permits = Arc::clone(&world.places);
        assert_eq!(world.end().await, "sent too many descriptors at once");
        assert_eq!(permits.available_permits(), places);
        // No copy of the write end is left.
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    }
}

#[tokio::test]
async fn what_breaks_the_rules_ends_it_and_does_not_pass() {
    for (said, reason) in [
        (message(14, 0, &[]), "named an object 14 that cannot be"),
        (vec![0; 8], "said that a message has 0 bytes"),
    ] {
        let mut world = World::new(1);
        let before = message(7, 0, &[]);
        world.say(&before).await;
        assert_eq!(world.hear(before.len()).await, before);
        world.say(&said).await;
        let mut rest = Vec::new();
        world.far.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty(), "{rest:?}");
        assert_eq!(world.end().await, reason);
    }
}

#[tokio::test]
async fn who_does_not_hear_stops_who_speaks() {
    let world = World::new(1);
    let whole = message(7, 0, &[&[0; 4000]]);
    let mut taken = 0_usize;
    // Sockets hold some hundred thousand bytes; what is between them holds two messages.
    let speaking = async {
        loop {
            world.near.writable().await.unwrap();
            taken += world.near.try_write(&whole).unwrap_or_default();
        }
    };
    let patience = Duration::from_millis(500);
    assert!(tokio::time::timeout(patience, speaking).await.is_err());
    assert!(taken < 4 * 1024 * 1024, "{taken}");
    drop(world.far);
    assert!(matches!(world.passing.await.unwrap(), End::Deaf));
}
