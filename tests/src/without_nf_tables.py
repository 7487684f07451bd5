# Becomes the given command where the kernel has no nf_tables for it: sockets of netlink's netfilter family are said to be
# none that the kernel knows, which is what a kernel without the module says.
import ctypes, os, platform, struct, sys
arch, call = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}[platform.machine()]
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
NETLINK, NETFILTER, NOT_SUPPORTED = 16, 12, 93
steps = [
    (LOAD, 0, 0, 4), (EQUAL, 0, 7, arch),
    (LOAD, 0, 0, 0), (EQUAL, 0, 5, call),
    (LOAD, 0, 0, 16), (EQUAL, 0, 3, NETLINK),
    (LOAD, 0, 0, 32), (EQUAL, 0, 1, NETFILTER),
    (RETURN, 0, 0, 0x00050000 | NOT_SUPPORTED),
    (RETURN, 0, 0, 0x7FFF0000),
]
filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack("HL", len(steps), ctypes.addressof(filters)))
libc = ctypes.CDLL(None, use_errno=True)
for option in [(38, 1, 0, 0, 0), (22, 2, ctypes.addressof(program))]:
    arguments = [ctypes.c_ulong(value) for value in option]
    if libc.prctl(*arguments) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
os.execv(sys.argv[1], sys.argv[1:])
