//! Unix sockets of the host by path: they can be connected to through any bind of their directory, read-only ones too.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::sight::Sight;

/// Every socket of the host, by its canonical path. One that was bound by a relative path is looked for where processes
/// of the user are now; one whose owner has moved on since is not found. What in the project cannot be looked at is kept in mind.
pub(crate) fn on_host(project: &Path, sight: &Sight) -> io::Result<Vec<PathBuf>> {
    let (absolute, relative): (Vec<PathBuf>, Vec<PathBuf>) = bound_paths(&fs::read("/proc/net/unix")?)
        .into_iter()
        .partition(|path| path.is_absolute());
    let directories = if relative.is_empty() {
        BTreeSet::new()
    } else {
        working_directories()?
    };
    let resolved = relative
        .iter()
        .flat_map(|path| directories.iter().map(move |directory| directory.join(path)));
    let all: BTreeSet<PathBuf> = absolute
        .into_iter()
        .chain(resolved)
        .filter_map(|path| {
            if path.starts_with(project) {
                sight.real(&path)
            } else {
                path.canonicalize().ok()
            }
        })
        .filter(|path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket()))
        .collect();
    Ok(all.into_iter().collect())
}

/// Of all processes that we may look at.
fn working_directories() -> io::Result<BTreeSet<PathBuf>> {
    let processes = fs::read_dir("/proc")?.filter_map(Result::ok);
    let of = |entry: fs::DirEntry| fs::read_link(entry.path().join("cwd")).ok();
    Ok(processes.filter_map(of).collect())
}

/// The paths in the text of /proc/net/unix (`proc_pid_net(5)`): the eighth column, as long as the line goes. Abstract
/// sockets (`@`) belong to the network namespace, and a session has its own.
fn bound_paths(table: &[u8]) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = table
        .split(|byte| *byte == b'\n')
        .skip(1)
        .filter_map(|line| {
            let mut rest = line;
            for _ in 0..7 {
                let start = rest.iter().position(|byte| *byte != b' ')?;
                let end = start + rest.get(start..)?.iter().position(|byte| *byte == b' ')?;
                rest = rest.get(end..)?;
            }
            let path = rest.strip_prefix(b" ")?;
            (!path.is_empty() && !path.starts_with(b"@")).then(|| PathBuf::from(OsStr::from_bytes(path)))
        })
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[cfg(test)]
mod tests;
