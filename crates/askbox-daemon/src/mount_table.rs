//! What is mounted where in this process's mount namespace: file systems that may be slow, and what bind mounts show in a second
//! place. Reads the kernel's table and nothing that is mounted.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use askbox_policy::{Alias, AliasKind, CanonicalPath};

/// proc(5), /proc/PID/mountinfo.
const TABLE: &str = "/proc/self/mountinfo";

/// Types of file systems behind a network or another program.
const SLOW: [&str; 12] = [
    "9p",
    "afs",
    "ceph",
    "cifs",
    "davfs",
    "fuse",
    "glusterfs",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "sshfs",
];

/// The mounts of a moment.
#[derive(Debug, Default)]
pub(crate) struct MountTable(Vec<Mount>);

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// The file system, as its device is written.
    device: Vec<u8>,
    /// What of the file system is shown.
    root: PathBuf,
    /// Where.
    place: PathBuf,
    /// Its type.
    kind: Vec<u8>,
}

impl MountTable {
    /// As it is now.
    pub(crate) fn read() -> io::Result<Self> {
        fs::read(TABLE).map(|table| Self::parse(&table))
    }

    fn parse(table: &[u8]) -> Self {
        Self(
            table
                .split(|&byte| byte == b'\n')
                .filter_map(Mount::parse)
                .collect(),
        )
    }

    /// Where file systems are mounted that may not answer.
    pub(crate) fn slow(&self) -> impl Iterator<Item = &Path> {
        let slow = self.0.iter().filter(|mount| {
            SLOW.iter().any(|kind| kind.as_bytes() == mount.kind) || mount.kind.starts_with(b"fuse.")
        });
        slow.map(|mount| mount.place.as_path())
    }

    /// What is shown in two places: of each two mounts of one file system, one that shows a part of what the other does.
    pub(crate) fn aliases(&self) -> Vec<Alias> {
        let pairs = self.0.iter().enumerate().flat_map(|(number, one)| {
            let others = self.0.iter().skip(number + 1);
            others.filter_map(move |other| one.alias_of(other).or_else(|| other.alias_of(one)))
        });
        pairs.collect()
    }
}

impl Mount {
    /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`.
    fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = line.split(|&byte| byte == b' ').skip(2);
        let device = fields.next()?.to_owned();
        let (root, place) = (unescaped(fields.next()?), unescaped(fields.next()?));
        let kind = fields.skip_while(|field| *field != b"-").nth(1)?.to_owned();
        Some(Self {
            device,
            root,
            place,
            kind,
        })
    }

    /// The place in which the other shows what this one shows; `None` where it does not show all of it.
    fn alias_of(&self, other: &Self) -> Option<Alias> {
        if self.device != other.device {
            return None;
        }
        let part = self.root.strip_prefix(&other.root).ok()?;
        Some(Alias {
            name: CanonicalPath::new(&self.place)?,
            of: CanonicalPath::new(&other.place.join(part))?,
            kind: AliasKind::Mount,
        })
    }
}

/// A path as it is, from how the table writes it: spaces, tabs, newlines and backslashes as three octal digits (`mangle_path` in the
/// kernel, `fs/seq_file.c`).
fn unescaped(text: &[u8]) -> PathBuf {
    let (mut path, mut rest) = (Vec::new(), text);
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| first == b'\\');
        let escaped = digits.and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 8).ok()
        });
        path.push(escaped.unwrap_or(first));
        rest = escaped.and_then(|_| after.get(3..)).unwrap_or(after);
    }
    PathBuf::from(OsString::from_vec(path))
}

#[cfg(test)]
mod tests;
