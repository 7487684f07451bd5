use std::net::Ipv4Addr;
use std::time::Instant;

use askbox_policy::HostName;

use super::message::Packet;
use super::*;
use crate::names::Assigned;
use crate::world::World;

fn udp(address: impl Into<IpAddr>, port: u16) -> Packet {
    Packet {
        transport: Transport::Udp,
        source: "10.64.0.2:57411".parse().unwrap(),
        destination: SocketAddr::new(address.into(), port),
    }
}

#[tokio::test]
async fn a_rejected_packet_is_a_denial_that_names_what_was_meant() {
    let world = World::new("", &[]);
    let name = HostName::parse("quic.test").unwrap();
    let Assigned::Address(fake) = world.session.names.address_of(&name, Instant::now()) else {
        panic!("no address");
    };
    tell_of(udp(fake, 443), &world.session).await;
    tell_of(udp(Ipv4Addr::new(192, 0, 2, 1), 443), &world.session).await;
    // Again, to port 0, and to a name that was never asked for.
    tell_of(udp(fake, 443), &world.session).await;
    tell_of(udp(fake, 0), &world.session).await;
    tell_of(udp(Ipv4Addr::new(198, 19, 255, 255), 9), &world.session).await;
    let by = Basis::NotTcp(Transport::Udp).to_string();
    let expected = ["quic.test:443/udp", "192.0.2.1:443/udp", "198.19.255.255:9/udp"]
        .map(|target| [target.to_owned(), "deny".to_owned(), by.clone()]);
    assert_eq!(world.verdicts(), expected);
    let holders: Vec<_> = world
        .events()
        .into_iter()
        .filter_map(|event| Some(event.process?.pid))
        .collect();
    assert_eq!(holders, [7; 3]);
}

/// What the kernel sends about a packet to 192.0.2.9:443, as `message` reads it.
fn told() -> Vec<u8> {
    let packet = [
        0x45, 0, 0, 0x1d, 0, 0, 0, 0, 0x40, 0x11, 0, 0, 10, 64, 0, 2, 192, 0, 2, 9, 0xe0, 0x43, 1, 0xbb,
    ];
    let mut message = vec![48, 0, 0, 0, 0, 4];
    message.extend([0; 14]);
    message.extend([28, 0, 9, 0]);
    message.extend(packet);
    message
}

#[tokio::test]
async fn what_the_kernel_told_before_the_end_is_logged_and_what_comes_later_is_not() {
    let world = World::new("", &[]);
    let (kernel, socket) = Datagrams::pair().unwrap();
    let end = Arc::<End>::default();
    let source = Source::new(socket.into()).unwrap();
    let telling = tokio::spawn(tell(source, Arc::clone(&world.session), Arc::clone(&end)));
    // Not waited for: the task may not have heard of it when the end is wanted.
    kernel.send(&told()).unwrap();
    end.reach().await;
    telling.await.unwrap();
    let targets = || world.verdicts().into_iter().map(|[target, ..]| target);
    assert_eq!(targets().collect::<Vec<_>>(), ["192.0.2.9:443/udp"]);
    world.gate.close_session(&world.session.network.session).await;
    tell_of(udp(Ipv4Addr::new(192, 0, 2, 10), 443), &world.session).await;
    assert_eq!(targets().count(), 1);
}
