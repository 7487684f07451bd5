//! One direction of a connection: takes what comes, has it judged message by message, and hands on what may pass with the
//! descriptors that came beside it. Nothing more is taken before that is handed on, so neither side makes the other's part grow.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use askbox_wire::descriptors;
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::kind;
use super::message::{self, Message};
use super::wall::{Passed, Violation};
use crate::limits::{WAYLAND_MESSAGE_BYTES, WAYLAND_MESSAGE_DESCRIPTORS};

/// How a direction ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// Who speaks has ended.
    #[error("the connection has ended")]
    Silent,
    /// Who is spoken to hears nothing any more.
    #[error("the connection has ended")]
    Deaf,
    #[error(transparent)]
    Violation(#[from] Violation),
    #[error("sent a descriptor that is neither memory nor a pipe")]
    Kind,
    #[error("sent too many descriptors at once")]
    Descriptors,
}

/// A descriptor on its way. It does not pass before the bytes that it came beside.
#[derive(Debug)]
struct Held {
    descriptor: OwnedFd,
    _place: OwnedSemaphorePermit,
}

/// Passes on what one says to the other until there is an end. `places` is what descriptors of this session may wait in.
pub(super) async fn pass(
    from: &UnixStream,
    to: &UnixStream,
    places: &Arc<Semaphore>,
    mut judge: impl for<'a> FnMut(Message<'a>) -> Result<Option<Passed<'a>>, Violation>,
) -> End {
    let mut said = Vec::new();
    let mut held = VecDeque::new();
    loop {
        if let Err(end) = hear(from, places, &mut said, &mut held).await {
            return end;
        }
        match judged(&mut said, &mut judge) {
            Ok(passed) => {
                if let Err(_gone) = tell(to, &passed, &mut held).await {
                    return End::Deaf;
                }
            }
            Err(violation) => return violation.into(),
        }
    }
}

/// What passes of the messages that are whole; what remains is less than one.
fn judged(
    said: &mut Vec<u8>,
    judge: &mut impl for<'a> FnMut(Message<'a>) -> Result<Option<Passed<'a>>, Violation>,
) -> Result<Vec<u8>, Violation> {
    let mut passed = Vec::with_capacity(said.len());
    let mut rest = said.as_slice();
    while let Some((message, after)) = message::next(rest)? {
        if let Some(message) = judge(message)? {
            passed.extend_from_slice(message.as_ref());
        }
        rest = after;
    }
    let judged = said.len() - rest.len();
    said.drain(..judged);
    Ok(passed)
}

/// Takes what has come, once something has.
async fn hear(
    from: &UnixStream,
    places: &Arc<Semaphore>,
    said: &mut Vec<u8>,
    held: &mut VecDeque<Held>,
) -> Result<(), End> {
    let mut bytes = [0; WAYLAND_MESSAGE_BYTES];
    let mut came = Vec::new();
    let receive =
        || descriptors::receive_at_most(WAYLAND_MESSAGE_DESCRIPTORS, from.as_fd(), &mut bytes, &mut came);
    let length = match from.async_io(Interest::READABLE, receive).await {
        Ok(length @ 1..) => length,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(End::Descriptors),
        Ok(0) | Err(_) => return Err(End::Silent),
    };
    for descriptor in came {
        if !kind::passes(descriptor.as_fd()) {
            return Err(End::Kind);
        }
        let place = Arc::clone(places).try_acquire_owned();
        held.push_back(Held {
            descriptor,
            _place: place.map_err(|_none_left| End::Descriptors)?,
        });
    }
    said.extend_from_slice(bytes.get(..length).unwrap_or_default());
    Ok(())
}

/// Hands on bytes, if any, and all descriptors with them: as many beside a byte as whoever hears takes at once.
async fn tell(to: &UnixStream, mut passed: &[u8], held: &mut VecDeque<Held>) -> io::Result<()> {
    while !passed.is_empty() {
        let now = held.len().min(WAYLAND_MESSAGE_DESCRIPTORS);
        let length = if now < held.len() { 1 } else { passed.len() };
        let (bytes, _later) = passed.split_at(length);
        let beside: Vec<BorrowedFd<'_>> = held
            .iter()
            .take(now)
            .map(|held| held.descriptor.as_fd())
            .collect();
        let send = || descriptors::send_at_most(WAYLAND_MESSAGE_DESCRIPTORS, to.as_fd(), bytes, &beside);
        let taken = to.async_io(Interest::WRITABLE, send).await?;
        drop(beside);
        // They went with the first of the bytes.
        held.drain(..now);
        passed = passed.get(taken..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
