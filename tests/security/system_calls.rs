//! System calls that reach outside the walls, tried one by one by both ways into the kernel that a program for x86-64 has
//! (threats 48 to 50, 72 and 73). The third, x32, is simulated beside the filter: this kernel may not have it.
#![cfg(target_arch = "x86_64")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use askbox_tests::{Finished, World};

use crate::both::outside;

/// What each attempt is and what came of it, by call and way.
fn attempts(finished: &Finished) -> BTreeMap<String, (String, String)> {
    let lines = finished.succeeded().stdout.lines();
    let attempts: BTreeMap<_, _> = lines
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let [what, way, found, expected]: [&str; 4] = words.try_into().unwrap();
            (format!("{what} {way}"), (found.to_owned(), expected.to_owned()))
        })
        .collect();
    assert!(350 < attempts.len(), "{}", attempts.len());
    attempts
}

/// Puts the script into the project; returns what runs it.
fn script(world: &World) -> &'static str {
    world.write("attempts.py", include_str!("system_calls/attempts.py"));
    "exec /usr/bin/python3 attempts.py"
}

/// Calls that anybody may make outside, on every kernel. Others want a privilege, or a part that not every kernel has.
const FOR_ANYBODY: &[&str] = &[
    "clone3",
    "setns",
    "open_tree",
    "move_mount",
    "fspick",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "keyctl",
    "add_key",
    "request_key",
    "name_to_handle_at",
    "clone-user",
    "clone-net",
    "unshare-user",
    "unshare-mount",
    "socket-17",
    "socketpair-17",
    "netlink-9",
    "netlink-12",
    "TIOCSTI",
    "TIOCLINUX",
    "TIOCSETD",
    "TIOCSTI-high",
    "chmod-4000",
    "fchmod-4000",
    "fchmodat-4000",
    "fchmodat2-4000",
    "creat-4000",
    "mknod-4000",
    "mknodat-4000",
    "open-create-4000",
    "open-temporary-4000",
    "openat-create-4000",
    "openat-temporary-4000",
    "fcntl-1024",
    "fcntl-1040",
    "fcntl64-1024",
];

#[test]
fn threat_49_refused_calls_are_refused_by_every_way_and_their_neighbours_pass() {
    let world = World::new();
    let host = attempts(&outside(&world, script(&world)));
    let inside = attempts(&world.sh(&[], script(&world)));
    for (attempt, (found, expected)) in &inside {
        let at_host = &host[attempt].0;
        match expected.as_str() {
            "passes" => assert_eq!(found, at_host, "{attempt}"),
            expected => assert_eq!(found, expected, "{attempt}"),
        }
    }
    for what in FOR_ANYBODY {
        let ways = host
            .iter()
            .filter(|(attempt, _)| attempt.split(' ').next() == Some(what));
        for (attempt, (found, expected)) in ways {
            assert_ne!(found, expected, "{attempt} outside");
        }
        assert!(host.keys().any(|attempt| attempt.starts_with(what)), "{what}");
    }
}

#[test]
fn a_switch_opens_its_own_calls_alone() {
    let world = World::new();
    let closed = attempts(&world.sh(&[], script(&world)));
    for (option, opened, shut) in [
        (
            "--nested-sandbox",
            ["clone3", "setns", "unshare-user", "open_tree"],
            ["ptrace", "pidfd_getfd", "keyctl", "socket-40"],
        ),
        (
            "--debugger",
            ["ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"],
            ["clone3", "mount", "unshare-user", "bpf"],
        ),
    ] {
        let open = attempts(&world.sh(&[option], script(&world)));
        for way in ["native", "int80"] {
            for what in opened {
                let attempt = format!("{what} {way}");
                assert_ne!(open[&attempt], closed[&attempt], "{attempt} with {option}");
            }
            for what in shut {
                let attempt = format!("{what} {way}");
                assert_eq!(open[&attempt], closed[&attempt], "{attempt} with {option}");
            }
        }
    }
}

/// A program for i386: says `32`, then asks the kernel for keys and ends with the errno of that.
fn program_for_i386() -> Vec<u8> {
    const BASE: u32 = 0x0804_8000;
    const HEADERS: u32 = 52 + 32;
    const CODE: &[u8] = &[
        0xb8, 4, 0, 0, 0, // mov eax, 4: write
        0xbb, 1, 0, 0, 0, // mov ebx, 1
        0xb9, 0, 0, 0, 0, // mov ecx, the text; filled in below
        0xba, 3, 0, 0, 0, // mov edx, 3
        0xcd, 0x80, // int 0x80
        0xb8, 0x20, 1, 0, 0, // mov eax, 288: keyctl
        0xbb, 0xff, 0xff, 0xff, 0xff, // mov ebx, -1
        0xcd, 0x80, // int 0x80
        0xf7, 0xd8, // neg eax
        0x89, 0xc3, // mov ebx, eax
        0xb8, 1, 0, 0, 0, // mov eax, 1: exit
        0xcd, 0x80, // int 0x80
        b'3', b'2', b'\n',
    ];
    let length = u32::try_from(CODE.len()).unwrap();
    let mut file = Vec::new();
    let half = |value: u16| value.to_le_bytes();
    // The file's head: ELF, 32 bits, little-endian; executable, i386, version 1.
    file.extend(b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0");
    file.extend([half(2), half(3)].concat());
    for word in [1, BASE + HEADERS, 52, 0, 0] {
        file.extend(u32::to_le_bytes(word));
    }
    for short in [52, 32, 1, 40, 0, 0] {
        file.extend(half(short));
    }
    // One segment: loaded as it is, to be read and executed.
    for word in [1, 0, BASE, BASE, HEADERS + length, HEADERS + length, 5, 0x1000] {
        file.extend(u32::to_le_bytes(word));
    }
    file.extend(CODE);
    let text = BASE + HEADERS + length - 3;
    let place = usize::try_from(HEADERS).unwrap() + 11;
    file[place..place + 4].copy_from_slice(&text.to_le_bytes());
    file
}

#[test]
fn threat_50_a_32_bit_program_runs_and_has_the_same_walls() {
    let world = World::new();
    let program = world.project().join("small");
    fs::write(&program, program_for_i386()).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let host = outside(&world, "./small");
    // EOPNOTSUPP: there is no such operation on keys.
    assert_eq!((host.code, host.stdout.as_str()), (Some(95), "32\n"));
    let inside = world.sh(&[], "./small");
    assert_eq!(
        (inside.code, inside.stdout.as_str()),
        (Some(1), "32\n"),
        "{inside:#?}"
    );
}
