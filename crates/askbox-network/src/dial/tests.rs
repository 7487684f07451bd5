use std::net::{IpAddr, Ipv4Addr};

use askbox_policy::Host;
use tokio::net::{TcpListener, TcpSocket};

use super::*;
use crate::Pin;

fn judged(last: u8, port: Port) -> JudgedAddress {
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    JudgedAddress::pinned(&Pin {
        host: Host::parse("ok.test").unwrap(),
        port,
        address,
    })
}

/// A listener with a full queue: whoever connects now waits, as on a network that leads nowhere.
async fn dead_end(target: SocketAddr) -> (TcpListener, TcpStream) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(target).unwrap();
    let listener = socket.listen(0).unwrap();
    let queued = TcpStream::connect(target).await.unwrap();
    (listener, queued)
}

#[tokio::test]
async fn addresses_that_lead_nowhere_keep_no_other_from_being_tried() {
    let server = TcpListener::bind("127.0.0.9:0").await.unwrap();
    let port = Port::new(server.local_addr().unwrap().port()).unwrap();
    let mut nowhere = Vec::new();
    for last in 2..7 {
        let target = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port.get()));
        nowhere.push(dead_end(target).await);
    }
    let mut addresses: Vec<_> = (2..7).map(|last| judged(last, port)).collect();
    addresses.push(judged(9, port));
    let (dialled, accepted) = tokio::join!(race(&addresses, port), server.accept());
    assert_eq!(dialled.unwrap().local_addr().unwrap(), accepted.unwrap().1);
}

#[tokio::test]
async fn the_last_failure_is_told_when_every_address_fails() {
    let closed = TcpListener::bind("127.0.0.9:0").await.unwrap();
    let port = Port::new(closed.local_addr().unwrap().port()).unwrap();
    drop(closed);
    let addresses = [judged(9, port), judged(10, port)];
    let failed = race(&addresses, port).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::ConnectionRefused);
}
