//! System calls that no program inside needs and that reach outside the walls. One filter for each errno, because
//! seccompiler has one per filter; bwrap stacks them.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// Refused with EPERM whatever their arguments.
const PERMISSION: &[libc::c_long] = &[
    // Keys of the user: the session keyring inside is a fresh one, but the user keyring is shared.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Kernel surface with a history of privilege escalation.
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    // Mounts are the wall.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_fanotify_init,
    // Files by handle get round every path.
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    // Other processes of the session hold what a person allowed to one of them.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
];

/// Refused with ENOSYS, for which every caller has an older way.
const MISSING: &[libc::c_long] = &[
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Its flags lie in memory, where no filter sees them; libc falls back to clone(2).
    libc::SYS_clone3,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
];

/// ioctl(2) requests that type into a terminal (CVE-2017-5226). The kernel looks at the low 32 bits only.
const TERMINAL_INPUT: [u64; 2] = [libc::TIOCSTI, 0x541c /* TIOCLINUX */];

/// Socket families that reach only the session's own network namespace.
const FAMILIES: [libc::c_int; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// The filters as bwrap reads them: struct `sock_filter` after struct `sock_filter`.
pub(crate) fn filters() -> io::Result<Vec<Vec<u8>>> {
    [
        (permission().map_err(io::Error::other)?, libc::EPERM),
        (
            MISSING.iter().map(|call| (*call, Vec::new())).collect(),
            libc::ENOSYS,
        ),
        (families().map_err(io::Error::other)?, libc::EAFNOSUPPORT),
    ]
    .into_iter()
    .map(|(rules, errno)| program(rules, errno).map_err(io::Error::other))
    .collect()
}

fn permission() -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = PERMISSION.iter().map(|call| (*call, Vec::new())).collect();
    let new_user = u64::from(libc::CLONE_NEWUSER.cast_unsigned());
    for call in [libc::SYS_unshare, libc::SYS_clone] {
        rules.insert(
            call,
            vec![when(0, &SeccompCmpOp::MaskedEq(new_user), &[new_user])?],
        );
    }
    let typing = TERMINAL_INPUT.map(|request| when(1, &SeccompCmpOp::Eq, &[request]));
    rules.insert(libc::SYS_ioctl, typing.into_iter().collect::<Result<_, _>>()?);
    Ok(rules)
}

fn families() -> Result<Rules, seccompiler::BackendError> {
    let families = FAMILIES.map(|family| u64::from(family.cast_unsigned()));
    let other = when(0, &SeccompCmpOp::Ne, &families)?;
    Ok(BTreeMap::from([
        (libc::SYS_socket, vec![other.clone()]),
        (libc::SYS_socketpair, vec![other]),
    ]))
}

/// A rule that holds when the argument compares so with every value.
fn when(
    argument: u8,
    operator: &SeccompCmpOp,
    values: &[u64],
) -> Result<SeccompRule, seccompiler::BackendError> {
    let conditions = values
        .iter()
        .map(|value| SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator.clone(), *value))
        .collect::<Result<_, _>>()?;
    SeccompRule::new(conditions)
}

fn program(rules: Rules, errno: libc::c_int) -> Result<Vec<u8>, seccompiler::BackendError> {
    let refuse = SeccompAction::Errno(errno.cast_unsigned());
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        refuse,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    let bytes = |instruction: &seccompiler::sock_filter| {
        [
            &instruction.code.to_ne_bytes()[..],
            &[instruction.jt, instruction.jf],
            &instruction.k.to_ne_bytes(),
        ]
        .concat()
    };
    Ok(REFUSE_X32.iter().chain(&program).flat_map(bytes).collect())
}

/// x32 calls have the architecture of ordinary ones and a bit of their own in the number (`__X32_SYSCALL_BIT`,
/// asm/unistd.h), so that no rule would match them where the kernel knows them. Programs for x32 are not built any more;
/// 32-bit programs of the other kind have an architecture of their own, and seccompiler's filters kill those.
#[cfg(target_arch = "x86_64")]
const REFUSE_X32: &[seccompiler::sock_filter] = &[
    instruction(0x20, 0, 0, 0), // Load the call's number: the first word of struct seccomp_data.
    instruction(0x35, 0, 1, 0x4000_0000), // Below the bit, go on with the filter.
    instruction(0x06, 0, 0, 0x0005_0026), // SECCOMP_RET_ERRNO with 38, ENOSYS.
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSE_X32: &[seccompiler::sock_filter] = &[];

#[cfg(target_arch = "x86_64")]
const fn instruction(code: u16, jt: u8, jf: u8, k: u32) -> seccompiler::sock_filter {
    seccompiler::sock_filter { code, jt, jf, k }
}

#[cfg(test)]
mod tests;
