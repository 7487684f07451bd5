//! Gathers how Askbox's own directories and its log are. Looks and opens for reading; makes and changes nothing.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use askbox_audit::Reader;
use askbox_paths::Paths;
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, Uid, access};

use crate::error::chain;

/// What has one of our names.
#[derive(Clone, Debug)]
pub(in super::super) struct Place {
    pub(in super::super) path: PathBuf,
    pub(in super::super) found: Found,
}

/// How it is.
#[derive(Clone, Debug)]
pub(in super::super) enum Found {
    /// There.
    Entry(Entry),
    /// Not yet; it would be made below this directory.
    Nothing { nearest: PathBuf, entry: Entry },
    /// It cannot be looked at.
    Unknown(String),
}

/// To whom something belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Owner {
    /// To this user.
    Us,
    /// To root, who is somebody else. In a user namespace that does not know root (`user_namespaces(7)`), to whoever owns `/`.
    Root,
    /// To anybody else.
    Other,
}

/// What is known of a file or a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Entry {
    /// Whether it is a directory, or a plain file, as its place demands.
    pub(in super::super) right_type: bool,
    pub(in super::super) owner: Owner,
    pub(in super::super) mode: u32,
    pub(in super::super) writable: bool,
    /// Bytes that are left on its file system, where that says so.
    pub(in super::super) free: Option<u64>,
}

/// The log.
#[derive(Clone, Debug)]
pub(in super::super) struct Log {
    pub(in super::super) place: Place,
    pub(in super::super) opened: Opened,
}

/// Whether the log can be read.
#[derive(Clone, Debug)]
pub(in super::super) enum Opened {
    Readable,
    /// There is none yet, or it is nothing to open.
    NotTried,
    /// A newer Askbox wrote it.
    Newer(String),
    /// This file is closed to this user.
    Forbidden {
        path: PathBuf,
        reason: String,
    },
    Failed(String),
}

/// Each of Askbox's own directories.
pub(super) fn directories(paths: &Paths) -> Vec<Place> {
    paths.own().into_iter().map(directory).collect()
}

/// The one that was named for them all.
pub(super) fn root(paths: &Paths) -> Option<Place> {
    paths.root().map(directory)
}

/// What else they lie in, up to the root directory: as they are named, and as they really are where links lead elsewhere.
pub(super) fn above(paths: &Paths) -> Vec<Place> {
    let named = || paths.root().into_iter().chain(paths.own());
    let own: Vec<PathBuf> = named().map(Path::to_owned).chain(named().map(real)).collect();
    let above = own.iter().flat_map(|path| path.ancestors().skip(1));
    let above: BTreeSet<&Path> = above.filter(|path| !own.iter().any(|own| own == path)).collect();
    above.into_iter().map(directory).collect()
}

/// A path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let found = path
        .ancestors()
        .find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    found.map_or_else(
        || path.to_owned(),
        |(above, real)| real.join(path.strip_prefix(above).unwrap_or(path)),
    )
}

fn directory(path: &Path) -> Place {
    place(path, fs::metadata(path), Metadata::is_dir)
}

/// The log, which the daemon may be writing.
pub(super) fn log(paths: &Paths) -> Log {
    // A link in its place is no log: the daemon follows none.
    let path = paths.log();
    let place = place(&path, fs::symlink_metadata(&path), Metadata::is_file);
    let opened = match place.found {
        Found::Entry(Entry { right_type: true, .. }) => match Reader::open(&place.path) {
            Ok(_closed_again) => Opened::Readable,
            Err(error @ askbox_audit::Error::Newer { .. }) => Opened::Newer(chain(&error)),
            Err(ref error @ askbox_audit::Error::Forbidden { ref path, .. }) => Opened::Forbidden {
                path: path.clone(),
                reason: chain(error),
            },
            Err(error) => Opened::Failed(chain(&error)),
        },
        Found::Entry(_) | Found::Nothing { .. } | Found::Unknown(_) => Opened::NotTried,
    };
    Log { place, opened }
}

fn place(path: &Path, metadata: io::Result<Metadata>, is_right: fn(&Metadata) -> bool) -> Place {
    let found = match metadata {
        Ok(metadata) => Found::Entry(entry(path, &metadata, is_right)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => nearest(path),
        Err(error) => Found::Unknown(error.to_string()),
    };
    Place {
        path: path.to_owned(),
        found,
    }
}

fn nearest(path: &Path) -> Found {
    let above = path
        .ancestors()
        .skip(1)
        .find_map(|above| fs::metadata(above).ok().map(|metadata| (above, metadata)));
    match above {
        Some((above, metadata)) => Found::Nothing {
            nearest: above.to_owned(),
            entry: entry(above, &metadata, Metadata::is_dir),
        },
        None => Found::Unknown("no directory above it can be looked at".to_owned()),
    }
}

fn entry(path: &Path, metadata: &Metadata, is_right: fn(&Metadata) -> bool) -> Entry {
    let mut wanted = AccessFlags::R_OK | AccessFlags::W_OK;
    if metadata.is_dir() {
        wanted |= AccessFlags::X_OK;
    }
    let free = statvfs(path)
        .ok()
        .map(|system| system.blocks_available().saturating_mul(system.fragment_size()));
    Entry {
        right_type: is_right(metadata),
        owner: match metadata.uid() {
            user if user == Uid::effective().as_raw() => Owner::Us,
            0 => Owner::Root,
            user if fs::metadata("/").is_ok_and(|root| root.uid() == user) => Owner::Root,
            _ => Owner::Other,
        },
        mode: metadata.mode() & 0o7777,
        writable: access(path, wanted).is_ok(),
        free,
    }
}

#[cfg(test)]
mod tests;
