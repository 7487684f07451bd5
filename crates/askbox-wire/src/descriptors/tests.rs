use std::fs::File;
use std::io::{Read, Write, pipe};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use super::*;

#[test]
fn a_descriptor_arrives_open_and_close_on_exec() {
    let (near, far) = UnixStream::pair().unwrap();
    let (mut reader, writer) = pipe().unwrap();
    assert_eq!(send(near.as_fd(), b"x", &[writer.as_fd()]).unwrap(), 1);
    drop(writer);

    let mut received = Vec::new();
    let mut buffer = [0; 8];
    assert_eq!(receive(far.as_fd(), &mut buffer, &mut received).unwrap(), 1);
    let [writer] = <[OwnedFd; 1]>::try_from(received).unwrap();
    assert_eq!(
        fcntl(&writer, FcntlArg::F_GETFD).unwrap(),
        FdFlag::FD_CLOEXEC.bits()
    );
    File::from(writer).write_all(b"through").unwrap();

    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "through");
}

#[test]
fn too_many_are_refused_by_the_sender() {
    let (near, _far) = UnixStream::pair().unwrap();
    let many = vec![near.as_fd(); MAX_DESCRIPTORS + 1];
    assert!(send(near.as_fd(), b"x", &many).is_err());
    assert_eq!(send(near.as_fd(), b"x", &many[1..]).unwrap(), 1);
}

#[test]
fn another_protocol_has_another_number() {
    let (near, far) = UnixStream::pair().unwrap();
    let many = vec![near.as_fd(); MAX_DESCRIPTORS + 2];
    let most = MAX_DESCRIPTORS + 1;
    assert!(send_at_most(most, near.as_fd(), b"x", &many).is_err());
    for _message in 0..2 {
        assert_eq!(send_at_most(most, near.as_fd(), b"x", &many[1..]).unwrap(), 1);
    }
    let mut received = Vec::new();
    assert!(receive_at_most(most - 1, far.as_fd(), &mut [0; 8], &mut received).is_err());
    assert!(received.is_empty());
    assert_eq!(
        receive_at_most(most, far.as_fd(), &mut [0; 8], &mut received).unwrap(),
        1
    );
    assert_eq!(received.len(), most);
}

#[test]
fn of_a_list_that_is_cut_off_nothing_stays_open() {
    let (near, far) = UnixStream::pair().unwrap();
    let (mut reader, writer) = pipe().unwrap();
    assert_eq!(send(near.as_fd(), b"x", &[writer.as_fd(); 4]).unwrap(), 1);
    drop(writer);
    let mut control = nix::cmsg_space!([RawFd; 2]);
    let mut received = Vec::new();
    let cut = receive_all(far.as_fd(), &mut [0; 8], &mut control, &mut received);
    assert_eq!(cut.unwrap_err().raw_os_error(), Some(Errno::EMFILE as i32));
    assert!(received.is_empty());
    // Its end comes when the last of them is closed.
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

#[test]
fn too_many_from_a_stranger_are_closed() {
    let (near, far) = UnixStream::pair().unwrap();
    let (mut reader, writer) = pipe().unwrap();
    let raw = vec![writer.as_raw_fd(); MAX_DESCRIPTORS + 1];
    let rights = [ControlMessage::ScmRights(&raw)];
    sendmsg::<()>(
        near.as_raw_fd(),
        &[IoSlice::new(b"x")],
        &rights,
        MsgFlags::empty(),
        None,
    )
    .unwrap();
    drop(writer);

    let mut received = Vec::new();
    let error = receive(far.as_fd(), &mut [0; 8], &mut received).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert!(received.is_empty());
    // The end of the stream comes at once only if no copy of the write end is left.
    assert_eq!(reader.read(&mut [0; 1]).unwrap(), 0);
}
