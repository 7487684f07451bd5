//! What the filters answer (threats 48 to 51), read from their own instructions: whether the kernel would also have refused
//! for another reason does not matter here.

use super::*;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e; // AUDIT_ARCH_X86_64
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7; // AUDIT_ARCH_AARCH64

/// Runs one filter as the kernel does: the few instructions of classic BPF that seccompiler writes.
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
            0x25 => at += jump(accumulator > value),
            0x35 => at += jump(accumulator >= value),
            0x54 => accumulator &= value,
            other => panic!("an instruction that this test does not know: {other:#x}"),
        }
    }
}

/// The errno that a call is refused with; `None` when it is let through.
fn refused(number: libc::c_long, arguments: [u64; 6]) -> Option<libc::c_int> {
    let mut call = Vec::new();
    call.extend(i32::try_from(number).unwrap().to_ne_bytes());
    call.extend(ARCHITECTURE.to_ne_bytes());
    call.extend([0; 8]); // The instruction pointer.
    call.extend(arguments.into_iter().flat_map(u64::to_ne_bytes));
    let answers: Vec<u32> = filters()
        .unwrap()
        .iter()
        .map(|filter| run(filter, &call))
        .collect();
    let refusal = answers
        .iter()
        .find(|answer| **answer != libc::SECCOMP_RET_ALLOW)?;
    assert_eq!(refusal & 0xffff_0000, libc::SECCOMP_RET_ERRNO, "{answers:x?}");
    Some(i32::try_from(refusal & 0xffff).unwrap())
}

fn check(call: libc::c_long, arguments: &[u64], expected: Option<libc::c_int>) {
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    assert_eq!(refused(call, all), expected, "call {call} with {arguments:x?}");
}

#[test]
fn calls_that_no_program_needs_are_refused_whatever_their_arguments() {
    let permission = [
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_bpf,
        libc::SYS_userfaultfd,
        libc::SYS_perf_event_open,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_setns,
        libc::SYS_fanotify_init,
        libc::SYS_name_to_handle_at,
        libc::SYS_open_by_handle_at,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
    ];
    let missing = [
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_clone3,
        libc::SYS_open_tree,
        libc::SYS_move_mount,
        libc::SYS_fsopen,
        libc::SYS_fsconfig,
        libc::SYS_fsmount,
        libc::SYS_fspick,
        libc::SYS_mount_setattr,
    ];
    for arguments in [[0; 6], [1; 6], [u64::MAX; 6]] {
        for call in permission {
            check(call, &arguments, Some(libc::EPERM));
        }
        for call in missing {
            check(call, &arguments, Some(libc::ENOSYS));
        }
        for call in [
            libc::SYS_read,
            libc::SYS_openat,
            libc::SYS_execve,
            libc::SYS_seccomp,
        ] {
            check(call, &arguments, None);
        }
    }
}

#[test]
fn user_namespaces_cannot_be_made_and_processes_can() {
    let flag = |flag: libc::c_int| u64::from(flag.cast_unsigned());
    let (user, child) = (flag(libc::CLONE_NEWUSER), flag(libc::SIGCHLD));
    for call in [libc::SYS_unshare, libc::SYS_clone] {
        for others in [
            0,
            child,
            flag(libc::CLONE_NEWNS),
            flag(libc::CLONE_NEWPID),
            1 << 40,
        ] {
            check(call, &[user | others], Some(libc::EPERM));
            check(call, &[others, user], None);
        }
    }
}

#[test]
fn nothing_can_be_typed_into_a_terminal_and_other_requests_pass() {
    const TIOCLINUX: u64 = 0x541c;
    for request in [libc::TIOCSTI, TIOCLINUX] {
        check(libc::SYS_ioctl, &[0, request], Some(libc::EPERM));
        // The kernel looks at the low 32 bits only.
        check(libc::SYS_ioctl, &[0, request | 1 << 32], Some(libc::EPERM));
        check(libc::SYS_ioctl, &[request, 0, request], None);
    }
    for request in [libc::TCGETS, libc::TIOCGWINSZ, libc::TIOCSCTTY, libc::FIONREAD] {
        check(libc::SYS_ioctl, &[0, request], None);
    }
}

#[test]
fn sockets_are_of_four_families() {
    let known = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    for call in [libc::SYS_socket, libc::SYS_socketpair] {
        for family in 0..64 {
            let expected = (!known.contains(&family)).then_some(libc::EAFNOSUPPORT);
            let family = u64::from(family.cast_unsigned());
            check(call, &[family, 1], expected);
            check(call, &[family | 1 << 32, 1], expected);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn threat_50_every_x32_call_is_refused() {
    for call in [
        libc::SYS_read,
        libc::SYS_keyctl,
        libc::SYS_ptrace,
        libc::SYS_socket,
    ] {
        check(call | 0x4000_0000, &[2, 1], Some(libc::ENOSYS));
    }
    check(libc::SYS_read, &[2, 1], None);
}
