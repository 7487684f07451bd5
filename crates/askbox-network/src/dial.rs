//! Opens connections to the outside. Nothing else in Askbox does: what it takes is proof that the destination was
//! admitted and that the address was judged.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use askbox_gate::Permit;
use askbox_policy::Port;
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::limits::{ATTEMPTS, CONNECT_DEADLINE, CONNECT_STAGGER};
use crate::resolve::JudgedAddress;

/// Connects to the first of the addresses that answers. They are tried in order, each a quarter of a second after the
/// one before, a few at a time; dropping the future gives up all attempts.
pub(crate) async fn dial(permit: &Permit, addresses: &[JudgedAddress], port: Port) -> io::Result<TcpStream> {
    if permit.is_revoked() {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let stream = match addresses {
        [] => Err(ErrorKind::AddrNotAvailable.into()),
        [only] => attempt(SocketAddr::new(only.get(), port.get())).await,
        several => race(several, port).await,
    }?;
    // Both ends relay what they get at once; waiting for more would only add latency.
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn race(addresses: &[JudgedAddress], port: Port) -> io::Result<TcpStream> {
    let mut attempts = JoinSet::new();
    let mut failure: io::Error = ErrorKind::AddrNotAvailable.into();
    let mut handles: VecDeque<AbortHandle> = VecDeque::new();
    let mut rest = addresses;
    while let [address, others @ ..] = rest {
        handles.retain(|handle| !handle.is_finished());
        if ATTEMPTS <= handles.len()
            && let Some(oldest) = handles.pop_front()
        {
            oldest.abort();
        }
        handles.push_back(attempts.spawn(attempt(SocketAddr::new(address.get(), port.get()))));
        rest = others;
        let more = !others.is_empty();
        // The next one starts when this one fails or takes its time; after the last there is only waiting.
        loop {
            let ended = tokio::select! {
                ended = attempts.join_next() => ended,
                () = sleep(CONNECT_STAGGER), if more => break,
            };
            match ended {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => failure = error,
                Some(Err(_given_up)) => continue,
                None => break,
            }
            if more {
                break;
            }
        }
    }
    Err(failure)
}

async fn attempt(target: SocketAddr) -> io::Result<TcpStream> {
    match timeout(CONNECT_DEADLINE, TcpStream::connect(target)).await {
        Ok(connected) => connected,
        Err(_) => Err(ErrorKind::TimedOut.into()),
    }
}

#[cfg(test)]
mod tests;
