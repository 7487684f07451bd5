//! Lengths in front of messages.

use super::*;

async fn received(mut bytes: &[u8]) -> Received {
    receive(&mut bytes).await.unwrap()
}

#[tokio::test]
async fn a_message_is_received_as_it_was_sent() {
    let mut stream = Vec::new();
    send(&mut stream, b"\x0b").await.unwrap();
    assert_eq!(stream, b"\0\0\0\x01\x0b");
    assert_eq!(received(&stream).await, Received::Message(vec![11]));
    let most = vec![7; limits::MESSAGE_BYTES as usize];
    let mut stream = Vec::new();
    send(&mut stream, &most).await.unwrap();
    assert_eq!(received(&stream).await, Received::Message(most));
}

#[tokio::test]
async fn a_length_that_no_message_has_is_refused_before_anything_is_read() {
    for length in [0, limits::MESSAGE_BYTES + 1, u32::MAX] {
        assert_eq!(received(&length.to_be_bytes()).await, Received::Length(length));
    }
}

#[tokio::test]
async fn a_message_that_is_cut_off_is_the_end() {
    for part in [&b""[..], b"\0\0", b"\0\0\0\x05", b"\0\0\0\x05four"] {
        assert_eq!(received(part).await, Received::End);
    }
}
