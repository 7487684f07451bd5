//! Which system calls are refused, as data: a line each, with the reason. Decides nothing; `program.rs` makes instructions of it.
//!
//! Numbers: arch/x86/entry/syscalls/syscall_{64,32}.tbl, include/uapi/asm-generic/unistd.h and arch/arm/tools/syscall.tbl of
//! Linux. A refusal holds whatever the arguments, or when all tests hold; the kernel looks at the low 32 bits of all that are
//! tested, and so do the tests.

use libc::{EAFNOSUPPORT, ENOSYS, EPERM};

use Opens::{Debugger, NestedSandbox, Nothing};
use Test::{AnyOf, Is, IsNot};

/// One refusal.
pub(super) struct Line {
    /// The call, as the kernel names it.
    #[cfg_attr(not(test), expect(dead_code, reason = "for people and tests"))]
    pub(super) name: &'static str,
    /// Its numbers on x86-64, arm64, i386 and arm, or [`ABSENT`].
    pub(super) numbers: [u32; 4],
    /// What its arguments have to be.
    pub(super) when: &'static [Test],
    /// What the caller hears.
    pub(super) errno: i32,
    /// The switch that lets it through.
    pub(super) opens: Opens,
    /// Why it is refused.
    #[cfg_attr(not(test), expect(dead_code, reason = "for people and tests"))]
    pub(super) reason: &'static str,
}

/// A test of one argument, which is counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// It is this.
    Is(u8, u32),
    /// It is anything else.
    IsNot(u8, u32),
    /// One of these bits is set.
    AnyOf(u8, u32),
}

/// The switch that lets a call through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    /// None.
    Nothing,
    /// `nested_sandbox`.
    NestedSandbox,
    /// `debugger`.
    Debugger,
}

/// An architecture has no such call.
pub(super) const ABSENT: u32 = u32::MAX;

/// Of asm-generic/ioctls.h.
const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541c;
const TIOCSETD: u32 = 0x5423;

/// Of linux/net.h: what socketcall(2) is called for.
const SYS_SOCKET: u32 = 1;
const SYS_SOCKETPAIR: u32 = 8;

const NETLINK: u32 = libc::AF_NETLINK.cast_unsigned();
const OTHER_FAMILY: &[Test] = &[
    IsNot(0, libc::AF_UNIX.cast_unsigned()),
    IsNot(0, libc::AF_INET.cast_unsigned()),
    IsNot(0, libc::AF_INET6.cast_unsigned()),
    IsNot(0, NETLINK),
];
const OTHER_NETLINK: &[Test] = &[Is(0, NETLINK), IsNot(2, libc::NETLINK_ROUTE.cast_unsigned())];

/// Flags of clone(2) and unshare(2).
const NAMESPACES: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET)
    .cast_unsigned();
/// Of unshare(2) alone; the same bit is part of a signal's number to clone(2).
const NEW_TIME: u32 = 0x80;

/// The bit of a mode that lets whoever starts a file act as its owner.
const SET_USER: u32 = libc::S_ISUID;
/// Flags with which open(2) has a mode; without them its place holds anything. The second is `__O_TMPFILE` of
/// asm-generic/fcntl.h, the half of `O_TMPFILE` that nothing else has.
const MAKES: u32 = libc::O_CREAT.cast_unsigned() | 0x40_0000;
const MAKES_SET_USER_AT_1: &[Test] = &[AnyOf(1, MAKES), AnyOf(2, SET_USER)];
const MAKES_SET_USER_AT_2: &[Test] = &[AnyOf(2, MAKES), AnyOf(3, SET_USER)];

/// Commands of fcntl(2). The second is in linux/fcntl.h since Linux 6.19.
const F_SETLEASE: u32 = libc::F_SETLEASE.cast_unsigned();
const F_SETDELEG: u32 = F_SETLEASE + 16;

/// What is called often comes first: the lines are compared in their order.
#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    // The set-user-id bit: nothing inside gains by it, and another account of the machine does. Not openat2, whose mode lies in
    // memory: current programs, tar among them, call it and nothing else. A file that it makes is empty, and the kernel takes
    // the bit away when something comes into it. Not mkdir: the kernel makes no directory with the bit.
    line("openat", [257, 56, 295, 322], MAKES_SET_USER_AT_2, EPERM, Nothing, "makes a file by which others act as the user"),
    line("open", [2, ABSENT, 5, 5], MAKES_SET_USER_AT_1, EPERM, Nothing, "as openat"),
    // Whoever opens a file that has a lease waits for its holder, the programs of the host too.
    line("fcntl", [72, 25, 55, 55], &[Is(1, F_SETLEASE)], EPERM, Nothing, "holds up programs of the host that open a file"),
    line("fcntl", [72, 25, 55, 55], &[Is(1, F_SETDELEG)], EPERM, Nothing, "as a lease, of a directory too"),
    line("fcntl64", [ABSENT, ABSENT, 221, 221], &[Is(1, F_SETLEASE)], EPERM, Nothing, "as fcntl"),
    line("fcntl64", [ABSENT, ABSENT, 221, 221], &[Is(1, F_SETDELEG)], EPERM, Nothing, "as fcntl"),
    // Types into, or reprograms, the terminal. The kernel looks at the low 32 bits of a request only.
    line("ioctl", [16, 29, 54, 54], &[Is(1, TIOCSTI)], EPERM, Nothing, "types into the terminal (CVE-2017-5226)"),
    line("ioctl", [16, 29, 54, 54], &[Is(1, TIOCLINUX)], EPERM, Nothing, "pastes into a virtual console"),
    line("ioctl", [16, 29, 54, 54], &[Is(1, TIOCSETD)], EPERM, Nothing, "puts a driver of the kernel on the terminal, many of them old (CVE-2023-6546)"),
    // The set-user-id bit again.
    line("fchmodat", [268, 53, 306, 333], &[AnyOf(2, SET_USER)], EPERM, Nothing, "lets others act as the user"),
    line("fchmod", [91, 52, 94, 94], &[AnyOf(1, SET_USER)], EPERM, Nothing, "as fchmodat"),
    line("chmod", [90, ABSENT, 15, 15], &[AnyOf(1, SET_USER)], EPERM, Nothing, "as fchmodat"),
    line("fchmodat2", [452, 452, 452, 452], &[AnyOf(2, SET_USER)], EPERM, Nothing, "as fchmodat"),
    line("creat", [85, ABSENT, 8, 8], &[AnyOf(1, SET_USER)], EPERM, Nothing, "as openat"),
    line("mknodat", [259, 33, 297, 324], &[AnyOf(2, SET_USER)], EPERM, Nothing, "as openat"),
    line("mknod", [133, ABSENT, 14, 14], &[AnyOf(1, SET_USER)], EPERM, Nothing, "as openat"),
    // Sockets that reach only the network namespace of the session; of netlink the part that tells of it.
    line("socket", [41, 198, 359, 281], OTHER_FAMILY, EAFNOSUPPORT, Nothing, "other families reach out of the namespace, or into old code"),
    line("socket", [41, 198, 359, 281], OTHER_NETLINK, EAFNOSUPPORT, Nothing, "netlink beside routes is kernel surface"),
    line("socketpair", [53, 199, 360, 288], OTHER_FAMILY, EAFNOSUPPORT, Nothing, "as socket"),
    line("socketpair", [53, 199, 360, 288], OTHER_NETLINK, EAFNOSUPPORT, Nothing, "as socket"),
    line("socketcall", [ABSENT, ABSENT, 102, ABSENT], &[Is(0, SYS_SOCKET)], ENOSYS, Nothing, "its arguments lie in memory, where no filter sees them; libc has socket"),
    line("socketcall", [ABSENT, ABSENT, 102, ABSENT], &[Is(0, SYS_SOCKETPAIR)], ENOSYS, Nothing, "as before; libc has socketpair"),
    // Namespaces, and roots and mounts, which are walls.
    line("clone", [56, 220, 120, 120], &[AnyOf(0, NAMESPACES)], EPERM, NestedSandbox, "a namespace gives capabilities over new kernel surface"),
    line("unshare", [272, 97, 310, 337], &[AnyOf(0, NAMESPACES | NEW_TIME)], EPERM, NestedSandbox, "as clone"),
    line("clone3", [435, 435, 435, 435], &[], ENOSYS, NestedSandbox, "its flags lie in memory, where no filter sees them; libc falls back to clone"),
    line("setns", [308, 268, 346, 375], &[], EPERM, NestedSandbox, "enters the namespaces of another process"),
    line("mount", [165, 40, 21, 21], &[], EPERM, NestedSandbox, "mounts are a wall"),
    line("umount", [ABSENT, ABSENT, 22, ABSENT], &[], EPERM, NestedSandbox, "mounts are a wall"),
    line("umount2", [166, 39, 52, 52], &[], EPERM, NestedSandbox, "mounts are a wall"),
    line("pivot_root", [155, 41, 217, 218], &[], EPERM, NestedSandbox, "the root is a wall"),
    line("chroot", [161, 51, 61, 61], &[], EPERM, NestedSandbox, "the root is a wall"),
    line("open_tree", [428, 428, 428, 428], &[], ENOSYS, NestedSandbox, "mounts are a wall; callers fall back to mount"),
    line("open_tree_attr", [467, 467, 467, 467], &[], ENOSYS, NestedSandbox, "as open_tree"),
    line("move_mount", [429, 429, 429, 429], &[], ENOSYS, NestedSandbox, "as open_tree"),
    line("fsopen", [430, 430, 430, 430], &[], ENOSYS, NestedSandbox, "as open_tree"),
    line("fsconfig", [431, 431, 431, 431], &[], ENOSYS, NestedSandbox, "as open_tree"),
    line("fsmount", [432, 432, 432, 432], &[], ENOSYS, NestedSandbox, "as open_tree"),
    line("fspick", [433, 433, 433, 433], &[], ENOSYS, NestedSandbox, "as open_tree"),
    line("mount_setattr", [442, 442, 442, 442], &[], ENOSYS, NestedSandbox, "as open_tree"),
    line("sethostname", [170, 161, 74, 74], &[], EPERM, NestedSandbox, "wants a namespace of its own"),
    line("setdomainname", [171, 162, 121, 121], &[], EPERM, NestedSandbox, "wants a namespace of its own"),
    // Other programs of the session hold what a person allowed to one of them.
    line("ptrace", [101, 117, 26, 26], &[], EPERM, Debugger, "reads and changes another program"),
    line("process_vm_readv", [310, 270, 347, 376], &[], EPERM, Debugger, "reads the memory of another program"),
    line("process_vm_writev", [311, 271, 348, 377], &[], EPERM, Debugger, "changes the memory of another program"),
    line("pidfd_getfd", [438, 438, 438, 438], &[], EPERM, Debugger, "takes an open file of another program"),
    // Keys: the session keyring inside is a fresh one, but the user keyring is that of the host.
    line("keyctl", [250, 219, 288, 311], &[], EPERM, Nothing, "reads keys of the host"),
    line("add_key", [248, 217, 286, 309], &[], EPERM, Nothing, "changes keys of the host"),
    line("request_key", [249, 218, 287, 310], &[], EPERM, Nothing, "starts a program on the host that looks for a key"),
    // Files by handle get round every path.
    line("name_to_handle_at", [303, 264, 341, 370], &[], EPERM, Nothing, "makes a handle"),
    line("open_by_handle_at", [304, 265, 342, 371], &[], EPERM, Nothing, "opens by handle"),
    // Kernel surface with a history of privilege escalation.
    line("io_uring_setup", [425, 425, 425, 425], &[], ENOSYS, Nothing, "calls through it pass no filter; callers fall back to epoll"),
    line("io_uring_enter", [426, 426, 426, 426], &[], ENOSYS, Nothing, "as io_uring_setup"),
    line("io_uring_register", [427, 427, 427, 427], &[], ENOSYS, Nothing, "as io_uring_setup"),
    line("bpf", [321, 280, 357, 386], &[], EPERM, Nothing, "loads programs into the kernel"),
    line("userfaultfd", [323, 282, 374, 388], &[], EPERM, Nothing, "holds the kernel up in the middle of a call"),
    line("perf_event_open", [298, 241, 336, 364], &[], EPERM, Nothing, "a large and fragile part of the kernel"),
    line("fanotify_init", [300, 262, 338, 367], &[], EPERM, Nothing, "watches files by mount"),
    line("lookup_dcookie", [212, 18, 253, 249], &[], EPERM, Nothing, "tells paths from cookies of the kernel"),
    line("vm86", [ABSENT, ABSENT, 166, ABSENT], &[], EPERM, Nothing, "16-bit code in the kernel's care"),
    line("vm86old", [ABSENT, ABSENT, 113, ABSENT], &[], EPERM, Nothing, "as vm86"),
    line("uselib", [134, ABSENT, 86, 86], &[], EPERM, Nothing, "obsolete, with a history (CVE-2004-1235)"),
    line("ustat", [136, ABSENT, 62, 62], &[], EPERM, Nothing, "obsolete, asks devices by number"),
    line("_sysctl", [156, ABSENT, 149, 149], &[], EPERM, Nothing, "obsolete, sets the kernel's parameters"),
    line("nfsservctl", [180, 42, 169, 169], &[], EPERM, Nothing, "obsolete, talks to the NFS server of the kernel"),
    // The machine itself. All want a privilege that no program inside has.
    line("syslog", [103, 116, 103, 103], &[], EPERM, Nothing, "reads the log of the kernel, with its addresses"),
    line("acct", [163, 89, 51, 51], &[], EPERM, Nothing, "records every process of the machine"),
    line("quotactl", [179, 60, 131, 131], &[], EPERM, Nothing, "sets limits of the host's file systems"),
    line("quotactl_fd", [443, 443, 443, 443], &[], EPERM, Nothing, "as quotactl"),
    line("swapon", [167, 224, 87, 87], &[], EPERM, Nothing, "the machine's memory"),
    line("swapoff", [168, 225, 115, 115], &[], EPERM, Nothing, "the machine's memory"),
    line("reboot", [169, 142, 88, 88], &[], EPERM, Nothing, "ends the machine"),
    line("kexec_load", [246, 104, 283, 347], &[], EPERM, Nothing, "replaces the kernel"),
    line("kexec_file_load", [320, 294, ABSENT, 401], &[], EPERM, Nothing, "replaces the kernel"),
    line("init_module", [175, 105, 128, 128], &[], EPERM, Nothing, "code in the kernel"),
    line("finit_module", [313, 273, 350, 379], &[], EPERM, Nothing, "code in the kernel"),
    line("delete_module", [176, 106, 129, 129], &[], EPERM, Nothing, "code in the kernel"),
    line("create_module", [174, ABSENT, 127, ABSENT], &[], EPERM, Nothing, "code in the kernel"),
    line("iopl", [172, ABSENT, 110, ABSENT], &[], EPERM, Nothing, "ports of the hardware"),
    line("ioperm", [173, ABSENT, 101, ABSENT], &[], EPERM, Nothing, "ports of the hardware"),
    line("settimeofday", [164, 170, 79, 79], &[], EPERM, Nothing, "the machine's clock"),
    line("clock_settime", [227, 112, 264, 262], &[], EPERM, Nothing, "the machine's clock"),
    line("clock_settime64", [ABSENT, ABSENT, 404, 404], &[], EPERM, Nothing, "the machine's clock"),
    line("stime", [ABSENT, ABSENT, 25, ABSENT], &[], EPERM, Nothing, "the machine's clock"),
    line("vhangup", [153, 58, 111, 111], &[], EPERM, Nothing, "hangs the terminal up"),
];

const fn line(
    name: &'static str,
    numbers: [u32; 4],
    when: &'static [Test],
    errno: i32,
    opens: Opens,
    reason: &'static str,
) -> Line {
    Line {
        name,
        numbers,
        when,
        errno,
        opens,
        reason,
    }
}
