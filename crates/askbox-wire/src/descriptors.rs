//! Bytes with file descriptors beside them (`SCM_RIGHTS`). Owns what it receives at once, so that nothing leaks.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::offset_of;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::libc::{SCM_RIGHTS, SOL_SOCKET, c_int, cmsghdr};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

use crate::limits::{KERNEL_DESCRIPTORS, MAX_DESCRIPTORS};

/// Sends as many of `bytes` as the socket takes, with the descriptors beside the first of them: at most [`MAX_DESCRIPTORS`].
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
    send_at_most(MAX_DESCRIPTORS, socket, bytes, descriptors)
}

/// [`send`], with another number of descriptors at most: the one of the protocol that is spoken.
pub fn send_at_most(
    most: usize,
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<usize> {
    if descriptors.len() > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "too many descriptors for one message",
        ));
    }
    let raw: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&raw)];
    let control = if raw.is_empty() { &[][..] } else { &rights[..] };
    let parts = [IoSlice::new(bytes)];
    Ok(sendmsg::<()>(
        socket.as_raw_fd(),
        &parts,
        control,
        MsgFlags::MSG_NOSIGNAL,
        None,
    )?)
}

/// Receives into `buffer` and puts the descriptors that came along into `received`, close-on-exec. Returns 0 at the end
/// of the stream.
///
/// A stream socket hands out the descriptors with the first byte that they were sent beside, so whoever reads exactly
/// one frame gets that frame's descriptors and no others. More than [`MAX_DESCRIPTORS`] are an error; all are closed.
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8], received: &mut Vec<OwnedFd>) -> io::Result<usize> {
    receive_at_most(MAX_DESCRIPTORS, socket, buffer, received)
}

/// [`receive`], with another number of descriptors at most: the one of the protocol that is spoken.
pub fn receive_at_most(
    most: usize,
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    received: &mut Vec<OwnedFd>,
) -> io::Result<usize> {
    // Room for whatever the kernel can carry.
    let mut control = nix::cmsg_space!([RawFd; KERNEL_DESCRIPTORS]);
    let length = receive_all(socket, buffer, &mut control, received)?;
    if received.len() > most {
        received.clear();
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "too many descriptors in one message",
        ));
    }
    Ok(length)
}

/// Receives with this room for control messages. What a full table of descriptors, or too little room, cuts off the kernel has closed;
/// what it opened before is closed here.
fn receive_all(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    control: &mut [u8],
    received: &mut Vec<OwnedFd>,
) -> io::Result<usize> {
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(
        socket.as_raw_fd(),
        &mut parts,
        Some(control),
        MsgFlags::MSG_CMSG_CLOEXEC,
    )?;
    let length = message.bytes;
    if message.flags.contains(MsgFlags::MSG_CTRUNC) {
        rights_of(control).map(own).for_each(drop);
        return Err(Errno::EMFILE.into());
    }
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(raw) = part {
            received.extend(raw.into_iter().map(own));
        }
    }
    Ok(length)
}

/// The descriptors of the first control message, whose length says how many the kernel opened (cmsg(3)); none where it is about
/// something else. nix hands out nothing of a message that was cut off.
fn rights_of(control: &[u8]) -> impl Iterator<Item = RawFd> {
    const HEAD: usize = size_of::<cmsghdr>();
    const RIGHTS: [c_int; 2] = [SOL_SOCKET, SCM_RIGHTS];
    let field = |at: usize| Some(c_int::from_ne_bytes(*control.get(at..)?.first_chunk()?));
    let kind = [
        field(offset_of!(cmsghdr, cmsg_level)),
        field(offset_of!(cmsghdr, cmsg_type)),
    ];
    let length = control
        .first_chunk()
        .filter(|_| kind == RIGHTS.map(Some))
        .map_or(0, |length| usize::from_ne_bytes(*length));
    let numbers = control.get(HEAD..length).unwrap_or_default();
    numbers
        .chunks_exact(size_of::<RawFd>())
        .filter_map(|number| Some(RawFd::from_ne_bytes(number.try_into().ok()?)))
}

#[expect(unsafe_code, reason = "the control message holds plain numbers")]
fn own(descriptor: RawFd) -> OwnedFd {
    // SAFETY: the kernel made this descriptor for us in the recvmsg call above, and nothing else knows its number.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

#[cfg(test)]
mod tests;
