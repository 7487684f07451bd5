//! The system calls that neither std nor nix wraps safely. Nothing in here decides anything.
#![expect(unsafe_code, reason = "raw system calls, one per function")]

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::unistd::{ForkResult, Pid};

use crate::plan::Access;

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Forks. The caller must be single-threaded, because the child goes on running ordinary code.
pub(crate) fn fork() -> io::Result<ForkResult> {
    // SAFETY: fork(2) leaves the child with the calling thread alone. The command line client starts no thread before
    // it launches, so no lock can be held by a thread that the child does not have.
    unsafe { nix::unistd::fork() }.map_err(io::Error::from)
}

/// Starts a child that is the child of *our parent* (`CLONE_PARENT`), in the pid namespace set up by unshare(2).
/// Returns like fork: the pid as our own namespace sees it, or `None` in the child.
pub(crate) fn fork_sibling() -> io::Result<Option<Pid>> {
    let none = 0usize;
    // SAFETY: without CLONE_VM and with no stack given, clone(2) copies the address space exactly as fork does; we are
    // single-threaded, see fork() above.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::CLONE_PARENT, none, none, none, none) };
    let pid = check(pid)?;
    Ok((pid != 0).then(|| Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX))))
}

/// A detached copy of the mount (and all below it) at `source`, which nothing can see before [`attach`].
pub(crate) fn clone_tree(source: impl AsFd) -> io::Result<OwnedFd> {
    let flags = libc::OPEN_TREE_CLONE
        | libc::OPEN_TREE_CLOEXEC
        | (libc::AT_EMPTY_PATH | libc::AT_RECURSIVE).cast_unsigned();
    let fd = source.as_fd().as_raw_fd();
    // SAFETY: the path is a static C string, and the kernel keeps no pointer after the call returns.
    let tree = unsafe { libc::syscall(libc::SYS_open_tree, fd, c"".as_ptr(), flags) };
    let tree = i32::try_from(check(tree)?).map_err(io::Error::other)?;
    // SAFETY: open_tree(2) returned this descriptor just now, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(tree) })
}

/// Takes rights away from a mount and all below it: always set-user-id and devices, and writes where `access` says so.
pub(crate) fn restrict(tree: impl AsFd, access: Access) -> io::Result<()> {
    let read_only = match access {
        Access::ReadOnly => libc::MOUNT_ATTR_RDONLY,
        Access::ReadWrite => 0,
    };
    set_attributes(tree, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV | read_only)
}

/// The same for a device file that is to work inside: it stays a device, and is nothing else.
pub(crate) fn restrict_device(tree: impl AsFd) -> io::Result<()> {
    set_attributes(tree, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC)
}

fn set_attributes(tree: impl AsFd, attributes: u64) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: attributes,
        attr_clr: 0,
        propagation: libc::MS_PRIVATE,
        userns_fd: 0,
    };
    let flags = libc::AT_EMPTY_PATH | libc::AT_RECURSIVE;
    let fd = tree.as_fd().as_raw_fd();
    // SAFETY: `attributes` outlives the call and its true size is passed along; the path is a static C string.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            fd,
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    check(result).map(drop)
}

/// Attaches a detached tree on top of whatever `target` is. Both are descriptors, so no path can be swapped.
pub(crate) fn attach(tree: impl AsFd, target: impl AsFd) -> io::Result<()> {
    let (from, to) = (tree.as_fd().as_raw_fd(), target.as_fd().as_raw_fd());
    let flags = libc::MOVE_MOUNT_F_EMPTY_PATH | libc::MOVE_MOUNT_T_EMPTY_PATH;
    // SAFETY: both paths are static C strings; the descriptors are open for the length of the call.
    check(unsafe { libc::syscall(libc::SYS_move_mount, from, c"".as_ptr(), to, c"".as_ptr(), flags) })
        .map(drop)
}

/// The network namespace of a socket (`SIOCGSKNS`, linux/sockios.h).
pub(crate) fn network_of(socket: impl AsFd) -> io::Result<OwnedFd> {
    const SIOCGSKNS: libc::c_ulong = 0x894c;
    namespace(socket, SIOCGSKNS)
}

/// The user namespace that owns another namespace (`NS_GET_USERNS`, linux/nsfs.h).
pub(crate) fn owner_of(other: impl AsFd) -> io::Result<OwnedFd> {
    const NS_GET_USERNS: libc::c_ulong = 0xb701;
    namespace(other, NS_GET_USERNS)
}

fn namespace(fd: impl AsFd, question: libc::c_ulong) -> io::Result<OwnedFd> {
    // SAFETY: both questions take no argument, and the descriptor is open for the length of the call.
    let found = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), question as _) };
    let found = i32::try_from(check(found.into())?).map_err(io::Error::other)?;
    // SAFETY: the call returned this descriptor just now, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(found) })
}

/// Gives up every capability but the one to listen at ports below 1024.
pub(crate) fn keep_only_low_ports() -> io::Result<()> {
    const NET_BIND_SERVICE: u32 = 1 << 10; // linux/capability.h
    set_capabilities(NET_BIND_SERVICE)
}

/// Gives up every capability, the ambient and the bounding set too, so that no later exec can bring one back.
pub(crate) fn drop_capabilities() -> io::Result<()> {
    // SAFETY: takes integers only.
    check(unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) }.into())?;
    for capability in 0..64 {
        // SAFETY: takes integers only.
        match check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) }.into()) {
            // After the last one that this kernel knows.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            dropped => dropped?,
        };
    }
    set_capabilities(0)
}

/// Makes these of the first 32 capabilities the effective and the permitted ones, and no other; none is inherited.
fn set_capabilities(kept: u32) -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522; // _LINUX_CAPABILITY_VERSION_3, capget(2)
    let header = (VERSION_3, 0i32);
    let data = [kept, kept, 0, 0, 0, 0];
    // SAFETY: header and data have the layout of capset(2) version 3 (two words, then two times three words) and
    // outlive the call.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, &raw const data) }).map(drop)
}

/// Leaves the user's session keyring for a fresh and empty one.
pub(crate) fn join_fresh_keyring() -> io::Result<()> {
    const JOIN_SESSION_KEYRING: libc::c_int = 1; // keyctl(2)
    let no_name = std::ptr::null::<libc::c_char>();
    // SAFETY: a null name asks for an anonymous keyring; nothing else is passed.
    check(unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, no_name) }).map(drop)
}

/// Ends the process at once: no destructors, no flushing of buffers that the parent also has.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: _exit(2) takes an integer and does not return.
    unsafe { libc::_exit(code) }
}

/// Replaces standard descriptor `number` (0, 1 or 2) by a copy of `fd`.
pub(crate) fn replace_standard(fd: impl AsFd, number: i32) -> io::Result<()> {
    // SAFETY: dup2(2) takes integers; the standard descriptors belong to the process, not to a Rust owner.
    check(unsafe { libc::dup2(fd.as_fd().as_raw_fd(), number) }.into()).map(drop)
}

/// Lets SIGPIPE kill again, as every program expects; Rust's start-up code ignores it, and that is inherited.
pub(crate) fn restore_sigpipe() {
    // SAFETY: SIG_DFL runs no handler of ours.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// The text of a C string array that execve(2) takes.
pub(crate) fn c_strings<T: AsRef<[u8]>>(
    texts: impl IntoIterator<Item = T>,
) -> io::Result<Vec<std::ffi::CString>> {
    texts
        .into_iter()
        .map(|text| {
            std::ffi::CString::new(text.as_ref())
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
        })
        .collect()
}

/// execve(2). Returns only when it failed.
pub(crate) fn execute(
    program: &CStr,
    argv: &[std::ffi::CString],
    environment: &[std::ffi::CString],
) -> io::Error {
    match nix::unistd::execve(program, argv, environment) {
        Ok(never) => match never {},
        Err(error) => error.into(),
    }
}

#[cfg(test)]
mod tests;
