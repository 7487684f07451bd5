use std::net::Ipv4Addr;

use tokio::net::{TcpListener, TcpSocket};

use super::*;

fn at(last: u8, port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), port))
}

async fn race_all(addresses: &[SocketAddr]) -> io::Result<Dialled> {
    let mut addresses = addresses.iter().copied();
    race(addresses.next().unwrap(), addresses).await
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
    let server = TcpListener::bind(at(9, 0)).await.unwrap();
    let port = server.local_addr().unwrap().port();
    let mut nowhere = Vec::new();
    for last in 2..7 {
        nowhere.push(dead_end(at(last, port)).await);
    }
    let mut addresses: Vec<_> = (2..7).map(|last| at(last, port)).collect();
    addresses.push(at(9, port));
    let (dialled, accepted) = tokio::join!(race_all(&addresses), server.accept());
    assert_eq!(dialled.unwrap().stream.local_addr().unwrap(), accepted.unwrap().1);
}

#[tokio::test]
async fn the_last_failure_is_told_when_every_address_fails() {
    let closed = TcpListener::bind(at(9, 0)).await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let failed = race_all(&[at(9, port), at(10, port)]).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::ConnectionRefused);
}
