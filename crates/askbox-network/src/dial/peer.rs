//! A socket for datagrams that speaks with one address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::UdpSocket;

/// It sends to its address alone, and takes nothing that comes from another.
#[derive(Debug)]
pub(crate) struct Peer {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Peer {
    pub(super) async fn new(address: SocketAddr) -> io::Result<Self> {
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        Self::connect(UdpSocket::bind((any, 0)).await?, address).await
    }

    async fn connect(socket: UdpSocket, address: SocketAddr) -> io::Result<Self> {
        socket.connect(address).await?;
        Ok(Self { socket, address })
    }

    /// Whom it speaks with.
    pub(crate) fn address(&self) -> IpAddr {
        self.address.ip()
    }

    pub(crate) async fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.send(bytes).await
    }

    pub(crate) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Takes what has come; `None` for what is not from its address. The kernel turns that away once the socket is
    /// connected, but has kept what came between its binding and that.
    pub(crate) fn try_receive(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let (length, from) = self.socket.try_recv_from(buffer)?;
        let is_from_there = (from.ip(), from.port()) == (self.address.ip(), self.address.port());
        Ok(is_from_there.then_some(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_came_before_it_was_connected_is_not_taken_for_the_servers() {
        let loopback = (Ipv4Addr::LOCALHOST, 0);
        let [ours, server, other] = [
            UdpSocket::bind(loopback).await.unwrap(),
            UdpSocket::bind(loopback).await.unwrap(),
            UdpSocket::bind(loopback).await.unwrap(),
        ];
        let at = ours.local_addr().unwrap();
        other.send_to(b"forged", at).await.unwrap();
        let peer = Peer::connect(ours, server.local_addr().unwrap()).await.unwrap();
        server.send_to(b"answer", at).await.unwrap();
        let mut taken = Vec::new();
        let mut buffer = [0; 100];
        while taken.len() < 2 {
            peer.readable().await.unwrap();
            while let Ok(length) = peer.try_receive(&mut buffer) {
                taken.push(length.map(|length| buffer[..length].to_vec()));
            }
        }
        assert_eq!(taken, [None, Some(b"answer".to_vec())]);
    }
}
