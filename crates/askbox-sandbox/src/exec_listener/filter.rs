//! The filter of the exec listener as classic BPF. Pure.

use libc::sock_filter;

/// `BPF_LD | BPF_W | BPF_ABS`: load a word of struct `seccomp_data` (linux/filter.h).
const LOAD: u16 = 0x20;
/// `BPF_JMP | BPF_JEQ | BPF_K`.
const EQUAL: u16 = 0x15;
/// `BPF_RET | BPF_K`.
const RETURN: u16 = 0x06;

/// Offsets in struct `seccomp_data` (linux/seccomp.h).
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

/// An architecture that programs here can have (`AUDIT_ARCH_*`, linux/audit.h), and its numbers of execve and execveat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) architecture: u32,
    pub(super) calls: [u32; 2],
}

/// Native programs, and 32-bit ones where the kernel runs them: if the other filters let them live, they ask too.
/// x32 has numbers of its own under the same architecture, which the other filters refuse.
#[cfg(target_arch = "x86_64")]
pub(super) const ENTRIES: [Entry; 2] = [
    Entry {
        architecture: 0xc000_003e,
        calls: [59, 322],
    },
    Entry {
        architecture: 0x4000_0003,
        calls: [11, 358],
    },
];
/// See above.
#[cfg(target_arch = "aarch64")]
pub(super) const ENTRIES: [Entry; 2] = [
    Entry {
        architecture: 0xc000_00b7,
        calls: [221, 281],
    },
    Entry {
        architecture: 0x4000_0028,
        calls: [11, 387],
    },
];

/// Whether a call is the one of the two that names a directory.
pub(super) fn names_directory(architecture: u32, call: u32) -> bool {
    ENTRIES
        .iter()
        .any(|entry| entry.architecture == architecture && entry.calls[1] == call)
}

/// The program: the calls of [`ENTRIES`] ask, every other is allowed as far as this filter goes.
pub(super) fn program() -> Vec<sock_filter> {
    let mut program = Vec::new();
    for Entry {
        architecture,
        calls: [first, second],
    } in ENTRIES
    {
        program.extend([
            instruction(LOAD, 0, 0, ARCHITECTURE),
            // Another one: over the five that follow.
            instruction(EQUAL, 0, 5, architecture),
            instruction(LOAD, 0, 0, NUMBER),
            instruction(EQUAL, 1, 0, first),
            instruction(EQUAL, 0, 1, second),
            instruction(RETURN, 0, 0, libc::SECCOMP_RET_USER_NOTIF),
            instruction(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
        ]);
    }
    program.push(instruction(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW));
    program
}

const fn instruction(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}
