use super::*;

/// A message about a packet, as Linux 6.18 sent it: hook, two empty fields, and the packet.
fn message(kind: u16, packet: &[u8]) -> Vec<u8> {
    let mut attributes = vec![8, 0, 1, 0, 0, 0, 3, 0, 5, 0, 10, 0, 0, 0, 0, 0];
    attributes.extend(u16::try_from(4 + packet.len()).unwrap().to_ne_bytes());
    attributes.extend(PAYLOAD.to_ne_bytes());
    attributes.extend(packet);
    let length = u32::try_from(HEADERS + attributes.len()).unwrap();
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend([0; 10]);
    message.extend([2, 0, 0, 1]);
    message.extend(attributes);
    message.resize(message.len().next_multiple_of(4), 0);
    message
}

/// UDP from 10.64.0.2:57411 to 192.0.2.1:443, one byte.
const UDP4: [u8; 29] = [
    0x45, 0, 0, 0x1d, 9, 0x4f, 0x40, 0, 0x40, 0x11, 0x65, 0x3e, 10, 64, 0, 2, 192, 0, 2, 1, 0xe0, 0x43, 1,
    0xbb, 0, 9, 0xcc, 0x5d, 0x78,
];

fn udp6(next: u8) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0, 0, 9, next, 64];
    packet.extend("fd64::2".parse::<Ipv6Addr>().unwrap().octets());
    packet.extend("2001:db8::1".parse::<Ipv6Addr>().unwrap().octets());
    packet.extend([0xe0, 0x43, 1, 0xbb, 0, 9, 0, 0, 0x78]);
    packet
}

fn found(transport: Transport, destination: &str) -> Packet {
    let source = if destination.starts_with('[') {
        "[fd64::2]:57411"
    } else {
        "10.64.0.2:57411"
    };
    Packet {
        transport,
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
    }
}

#[test]
fn every_packet_of_a_datagram_is_found() {
    let datagram = [
        message(PACKET, &UDP4),
        message(PACKET, &udp6(17)),
        message(PACKET, &udp6(136)),
        // NLMSG_DONE.
        message(3, &UDP4),
    ]
    .concat();
    assert_eq!(
        packets(&datagram),
        [
            found(Transport::Udp, "192.0.2.1:443"),
            found(Transport::Udp, "[2001:db8::1]:443"),
            found(Transport::UdpLite, "[2001:db8::1]:443"),
        ]
    );
}

#[test]
fn options_come_before_the_ports() {
    let mut packet = UDP4[..20].to_vec();
    packet[0] = 0x46;
    packet.extend([1, 1, 1, 0]);
    packet.extend(&UDP4[20..]);
    let datagram = message(PACKET, &packet);
    assert_eq!(packets(&datagram), [found(Transport::Udp, "192.0.2.1:443")]);
}

#[test]
fn what_has_no_ports_is_passed_over() {
    let mut fragment = UDP4;
    fragment[7] = 1;
    let mut ping = UDP4;
    ping[9] = 1;
    for packet in [&fragment[..], &ping, &UDP4[..22], &udp6(58), &[0x50; 40], &[]] {
        assert_eq!(packets(&message(PACKET, packet)), [], "{packet:?}");
    }
}

#[test]
fn nonsense_is_passed_over_wherever_it_ends() {
    let datagram = message(PACKET, &UDP4);
    for length in 0..datagram.len() - 3 {
        assert_eq!(packets(&datagram[..length]), [], "{length}");
    }
    for at in 0..datagram.len() {
        for value in [0, 1, 3, 0xff] {
            let mut broken = datagram.clone();
            broken[at] = value;
            let _whatever = packets(&broken);
        }
    }
}
