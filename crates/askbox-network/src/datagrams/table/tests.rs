use super::*;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// What the kernel answers: the entry of a flow that was turned, with what follows left out.
fn entry(source: SocketAddr, destination: SocketAddr, number: u32) -> Vec<u8> {
    // A question has the same layout, but for its kind and which tuple it holds.
    let mut message = question(source, destination, number);
    message[4..6].copy_from_slice(&ENTRY.to_ne_bytes());
    message[HEADERS + 2..HEADERS + 4].copy_from_slice(&(ORIGINAL | NESTED).to_ne_bytes());
    message
}

#[test]
fn an_entry_says_where_a_datagram_was_meant_to_go() {
    for (client, server) in [
        ("10.64.0.2:40000", "198.18.1.0:5000"),
        ("[fd64::2]:40000", "[2001:db8::1]:5000"),
    ] {
        let (client, server) = (at(client), at(server));
        let message = entry(client, server, 7);
        assert_eq!(answer(&message, 7), Some((client, server)));
        assert_eq!(answer(&message, 8), None, "an answer to another question");
        for length in 0..message.len() {
            assert_eq!(answer(&message[..length], 7), None, "{length}");
        }
    }
}

#[test]
fn an_error_is_no_entry() {
    let mut message = entry(at("10.64.0.2:1"), at("10.0.0.1:2"), 7);
    message[4..6].copy_from_slice(&2_u16.to_ne_bytes());
    assert_eq!(answer(&message, 7), None);
    assert_eq!(answer(&[], 7), None);
}
