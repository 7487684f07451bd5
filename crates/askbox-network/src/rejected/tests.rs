use std::net::Ipv4Addr;
use std::time::Instant;

use askbox_policy::HostName;
use askbox_policy::Transport;

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
    let by = "udp: only TCP leaves a session";
    let expected = ["quic.test:443", "192.0.2.1:443", "198.19.255.255:9"]
        .map(|target| [target.to_owned(), "deny".to_owned(), by.to_owned()]);
    assert_eq!(world.verdicts(), expected);
    let holders: Vec<_> = world
        .events()
        .into_iter()
        .filter_map(|event| Some(event.process?.pid))
        .collect();
    assert_eq!(holders, [7; 3]);
}
