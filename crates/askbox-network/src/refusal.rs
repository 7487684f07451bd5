//! Tells a client that it may not, in the protocol that it speaks: TLS gets an alert, HTTP an answer, everything else a
//! reset. What is refused has been decided and logged before.

use std::io;

use askbox_gate::Denial;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client_hello::ACCESS_DENIED;
use crate::http_denial;
use crate::limits::{REFUSAL_DRAIN, REFUSAL_LINGER, REFUSAL_WAIT};
use crate::opening::{Held, Opening, hold};
use crate::relay::{self, ResetOnDrop};
use crate::traffic::Counter;

/// Refuses a client to which nothing has been sent yet. `held` is what it has said so far, if that was read; `reset` stands
/// for the end of the client that has no better way to be told.
pub(crate) async fn refuse(client: &TcpStream, held: Option<Held>, denial: &Denial, reset: ResetOnDrop) {
    let held = match held {
        Some(held) => Ok(Ok(held)),
        None => timeout(REFUSAL_WAIT, hold(client, Vec::new(), &Counter::default())).await,
    };
    let words = match held {
        Ok(Ok(held)) => last_words(&held.opening, denial),
        Ok(Err(_)) | Err(_) => None,
    };
    let Some(words) = words else { return };
    if tell(client, &words).await {
        reset.ended();
    }
}

/// Sends the last words to a client; whether it has taken them.
pub(crate) async fn tell(client: &TcpStream, words: &[u8]) -> bool {
    matches!(timeout(REFUSAL_LINGER, say(client, words)).await, Ok(Ok(())))
}

fn last_words(opening: &Opening, denial: &Denial) -> Option<Vec<u8>> {
    match opening {
        Opening::Tls(_) | Opening::NamelessTls | Opening::BrokenTls(_) => Some(ACCESS_DENIED.to_vec()),
        Opening::Http | Opening::BrokenHttp(_) => Some(http_denial::raw(denial)),
        Opening::Silent | Opening::Opaque => None,
    }
}

/// Sends the last words and waits until the client has closed: closing first, with bytes of it unread, would send a reset
/// that overtakes them.
async fn say(client: &TcpStream, words: &[u8]) -> io::Result<()> {
    relay::write_all(client, words).await?;
    relay::end(client)?;
    let mut buffer = vec![0; 16 * 1024];
    let mut left = REFUSAL_DRAIN;
    while 0 < left {
        client.readable().await?;
        match client.try_read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => left = left.saturating_sub(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
