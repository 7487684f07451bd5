//! What the filter answers (threats 48 to 51), read from its own instructions and run as the kernel runs them, for every way
//! into the kernel, also those that this machine does not have. Whether the kernel would also have refused for another reason
//! does not matter here.

use std::collections::BTreeMap;

use super::calls::{ABSENT, LINES, Opens, Test};
use super::program::Machine;
use super::*;

const OFF: Switches = Switches {
    nested_sandbox: false,
    debugger: false,
};

/// A way into the kernel: the machine, `AUDIT_ARCH_*` of linux/audit.h, the column of its numbers.
#[derive(Clone, Copy)]
struct Way(&'static Machine, u32, usize);

const X86_64_NATIVE: Way = Way(&X86_64, 0xc000_003e, 0);
const ARM64_NATIVE: Way = Way(&ARM64, 0xc000_00b7, 1);
const I386: Way = Way(&X86_64, 0x4000_0003, 2);
const ARM: Way = Way(&ARM64, 0x4000_0028, 3);
const WAYS: [Way; 4] = [X86_64_NATIVE, ARM64_NATIVE, I386, ARM];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Allowed,
    Errno(i32),
    Killed,
}

use Verdict::{Allowed, Errno, Killed};

/// Runs a filter as the kernel does (`bpf_prog_run`, for what seccomp lets a filter hold).
fn run(program: &[u8], call: &[u8]) -> u32 {
    let (mut accumulator, mut at) = (0u32, 0);
    loop {
        let instruction = &program[8 * at..8 * at + 8];
        let word = |bytes: &[u8]| u32::from_ne_bytes(bytes.try_into().unwrap());
        let (code, value) = (
            u16::from_ne_bytes([instruction[0], instruction[1]]),
            word(&instruction[4..]),
        );
        let place = usize::try_from(value).unwrap();
        let jump = |holds: bool| usize::from(instruction[if holds { 2 } else { 3 }]);
        at += 1;
        match code {
            0x05 => at += place,
            0x06 => return value,
            0x15 => at += jump(accumulator == value),
            0x20 => accumulator = word(&call[place..place + 4]),
            0x35 => at += jump(accumulator >= value),
            0x45 => at += jump(accumulator & value != 0),
            other => panic!("an instruction that this test does not know: {other:#x}"),
        }
    }
}

fn answer(machine: &Machine, audit: u32, number: u32, arguments: &[u64], switches: Switches) -> Verdict {
    let program: Vec<u8> = program(machine, switches)
        .unwrap()
        .into_iter()
        .flat_map(bytes)
        .collect();
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    let mut call = Vec::new();
    call.extend(number.to_le_bytes());
    call.extend(audit.to_le_bytes());
    call.extend([0; 8]); // The instruction pointer.
    call.extend(all.into_iter().flat_map(u64::to_le_bytes));
    match run(&program, &call) {
        libc::SECCOMP_RET_ALLOW => Allowed,
        libc::SECCOMP_RET_KILL_PROCESS => Killed,
        other => {
            assert_eq!(other & 0xffff_0000, libc::SECCOMP_RET_ERRNO, "{other:x}");
            Errno(i32::try_from(other & 0xffff).unwrap())
        }
    }
}

impl Way {
    /// The number of a call of the data by this way.
    fn number(self, name: &str) -> Option<u32> {
        let line = LINES.iter().find(|line| line.name == name).unwrap();
        Some(line.numbers[self.2]).filter(|number| *number != ABSENT)
    }

    #[track_caller]
    fn check(self, name: &str, arguments: &[u64], expected: Verdict) {
        self.check_with(OFF, name, arguments, expected);
    }

    #[track_caller]
    fn check_with(self, switches: Switches, name: &str, arguments: &[u64], expected: Verdict) {
        let number = self.number(name).unwrap();
        let found = answer(self.0, self.1, number, arguments, switches);
        assert_eq!(found, expected, "{name} {number} {arguments:x?} by {:x}", self.1);
    }
}

#[test]
fn every_line_has_a_reason_and_says_a_call_only_once() {
    let mut numbers: BTreeMap<&str, [u32; 4]> = BTreeMap::new();
    for line in LINES {
        assert!(5 < line.reason.len(), "{}", line.name);
        assert_eq!(*numbers.entry(line.name).or_insert(line.numbers), line.numbers);
        assert_ne!(line.numbers, [ABSENT; 4], "{}", line.name);
        assert!([libc::EPERM, libc::ENOSYS, libc::EAFNOSUPPORT].contains(&line.errno));
        let all = |opens| {
            LINES
                .iter()
                .filter(|one| one.name == line.name)
                .all(|one| one.opens == opens)
        };
        assert!(all(line.opens), "{} is opened in part", line.name);
    }
    for column in 0..4 {
        let mut taken: Vec<u32> = numbers.values().map(|numbers| numbers[column]).collect();
        taken.retain(|number| *number != ABSENT);
        let count = taken.len();
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), count, "two calls have one number in column {column}");
    }
}

/// Numbers of calls since Linux 5.1 are the same on every architecture.
#[test]
fn new_calls_have_one_number() {
    for line in LINES
        .iter()
        .filter(|line| line.numbers.iter().all(|number| *number != ABSENT))
    {
        if 424 <= line.numbers[0] {
            assert_eq!(line.numbers, [line.numbers[0]; 4], "{}", line.name);
        }
    }
}

#[test]
fn numbers_are_those_of_this_machine() {
    let own = usize::from(cfg!(target_arch = "aarch64"));
    for (name, number) in [
        ("keyctl", libc::SYS_keyctl),
        ("add_key", libc::SYS_add_key),
        ("request_key", libc::SYS_request_key),
        ("bpf", libc::SYS_bpf),
        ("userfaultfd", libc::SYS_userfaultfd),
        ("perf_event_open", libc::SYS_perf_event_open),
        ("mount", libc::SYS_mount),
        ("umount2", libc::SYS_umount2),
        ("pivot_root", libc::SYS_pivot_root),
        ("chroot", libc::SYS_chroot),
        ("setns", libc::SYS_setns),
        ("fanotify_init", libc::SYS_fanotify_init),
        ("name_to_handle_at", libc::SYS_name_to_handle_at),
        ("open_by_handle_at", libc::SYS_open_by_handle_at),
        ("ptrace", libc::SYS_ptrace),
        ("process_vm_readv", libc::SYS_process_vm_readv),
        ("process_vm_writev", libc::SYS_process_vm_writev),
        ("pidfd_getfd", libc::SYS_pidfd_getfd),
        ("io_uring_setup", libc::SYS_io_uring_setup),
        ("io_uring_enter", libc::SYS_io_uring_enter),
        ("io_uring_register", libc::SYS_io_uring_register),
        ("clone3", libc::SYS_clone3),
        ("open_tree", libc::SYS_open_tree),
        ("move_mount", libc::SYS_move_mount),
        ("fsopen", libc::SYS_fsopen),
        ("fsconfig", libc::SYS_fsconfig),
        ("fsmount", libc::SYS_fsmount),
        ("fspick", libc::SYS_fspick),
        ("mount_setattr", libc::SYS_mount_setattr),
        ("ioctl", libc::SYS_ioctl),
        ("socket", libc::SYS_socket),
        ("socketpair", libc::SYS_socketpair),
        ("clone", libc::SYS_clone),
        ("unshare", libc::SYS_unshare),
        ("sethostname", libc::SYS_sethostname),
        ("setdomainname", libc::SYS_setdomainname),
        ("openat", libc::SYS_openat),
        ("fcntl", libc::SYS_fcntl),
        ("fchmodat", libc::SYS_fchmodat),
        ("fchmod", libc::SYS_fchmod),
        ("mknodat", libc::SYS_mknodat),
        ("syslog", libc::SYS_syslog),
        ("acct", libc::SYS_acct),
        ("quotactl", libc::SYS_quotactl),
        ("swapon", libc::SYS_swapon),
        ("swapoff", libc::SYS_swapoff),
        ("reboot", libc::SYS_reboot),
        ("kexec_load", libc::SYS_kexec_load),
        ("kexec_file_load", libc::SYS_kexec_file_load),
        ("init_module", libc::SYS_init_module),
        ("finit_module", libc::SYS_finit_module),
        ("delete_module", libc::SYS_delete_module),
        ("settimeofday", libc::SYS_settimeofday),
        ("clock_settime", libc::SYS_clock_settime),
        ("vhangup", libc::SYS_vhangup),
    ] {
        let line = LINES.iter().find(|line| line.name == name).unwrap();
        assert_eq!(i64::from(line.numbers[own]), number, "{name}");
    }
}

/// Each call of the data, and both its neighbours by number, by every way.
#[test]
fn listed_calls_are_refused_and_their_neighbours_pass() {
    for way in WAYS {
        let listed: BTreeMap<u32, _> = LINES
            .iter()
            .filter(|line| line.numbers[way.2] != ABSENT)
            .map(|line| (line.numbers[way.2], line))
            .collect();
        for number in 0..600 {
            for arguments in [[0; 6], [1; 6], [u64::MAX; 6]] {
                let found = answer(way.0, way.1, number, &arguments, OFF);
                match listed.get(&number) {
                    None => assert_eq!(found, Allowed, "{number} by {:x}", way.1),
                    Some(line) if line.when.is_empty() => {
                        assert_eq!(found, Errno(line.errno), "{} by {:x}", line.name, way.1);
                    }
                    // Further down.
                    Some(_) => {}
                }
            }
        }
    }
}

#[test]
fn what_has_tests_is_refused_by_them_alone() {
    for way in WAYS {
        for line in LINES
            .iter()
            .filter(|line| !line.when.is_empty() && line.numbers[way.2] != ABSENT)
        {
            let mut arguments = [0; 6];
            for test in line.when {
                let (argument, value) = match *test {
                    Test::Is(argument, value) | Test::AnyOf(argument, value) => (argument, value),
                    Test::IsNot(argument, value) => (argument, value + 1000),
                };
                arguments[usize::from(argument)] = u64::from(value);
            }
            way.check(line.name, &arguments, Errno(line.errno));
            // The upper half of an argument is nothing to the kernel.
            way.check(
                line.name,
                &arguments.map(|argument| argument | 0xffff_ffff << 32),
                Errno(line.errno),
            );
        }
    }
}

#[test]
fn no_namespace_can_be_made_and_processes_can() {
    let flag = |flag: libc::c_int| u64::from(flag.cast_unsigned());
    let namespaces = [
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWNS,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWCGROUP,
    ]
    .map(flag);
    let threads =
        flag(libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_FILES | libc::CLONE_THREAD | libc::CLONE_SIGHAND);
    for way in WAYS {
        for others in [0, flag(libc::SIGCHLD), threads, 1 << 40] {
            for namespace in namespaces {
                for call in ["unshare", "clone"] {
                    way.check(call, &[namespace | others], Errno(libc::EPERM));
                    way.check(call, &[others, namespace], Allowed);
                }
            }
        }
        way.check("unshare", &[0x80], Errno(libc::EPERM)); // CLONE_NEWTIME
        way.check(
            "clone",
            &[flag(libc::SIGCHLD | libc::CLONE_VFORK | libc::CLONE_VM)],
            Allowed,
        );
        way.check("unshare", &[flag(libc::CLONE_FS | libc::CLONE_FILES)], Allowed);
        way.check("clone3", &[0], Errno(libc::ENOSYS));
    }
}

#[test]
fn nothing_can_be_typed_into_a_terminal_and_other_requests_pass() {
    const TIOCLINUX: u64 = 0x541c;
    const TIOCSETD: u64 = 0x5423;
    for way in WAYS {
        for request in [libc::TIOCSTI, TIOCLINUX, TIOCSETD] {
            way.check("ioctl", &[0, request], Errno(libc::EPERM));
            way.check("ioctl", &[0, request | 1 << 32], Errno(libc::EPERM));
            way.check("ioctl", &[request, 0, request], Allowed);
            way.check("ioctl", &[0, request + 1], Allowed);
        }
        for request in [libc::TCGETS, libc::TIOCGWINSZ, libc::TIOCSCTTY, libc::FIONREAD] {
            way.check("ioctl", &[0, request], Allowed);
        }
    }
}

#[test]
fn threat_72_no_mode_has_the_set_user_id_bit_and_all_others_pass() {
    let create = u64::from(libc::O_CREAT.cast_unsigned());
    let temporary = u64::from(libc::O_TMPFILE.cast_unsigned());
    for way in WAYS {
        for (call, place) in [
            ("chmod", 1),
            ("fchmod", 1),
            ("fchmodat", 2),
            ("fchmodat2", 2),
            ("creat", 1),
            ("mknod", 1),
            ("mknodat", 2),
            ("open", 2),
            ("openat", 3),
        ] {
            if way.number(call).is_none() {
                continue;
            }
            for flags in [create, temporary, create | 0o1102] {
                let with = |mode| {
                    let mut arguments = [u64::MAX; 6];
                    if call.starts_with("open") {
                        arguments[place - 1] = flags;
                    }
                    arguments[place] = mode;
                    arguments
                };
                for mode in [0, 0o644, 0o755, 0o777, 0o1777] {
                    for kind in [0, 0o100_000] {
                        way.check(call, &with(kind | mode), Allowed);
                        way.check(call, &with(kind | mode | 0o4000), Errno(libc::EPERM));
                        way.check(call, &with(kind | mode | 0o6000 | 1 << 32), Errno(libc::EPERM));
                    }
                }
            }
        }
        // Without a flag that makes something, what lies in the place of the mode is none.
        for flags in [0, 1, 2, 0o1001, u64::from(libc::O_DIRECTORY.cast_unsigned())] {
            way.check("openat", &[0, 0, flags, u64::MAX], Allowed);
        }
    }
}

#[test]
fn threat_73_no_lease_can_be_taken_and_locks_can() {
    for way in WAYS {
        for call in ["fcntl", "fcntl64"] {
            if way.number(call).is_none() {
                continue;
            }
            for (command, expected) in [
                (libc::F_SETLEASE, Errno(libc::EPERM)),
                (libc::F_SETLEASE + 16, Errno(libc::EPERM)),
                (libc::F_GETLEASE, Allowed),
                (libc::F_NOTIFY, Allowed),
                (libc::F_DUPFD_CLOEXEC, Allowed),
                (libc::F_SETLKW, Allowed),
                (libc::F_OFD_SETLKW, Allowed),
                (libc::F_ADD_SEALS, Allowed),
                (libc::F_SETFL, Allowed),
            ] {
                let command = u64::from(command.cast_unsigned());
                way.check(call, &[0, command], expected);
                way.check(call, &[0, command | 1 << 32], expected);
                way.check(call, &[command, 0, command], Allowed);
            }
        }
    }
}

#[test]
fn sockets_are_of_four_families_and_netlink_tells_of_routes() {
    let known = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    for way in WAYS {
        for call in ["socket", "socketpair"] {
            for family in 0..64 {
                let expected = if known.contains(&family) {
                    Allowed
                } else {
                    Errno(libc::EAFNOSUPPORT)
                };
                let family = u64::from(family.cast_unsigned());
                way.check(call, &[family, 1], expected);
                way.check(call, &[family | 1 << 32, 1], expected);
            }
            for protocol in 0..32u64 {
                let expected = if protocol == 0 {
                    Allowed
                } else {
                    Errno(libc::EAFNOSUPPORT)
                };
                way.check(call, &[16, 3, protocol], expected);
                // The protocol of other families is their own affair.
                way.check(call, &[2, 1, protocol], Allowed);
            }
        }
    }
    for (subcall, expected) in [
        (1, Errno(libc::ENOSYS)),
        (8, Errno(libc::ENOSYS)),
        (2, Allowed),
        (3, Allowed),
    ] {
        I386.check("socketcall", &[subcall], expected);
    }
}

#[test]
fn threat_50_every_x32_call_is_refused() {
    for number in 0..600 {
        let found = answer(&X86_64, 0xc000_003e, number | 0x4000_0000, &[2, 1], OFF);
        assert_eq!(found, Errno(libc::ENOSYS), "{number}");
    }
    // The bit means nothing by the other ways: there are no such calls.
    assert_eq!(answer(&X86_64, 0x4000_0003, 0x4000_0003, &[], OFF), Allowed);
}

#[test]
fn another_way_into_the_kernel_is_the_end() {
    for audit in [0, 0x8000_0016, 0xc000_00b7, 0x4000_0028, 0xc000_00f3] {
        assert_eq!(answer(&X86_64, audit, 0, &[], OFF), Killed, "{audit:x}");
    }
    assert_eq!(answer(&ARM64, 0xc000_003e, 0, &[], OFF), Killed);
}

#[test]
fn a_switch_opens_its_own_calls_and_no_others() {
    let nested = Switches {
        nested_sandbox: true,
        ..OFF
    };
    let debugger = Switches {
        debugger: true,
        ..OFF
    };
    let everything = [0x1000_0000; 6]; // CLONE_NEWUSER, and nothing to the other tests but a family.
    for way in WAYS {
        for line in LINES.iter().filter(|line| way.number(line.name).is_some()) {
            let closed = answer(way.0, way.1, line.numbers[way.2], &everything, OFF);
            for (switches, opens) in [(nested, Opens::NestedSandbox), (debugger, Opens::Debugger)] {
                let expected = if line.opens == opens { Allowed } else { closed };
                way.check_with(switches, line.name, &everything, expected);
            }
        }
        way.check("ptrace", &[], Errno(libc::EPERM));
        way.check_with(debugger, "ptrace", &[], Allowed);
        way.check_with(debugger, "mount", &[], Errno(libc::EPERM));
        way.check_with(nested, "mount", &[], Allowed);
        way.check_with(nested, "ptrace", &[], Errno(libc::EPERM));
        way.check_with(nested, "socket", &[40, 1], Errno(libc::EAFNOSUPPORT));
    }
    assert_eq!(
        answer(&X86_64, 0xc000_003e, 0x4000_0000, &[], nested),
        Errno(libc::ENOSYS)
    );
}

#[test]
fn the_kernel_takes_a_program_of_this_length() {
    for machine in [&X86_64, &ARM64] {
        let length = program(machine, OFF).unwrap().len();
        assert!(length < 4096, "{length}"); // BPF_MAXINSNS, linux/bpf_common.h
    }
    assert_eq!(filter(OFF).unwrap().len() % 8, 0);
}
