//! Has the kernel read the browser engine into memory before a window is wanted. Read when the first one opens, it keeps a person
//! waiting for a second (1,035 ms against 314 ms, Linux 6.18 on a virtual disk). Its pages are the page cache's and belong to no
//! process: they go when memory is wanted for something else.

use std::fs::{self, File};
use std::io;

use askbox_desktop::mapped;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

/// What the kernel reads at a time at least when it is asked to read ahead, in bytes (`VM_READAHEAD_PAGES`, linux/mm.h). Of a
/// longer range it may leave out the rest.
const AHEAD: i64 = 128 * 1024;

/// Has everything read that this program is linked with, and the program. Waits for nothing of it where the file system can read
/// ahead; one that cannot is of no concern.
///
/// # Errors
///
/// The kernel does not say what is mapped.
pub(crate) fn run() -> io::Result<()> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    for path in mapped::files(&maps) {
        let _unless_it_cannot_be_read = read_ahead(path);
    }
    Ok(())
}

fn read_ahead(path: &str) -> io::Result<()> {
    let file = File::open(path)?;
    let end = file.metadata()?.len().cast_signed();
    let mut start = 0;
    while start < end {
        posix_fadvise(&file, start, AHEAD, PosixFadviseAdvice::POSIX_FADV_WILLNEED)?;
        start += AHEAD;
    }
    Ok(())
}
