use super::*;

const SAID: &[u8] =
    b"\0AUTH EXTERNAL 31\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nl\x01NEGOTIATE_UNIX_FD\r\nBEGIN\r\nmore";
const PASSED: &[u8] =
    b"\0AUTH EXTERNAL 31\r\nNO_DESCRIPTORS\r\nBEGIN\r\nl\x01NEGOTIATE_UNIX_FD\r\nBEGIN\r\nmore";

#[test]
fn nobody_asks_for_descriptors_however_it_is_cut_up() {
    for size in 1..=SAID.len() {
        let mut greeting = Greeting::default();
        let passed = SAID.chunks(size).map(|part| greeting.feed(part).unwrap());
        assert_eq!(passed.collect::<Vec<_>>().concat(), PASSED, "{size}");
    }
}

#[test]
fn a_line_is_what_a_bus_takes_for_one() {
    for (said, passed) in [
        ("NEGOTIATE_UNIX_FD and more\r\n", "NO_DESCRIPTORS\r\n"),
        ("NEGOTIATE_UNIX_FD\t\r\n", "NO_DESCRIPTORS\r\n"),
        (
            "BEGIN now\r\nNEGOTIATE_UNIX_FD\r\n",
            "BEGIN now\r\nNEGOTIATE_UNIX_FD\r\n",
        ),
        // Not the beginning for a bus, which goes on with the greeting.
        (
            "BEGIN\nx\r\nNEGOTIATE_UNIX_FD\r\n",
            "BEGIN\nx\r\nNO_DESCRIPTORS\r\n",
        ),
        (
            "BEGIN\x0cx\r\nNEGOTIATE_UNIX_FD\r\n",
            "BEGIN\x0cx\r\nNO_DESCRIPTORS\r\n",
        ),
        (" BEGIN\r\nNEGOTIATE_UNIX_FD\r\n", " BEGIN\r\nNO_DESCRIPTORS\r\n"),
    ] {
        for size in 1..=said.len() {
            let mut greeting = Greeting::default();
            let heard = said
                .as_bytes()
                .chunks(size)
                .map(|part| greeting.feed(part).unwrap());
            let heard = heard.collect::<Vec<_>>().concat();
            assert_eq!(String::from_utf8_lossy(&heard), passed, "{said:?} by {size}");
        }
    }
}

#[test]
fn a_line_that_never_ends_is_not_waited_for() {
    let mut greeting = Greeting::default();
    let part = [b'x'; 1024];
    let taken = (0..1024).take_while(|_| greeting.feed(&part).is_some()).count();
    assert_eq!(taken * part.len(), limits::GREETING_LINE_BYTES);
}
