use super::*;

/// What is heard when the launch child sends this; `None` is its end, and an empty message silence.
fn heard(message: Option<&[u8]>) -> Result<Word, Error> {
    let flags = SockFlag::SOCK_CLOEXEC;
    let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).unwrap();
    match message {
        None => drop(theirs),
        Some(b"") => return hear(&ours, Duration::from_millis(1)),
        Some(message) => {
            send(theirs.as_raw_fd(), message, MsgFlags::MSG_NOSIGNAL).unwrap();
        }
    }
    hear(&ours, limits::LAUNCH_WAIT)
}

#[test]
fn a_launch_that_fails_says_how() {
    let text = |message| heard(message).unwrap_err().to_string();
    assert_eq!(text(None), "the launch was killed");
    assert_eq!(
        text(Some(b"Fcannot drop capabilities")),
        "cannot drop capabilities"
    );
    assert_eq!(text(Some(b"?")), "the launch said something out of turn");
    assert_eq!(text(Some(b"S12")), "the launch said something out of turn");
    assert!(text(Some(b"")).starts_with("the launch is stuck: nothing was heard of it for 60 seconds"));
    let started = [b"S".as_slice(), &7_i32.to_ne_bytes()].concat();
    assert!(matches!(heard(Some(&started)), Ok(Word::Started(pid)) if pid == Pid::from_raw(7)));
}
