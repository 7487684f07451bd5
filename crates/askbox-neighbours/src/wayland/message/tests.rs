#![expect(clippy::indexing_slicing, reason = "a slice that is not there fails the test")]

use proptest::prelude::*;

use super::*;

/// A message of these arguments.
pub(in crate::wayland) fn message(object: u32, opcode: u16, arguments: &[&[u8]]) -> Vec<u8> {
    let arguments = arguments.concat();
    let size = u32::try_from(HEAD + arguments.len()).unwrap();
    let word = (size << 16) | u32::from(opcode);
    [&object.to_ne_bytes()[..], &word.to_ne_bytes(), &arguments].concat()
}

/// A number as an argument.
pub(in crate::wayland) fn number(number: u32) -> Vec<u8> {
    number.to_ne_bytes().into()
}

/// A string as an argument.
pub(in crate::wayland) fn text(text: &[u8]) -> Vec<u8> {
    let mut argument = number(u32::try_from(text.len() + 1).unwrap());
    argument.extend(text);
    argument.push(0);
    argument.resize(argument.len().next_multiple_of(4), 0);
    argument
}

pub(in crate::wayland) fn get_registry(id: u32) -> Vec<u8> {
    message(1, 1, &[&number(id)])
}

pub(in crate::wayland) fn bind(registry: u32, name: u32, interface: &str, version: u32) -> Vec<u8> {
    let arguments = [
        number(name),
        text(interface.as_bytes()),
        number(version),
        number(9),
    ];
    message(registry, 0, &[&arguments.concat()])
}

pub(in crate::wayland) fn global(registry: u32, name: u32, interface: &str, version: u32) -> Vec<u8> {
    let arguments = [number(name), text(interface.as_bytes()), number(version)];
    message(registry, 0, &[&arguments.concat()])
}

fn one(bytes: &[u8]) -> Message<'_> {
    let (message, rest) = next(bytes).unwrap().unwrap();
    assert_eq!(rest, b"");
    message
}

#[test]
fn a_message_is_whole_words_of_its_own_size() {
    let whole = message(7, 3, &[b"abcd"]);
    let two = [&whole[..], &whole].concat();
    let (first, rest) = next(&two).unwrap().unwrap();
    assert_eq!((first.object, first.opcode, first.bytes), (7, 3, &whole[..]));
    assert_eq!(rest, whole);
    for cut in 0..whole.len() {
        assert_eq!(next(&whole[..cut]), Ok(None), "{cut}");
    }
    for (size, is_one) in [
        (0_u16, false),
        (4, false),
        (7, false),
        (8, true),
        (9, false),
        (10, false),
        (12, true),
        (4096, true),
        (4100, false),
        (65535, false),
    ] {
        let mut bytes = vec![0; 70_000];
        bytes[4..8].copy_from_slice(&(u32::from(size) << 16).to_ne_bytes());
        assert_eq!(next(&bytes).is_ok(), is_one, "{size}");
        // Refused before it has come.
        assert_eq!(next(&bytes[..8]).is_ok(), is_one, "{size}");
    }
}

#[test]
fn what_is_bound_is_read_in_one_way_only() {
    let good = bind(2, 5, "wl_shm", 1);
    let global = Global {
        name: 5,
        interface: b"wl_shm",
        version: 1,
    };
    assert_eq!(one(&good).bind(), Ok(global));
    let (version, id) = (number(1), number(9));
    let with = |interface: &[u8]| message(2, 0, &[&number(5), interface, &version, &id]);
    for (bytes, what) in [
        (with(&text(b"wl_shm\0x")), "a zero byte within"),
        (with(&number(0)), "no string"),
        (with(&[number(7), b"wl_shmxx".to_vec()].concat()), "no zero byte"),
        (with(&[number(8), b"wl_shm\0\0".to_vec()].concat()), "two of them"),
        (
            with(&[number(u32::MAX), b"wl_shm\0\0".to_vec()].concat()),
            "too long",
        ),
        (
            with(&[number(7), b"wl_shm\0\0more".to_vec()].concat()),
            "more than it says",
        ),
        (message(2, 0, &[&number(5), &text(b"wl_shm"), &version]), "no id"),
        (
            message(2, 0, &[&number(5), &text(b"wl_shm"), &version, &id, &id]),
            "two ids",
        ),
        (message(2, 0, &[]), "nothing"),
    ] {
        assert_eq!(one(&bytes).bind(), Err(Malformed::Arguments), "{what}");
    }
    assert_eq!(one(&good).global(), Err(Malformed::Arguments));
    assert_eq!(one(&super::tests::global(2, 5, "wl_shm", 1)).global(), Ok(global));
    assert_eq!(one(&message(1, 1, &[&id])).number(), Ok(9));
    assert_eq!(one(&message(1, 1, &[])).number(), Err(Malformed::Arguments));
    assert_eq!(
        one(&message(1, 1, &[&id, &id])).number(),
        Err(Malformed::Arguments)
    );
}

proptest! {
    #[test]
    fn what_was_written_is_read(name: u32, interface in "[a-z_0-9]{0,60}", version: u32) {
        let bytes = bind(2, name, &interface, version);
        let read = one(&bytes).bind().unwrap();
        prop_assert_eq!((read.name, read.interface, read.version), (name, interface.as_bytes(), version));
    }

    #[test]
    fn any_bytes_are_a_message_or_none(bytes: Vec<u8>) {
        if let Ok(Some((message, rest))) = next(&bytes) {
            prop_assert_eq!([message.bytes, rest].concat(), bytes.clone());
            // Neither panics.
            let _any = (message.bind(), message.global(), message.number());
        }
    }
}
