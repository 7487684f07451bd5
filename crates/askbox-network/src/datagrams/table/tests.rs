use super::*;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// What the kernel answers: the two directions of an entry, with what follows left out.
pub(in super::super) fn entry(
    original: (SocketAddr, SocketAddr),
    reply: (SocketAddr, SocketAddr),
    number: u32,
) -> Vec<u8> {
    let mut message = question(reply.0, reply.1, number);
    message[4..6].copy_from_slice(&ENTRY.to_ne_bytes());
    message.truncate(HEADERS);
    put(&mut message, ORIGINAL, original.0, original.1);
    put(&mut message, REPLY, reply.0, reply.1);
    let length = u32::try_from(message.len()).unwrap();
    message[..4].copy_from_slice(&length.to_ne_bytes());
    message
}

const LISTENER: &str = "127.0.0.1:10081";

#[test]
fn an_entry_says_where_a_datagram_was_meant_to_go() {
    for (client, server, listener) in [
        ("10.64.0.2:40000", "198.18.1.0:5000", LISTENER),
        ("[fd64::2]:40000", "[2001:db8::1]:5000", "[::1]:10081"),
    ] {
        let (client, server, listener) = (at(client), at(server), at(listener));
        let message = entry((client, server), (listener, client), 7);
        assert_eq!(answer(&message, 7, listener, client), Some((client, server)));
        assert_eq!(
            answer(&message, 8, listener, client),
            None,
            "an answer to another question"
        );
        for length in 0..message.len() {
            assert_eq!(answer(&message[..length], 7, listener, client), None, "{length}");
        }
    }
}

#[test]
fn an_entry_of_the_other_direction_or_of_others_says_nothing() {
    let (client, server, listener) = (at("10.64.0.2:40000"), at("198.18.1.0:5000"), at(LISTENER));
    let other = at("10.64.0.2:40001");
    for (original, reply) in [
        // What the listener sent to a client that the kernel had forgotten.
        ((listener, client), (client, listener)),
        ((listener, client), (listener, client)),
        ((listener, server), (listener, client)),
        ((client, server), (listener, other)),
        ((client, server), (server, client)),
    ] {
        let message = entry(original, reply, 7);
        assert_eq!(
            answer(&message, 7, listener, client),
            None,
            "{original:?} {reply:?}"
        );
    }
    // Where the program's end was changed on the way, its answers still come to where the listener saw it.
    let message = entry((other, server), (listener, client), 7);
    assert_eq!(answer(&message, 7, listener, client), Some((other, server)));
}

#[test]
fn an_error_is_no_entry() {
    let (client, server, listener) = (at("10.64.0.2:1"), at("10.0.0.1:2"), at(LISTENER));
    let mut message = entry((client, server), (listener, client), 7);
    assert!(answer(&message, 7, listener, client).is_some());
    message[4..6].copy_from_slice(&2_u16.to_ne_bytes());
    assert_eq!(answer(&message, 7, listener, client), None);
    assert_eq!(answer(&[], 7, listener, client), None);
}
