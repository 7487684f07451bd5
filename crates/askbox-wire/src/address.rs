//! Socket paths of any length: the kernel takes 107 bytes, home directories can be longer.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::libc;

/// Longest path that fits into `sockaddr_un` with its final NUL (unix(7)).
const LONGEST: usize = 107;

/// A path for `bind` and `connect`, valid as long as this lives.
#[derive(Debug)]
pub struct SocketPath {
    path: PathBuf,
    _directory: Option<File>,
}

impl SocketPath {
    /// The path itself where it fits, else a short way to it through an open descriptor of its directory.
    pub fn new(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() <= LONGEST {
            return Ok(Self {
                path: path.to_owned(),
                _directory: None,
            });
        }
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        let directory = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(directory)?;
        let path = Path::new("/proc/self/fd")
            .join(directory.as_raw_fd().to_string())
            .join(name);
        Ok(Self {
            path,
            _directory: Some(directory),
        })
    }

    /// What to pass to the kernel.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
