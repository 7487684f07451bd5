//! Which descriptors pass between a program and a compositor: memory, pipes, and what says that a picture is ready. Files,
//! directories, devices, sockets and processes do not: a descriptor of one reaches what the other side was not given, and a file
//! system of the program's own could hold up whoever reads it. So nothing here asks a file system either.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;

use nix::fcntl::{FcntlArg, fcntl};

/// What says that a picture is ready: a sync file, or a timeline of them (`sync_file.c` and `drm_syncobj.c` of the kernel).
const FENCES: [&[u8]; 2] = [b"anon_inode:sync_file", b"anon_inode:syncobj_file"];

/// More than the kernel says of memory of a graphics card (`dma_buf_show_fdinfo`: five lines).
const ABOUT_BYTES: u64 = 4096;

/// Whether this one passes.
pub(super) fn passes(descriptor: BorrowedFd<'_>) -> bool {
    // Only files in memory have seals.
    if fcntl(descriptor, FcntlArg::F_GET_SEALS).is_ok() {
        return true;
    }
    let number = descriptor.as_raw_fd();
    let Ok(link) = fs::read_link(format!("/proc/self/fd/{number}")) else {
        return false;
    };
    is_plain(&link) || may_be_graphics(&link) && about(number).is_ok_and(|about| is_graphics(&about))
}

/// The beginning of what the kernel says of a descriptor: of some kinds that is as long as a program makes it.
fn about(number: i32) -> io::Result<String> {
    let mut about = String::new();
    let file = File::open(format!("/proc/self/fdinfo/{number}"))?;
    file.take(ABOUT_BYTES).read_to_string(&mut about)?;
    Ok(about)
}

/// By what the kernel calls it, which no file can be called: what has a path begins with a slash.
fn is_plain(link: &Path) -> bool {
    let name = link.as_os_str().as_encoded_bytes();
    name.starts_with(b"pipe:[") || FENCES.contains(&name)
}

/// Whether it is called like memory of a graphics card, as a file in a place of its own may be too.
fn may_be_graphics(link: &Path) -> bool {
    link.as_os_str().as_encoded_bytes().starts_with(b"/dmabuf:")
}

/// Memory that is shared with a graphics card (dma-buf): the kernel says of no other descriptor who exports it.
fn is_graphics(about: &str) -> bool {
    about.lines().any(|line| line.starts_with("exp_name:"))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use nix::sys::memfd::{MFdFlags, memfd_create};

    use super::*;

    #[test]
    fn memory_and_pipes_pass_and_what_has_a_file_behind_it_does_not() {
        let memory = memfd_create("pool", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING).unwrap();
        let plain = memfd_create("pool", MFdFlags::MFD_CLOEXEC).unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        for passing in [memory.as_fd(), plain.as_fd(), reader.as_fd(), writer.as_fd()] {
            assert!(passes(passing), "{passing:?}");
        }
        let (socket, _other) = UnixStream::pair().unwrap();
        let directory = File::open("/").unwrap();
        let in_memory = File::open("/dev/shm").unwrap();
        let device = File::open("/dev/null").unwrap();
        let file = File::open("/proc/self/status").unwrap();
        let held = nix::fcntl::OFlag::O_PATH;
        let held = nix::fcntl::open("/", held, nix::sys::stat::Mode::empty()).unwrap();
        for refused in [
            socket.as_fd(),
            directory.as_fd(),
            in_memory.as_fd(),
            device.as_fd(),
            file.as_fd(),
            held.as_fd(),
        ] {
            assert!(!passes(refused), "{refused:?}");
        }
    }

    #[test]
    fn a_kind_is_what_the_kernel_says_it_is() {
        for (link, expected) in [
            ("anon_inode:sync_file", true),
            ("anon_inode:[pidfd]", false),
            ("anon_inode:sync_file/x", false),
            ("pipe:[12]", true),
            ("/pipe:[12]", false),
            ("socket:[12]", false),
            ("/home/u/anon_inode:x", false),
        ] {
            assert_eq!(is_plain(Path::new(link)), expected, "{link}");
        }
        let graphics =
            "pos:\t0\nflags:\t02000002\nmnt_id:\t12\nino:\t9\nsize:\t4096\ncount:\t2\nexp_name:\ti915\n";
        assert!(is_graphics(graphics));
        assert!(!is_graphics("pos:\t0\nflags:\t02\nmnt_id:\t12\nino:\t9\n"));
    }
}
