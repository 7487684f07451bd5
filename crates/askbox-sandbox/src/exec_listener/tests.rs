use super::filter::{self, ENTRIES};
use super::*;

/// What the kernel would return for a call, by running the program as it does.
fn run(program: &[libc::sock_filter], architecture: u32, number: u32) -> u32 {
    let (mut at, mut accumulator) = (0, 0);
    loop {
        let instruction = program[at];
        at += 1;
        match instruction.code {
            0x20 => accumulator = if instruction.k == 0 { number } else { architecture },
            0x15 if accumulator == instruction.k => at += usize::from(instruction.jt),
            0x15 => at += usize::from(instruction.jf),
            0x06 => return instruction.k,
            other => panic!("no such instruction: {other:#x}"),
        }
    }
}

#[test]
fn starts_ask_by_every_entry_and_nothing_else_does() {
    let program = filter::program();
    for entry in ENTRIES {
        for call in 0..1024 {
            let expected = if entry.calls.contains(&call) {
                libc::SECCOMP_RET_USER_NOTIF
            } else {
                libc::SECCOMP_RET_ALLOW
            };
            assert_eq!(run(&program, entry.architecture, call), expected, "{call}");
        }
    }
    let native = ENTRIES[0].calls.map(i64::from);
    assert_eq!(native, [libc::SYS_execve, libc::SYS_execveat]);
    assert_eq!(run(&program, 0x1234_5678, 59), libc::SECCOMP_RET_ALLOW);
}

#[test]
fn what_is_missing_has_a_number_of_its_own() {
    let numbers = Missing::ALL.map(Missing::number);
    assert!(
        numbers.is_sorted_by(|one, next| one < next) && 0 < numbers[0],
        "{numbers:?}"
    );
}

#[test]
fn without_a_way_to_read_memory_there_is_no_listener() {
    let directory = tempfile::tempdir().unwrap();
    let yama = directory.path().join("ptrace_scope");
    for (scope, is_closed) in [("0\n", false), ("1\n", false), ("2\n", false), ("3\n", true)] {
        std::fs::write(&yama, scope).unwrap();
        assert_eq!(is_unreadable(&yama), is_closed, "{scope}");
    }
    assert!(!is_unreadable(&directory.path().join("absent")));
}
