"""Tries every refused system call, socket family and terminal request, by the machine's own entry and by int 0x80, and prints
one line each: what, by which way, what came of it, what the filter says.

Numbers are those of asm/unistd_64.h and asm/unistd_32.h; the product has its own. Where nothing else is said all arguments are
-1, with which no call does anything."""

import ctypes, errno, mmap

LIBC = ctypes.CDLL(None, use_errno=True)

# int call(number, a, b, c, d, e) by int 0x80, from a 64-bit program: the kernel takes it for a 32-bit one's.
CODE = bytes.fromhex("53 55 89f8 89f3 87d1 4489c6 4489cf 31ed cd80 5d 5b c3")
PAGE = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
PAGE.write(CODE)
ENTER = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint] * 6)(ctypes.addressof(ctypes.c_char.from_buffer(PAGE)))


def native(number, arguments):
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(one) for one in arguments])
    return ctypes.get_errno() if result == -1 else 0


def compatible(number, arguments):
    result = ENTER(number, *[one & 0xffffffff for one in arguments[:5]])
    return -result if result < 0 else 0


def attempt(what, numbers, arguments, expected):
    arguments = list(arguments) + [-1] * (6 - len(arguments))
    for way, call, number in (("native", native, numbers[0]), ("int80", compatible, numbers[1])):
        if number is not None:
            found = call(number, arguments)
            print(what, way, errno.errorcode.get(found, str(found)), expected)


CALLS = [
    ('clone3', 435, 435, 'ENOSYS'),
    ('setns', 308, 346, 'EPERM'),
    ('mount', 165, 21, 'EPERM'),
    ('umount', None, 22, 'EPERM'),
    ('umount2', 166, 52, 'EPERM'),
    ('pivot_root', 155, 217, 'EPERM'),
    ('chroot', 161, 61, 'EPERM'),
    ('open_tree', 428, 428, 'ENOSYS'),
    ('open_tree_attr', 467, 467, 'ENOSYS'),
    ('move_mount', 429, 429, 'ENOSYS'),
    ('fsopen', 430, 430, 'ENOSYS'),
    ('fsconfig', 431, 431, 'ENOSYS'),
    ('fsmount', 432, 432, 'ENOSYS'),
    ('fspick', 433, 433, 'ENOSYS'),
    ('mount_setattr', 442, 442, 'ENOSYS'),
    ('sethostname', 170, 74, 'EPERM'),
    ('setdomainname', 171, 121, 'EPERM'),
    ('ptrace', 101, 26, 'EPERM'),
    ('process_vm_readv', 310, 347, 'EPERM'),
    ('process_vm_writev', 311, 348, 'EPERM'),
    ('pidfd_getfd', 438, 438, 'EPERM'),
    ('keyctl', 250, 288, 'EPERM'),
    ('add_key', 248, 286, 'EPERM'),
    ('request_key', 249, 287, 'EPERM'),
    ('name_to_handle_at', 303, 341, 'EPERM'),
    ('open_by_handle_at', 304, 342, 'EPERM'),
    ('io_uring_setup', 425, 425, 'ENOSYS'),
    ('io_uring_enter', 426, 426, 'ENOSYS'),
    ('io_uring_register', 427, 427, 'ENOSYS'),
    ('bpf', 321, 357, 'EPERM'),
    ('userfaultfd', 323, 374, 'EPERM'),
    ('perf_event_open', 298, 336, 'EPERM'),
    ('fanotify_init', 300, 338, 'EPERM'),
    ('lookup_dcookie', 212, 253, 'EPERM'),
    ('vm86', None, 166, 'EPERM'),
    ('vm86old', None, 113, 'EPERM'),
    ('uselib', 134, 86, 'EPERM'),
    ('ustat', 136, 62, 'EPERM'),
    ('_sysctl', 156, 149, 'EPERM'),
    ('nfsservctl', 180, 169, 'EPERM'),
    ('syslog', 103, 103, 'EPERM'),
    ('acct', 163, 51, 'EPERM'),
    ('quotactl', 179, 131, 'EPERM'),
    ('quotactl_fd', 443, 443, 'EPERM'),
    ('swapon', 167, 87, 'EPERM'),
    ('swapoff', 168, 115, 'EPERM'),
    ('reboot', 169, 88, 'EPERM'),
    ('kexec_load', 246, 283, 'EPERM'),
    ('kexec_file_load', 320, None, 'EPERM'),
    ('init_module', 175, 128, 'EPERM'),
    ('finit_module', 313, 350, 'EPERM'),
    ('delete_module', 176, 129, 'EPERM'),
    ('create_module', 174, 127, 'EPERM'),
    ('iopl', 172, 110, 'EPERM'),
    ('ioperm', 173, 101, 'EPERM'),
    ('settimeofday', 164, 79, 'EPERM'),
    ('clock_settime', 227, 264, 'EPERM'),
    ('clock_settime64', None, 404, 'EPERM'),
    ('stime', None, 25, 'EPERM'),
]

for name, own, other, expected in CALLS:
    attempt(name, (own, other), [], expected)

NAMESPACES = dict(user=0x10000000, mount=0x20000, net=0x40000000, pid=0x20000000, ipc=0x8000000, uts=0x4000000, cgroup=0x2000000)
# CLONE_PIDFD with CLONE_DETACHED is no combination to clone(2), so no process is made; unshare(2) knows no bit 0.
for name, flag in NAMESPACES.items():
    attempt("clone-" + name, (56, 120), [flag | 0x1000 | 0x400000, 0, 0, 0, 0], "EPERM")
    attempt("unshare-" + name, (272, 310), [flag | 1], "EPERM")
attempt("unshare-time", (272, 310), [0x80 | 1], "EPERM")

SOCKET, SOCKETPAIR = (41, 359), (53, 360)
KNOWN = (1, 2, 10, 16)
for family in range(46):
    expected = "0" if family in KNOWN else "EAFNOSUPPORT"
    attempt(f"socket-{family}", SOCKET, [family, 2, 0], expected)
for family in (17, 38, 40):
    attempt(f"socketpair-{family}", SOCKETPAIR, [family, 2, 0, 0], "EAFNOSUPPORT")
for protocol in range(23):
    attempt(f"netlink-{protocol}", SOCKET, [16, 3, protocol], "EAFNOSUPPORT" if protocol else "0")
attempt("socketcall-socket", (None, 102), [1, 0], "ENOSYS")
attempt("socketcall-socketpair", (None, 102), [8, 0], "ENOSYS")

for name, request in dict(TIOCSTI=0x5412, TIOCLINUX=0x541c, TIOCSETD=0x5423).items():
    attempt(name, (16, 54), [-1, request, 0], "EPERM")
    # The kernel looks at the low half only; a 32-bit call has no other.
    attempt(name + "-high", (16, None), [-1, request | 1 << 32, 0], "EPERM")

# Which argument is the mode. No path and no descriptor is there, so nothing comes of any.
CREATE, TEMPORARY = 0o100, 0o20200000
MODES = dict(chmod=((90, 15), 1), fchmod=((91, 94), 1), fchmodat=((268, 306), 2), fchmodat2=((452, 452), 2),
             creat=((85, 8), 1), mknod=((133, 14), 1), mknodat=((259, 297), 2), mkdir=((83, 39), 1), mkdirat=((258, 296), 2))
for name, (numbers, place) in MODES.items():
    for bits in (0, 0o1000, 0o2000, 0o4000, 0o6000):
        # The kernel makes no directory with the bit, so mkdir is asked nothing.
        expected = "EPERM" if bits & 0o4000 and not name.startswith("mkdir") else "passes"
        attempt(f"{name}-{bits:o}", numbers, [-1] * place + [0o755 | bits], expected)
for name, numbers, place in (("open", (2, 5), 1), ("openat", (257, 295), 2)):
    for what, flags in dict(create=CREATE | 1, temporary=TEMPORARY | 1).items():
        for bits in (0, 0o2000, 0o4000, 0o6000):
            expected = "EPERM" if bits & 0o4000 else "passes"
            attempt(f"{name}-{what}-{bits:o}", numbers, [-1] * place + [flags, 0o755 | bits], expected)
    # Without those flags there is no mode, whatever lies in its place.
    attempt(f"{name}-read", numbers, [-1] * place + [0, 0o7777], "passes")
for command, expected in {1024: "EPERM", 1040: "EPERM", 1025: "passes", 3: "passes"}.items():
    attempt(f"fcntl-{command}", (72, 55), [-1, command, 0], expected)
    attempt(f"fcntl64-{command}", (None, 221), [-1, command, 0], expected)

# What is near to all of these, and passes: what comes of it is the kernel's own answer.
attempt("getpid", (39, 20), [], "passes")
attempt("TCGETS", (16, 54), [-1, 0x5401, 0], "passes")
attempt("unshare-files", (272, 310), [0x400], "passes")
attempt("clone-thread", (56, 120), [0x10000, 0, 0, 0, 0], "passes")
attempt("socketcall-connect", (None, 102), [3, 0], "passes")
attempt("epoll_create1", (291, 329), [0], "passes")
attempt("inotify_init1", (294, 332), [0], "passes")
attempt("userfaultfd-neighbour", (324, 375), [-1], "passes")
