use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;

use super::*;

/// A socket for the network namespace of the tests.
pub(crate) fn own() -> Diagnostics {
    // AF_NETLINK, NETLINK_SOCK_DIAG.
    let socket = socket2::Socket::new(16.into(), socket2::Type::DGRAM, Some(4.into())).unwrap();
    Diagnostics::new(socket.into()).unwrap()
}

/// What /proc says of a descriptor.
fn true_inode(stream: &TcpStream) -> u64 {
    use std::os::fd::AsRawFd as _;
    std::fs::metadata(format!("/proc/self/fd/{}", stream.as_raw_fd()))
        .unwrap()
        .ino()
}

fn check(listen: &str) {
    let listener = TcpListener::bind(listen).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (accepted, address) = listener.accept().unwrap();
    let server = listener.local_addr().unwrap();
    let diagnostics = own();
    assert_eq!(
        diagnostics.inode(TCP, address, server).unwrap(),
        Some(true_inode(&client))
    );
    assert_eq!(
        diagnostics.inode(TCP, server, address).unwrap(),
        Some(true_inode(&accepted))
    );
    // Nobody holds these; the second is where a listener would answer.
    let nobody = SocketAddr::new(server.ip(), 1);
    assert_eq!(diagnostics.inode(TCP, nobody, server).unwrap(), None);
    assert_eq!(diagnostics.inode(TCP, server, nobody).unwrap(), None);
}

#[test]
fn each_side_of_a_connection_is_found() {
    check("127.0.0.1:0");
    check("[::1]:0");
}

#[test]
fn ipv4_through_an_ipv6_socket_is_found() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let client = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::STREAM, None).unwrap();
    let mapped = SocketAddr::new(
        std::net::Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(),
        server.port(),
    );
    client.connect(&mapped.into()).unwrap();
    let client = TcpStream::from(client);
    let (_accepted, address) = listener.accept().unwrap();
    assert_eq!(
        own().inode(TCP, address, server).unwrap(),
        Some(true_inode(&client))
    );
}

#[test]
fn addresses_of_two_families_are_refused() {
    let error = own()
        .inode(TCP, "127.0.0.1:1".parse().unwrap(), "[::1]:1".parse().unwrap())
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn half_an_answer_is_an_error() {
    for answer in [&[][..], &[0; 16], &[20; 40]] {
        assert!(inode(answer).is_err());
    }
}

#[test]
fn whoever_sent_a_datagram_is_found() {
    use std::os::fd::AsRawFd as _;
    for (own_address, to) in [("127.0.0.1:0", "192.0.2.1:443"), ("[::1]:0", "[2001:db8::1]:443")] {
        let socket = std::net::UdpSocket::bind(own_address).unwrap();
        let inode = std::fs::metadata(format!("/proc/self/fd/{}", socket.as_raw_fd()))
            .unwrap()
            .ino();
        let (client, server) = (socket.local_addr().unwrap(), to.parse().unwrap());
        assert_eq!(own().inode(17, client, server).unwrap(), Some(inode));
        drop(socket);
        // Somebody else may have the port by now.
        assert_ne!(own().inode(17, client, server).unwrap(), Some(inode));
    }
}
