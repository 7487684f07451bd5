use super::*;

/// `NLMSG_ERROR` with this number, as the kernel answers.
fn answer(errno: i32) -> Vec<u8> {
    let mut bytes = 36u32.to_ne_bytes().to_vec();
    bytes.extend(ERROR.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend((-errno).to_ne_bytes());
    bytes.extend([0; 16]);
    bytes
}

#[test]
fn acknowledgements_are_counted_and_errors_are_errors() {
    assert_eq!(acknowledged(&[answer(0), answer(0)].concat()).unwrap(), 2);
    let error = acknowledged(&[answer(0), answer(nix::libc::EPERM)].concat()).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(nix::libc::EPERM));
    assert_eq!(acknowledged(&[]).unwrap(), 0);
    assert_eq!(acknowledged(&answer(0)[..18]).unwrap(), 1);
}

#[test]
fn messages_are_aligned() {
    assert_eq!(attribute(1, b"probe\0").len(), 12);
    let bytes = message(NEW_TABLE, ACK, INET, &attribute(1, b"probe\0"));
    assert_eq!(bytes.len(), 32);
    assert_eq!(bytes[..4], 32u32.to_ne_bytes());
}
