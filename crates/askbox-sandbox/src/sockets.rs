//! Unix sockets of the host by path: they can be connected to through any bind of their directory, read-only ones too.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The absolute paths in the text of /proc/net/unix (`proc_pid_net(5))`: the eighth column, as long as the line goes.
/// Abstract sockets (`@`) belong to the network namespace, and a session has its own.
pub fn absolute_paths(table: &[u8]) -> Vec<PathBuf> {
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
            path.starts_with(b"/")
                .then(|| PathBuf::from(OsStr::from_bytes(path)))
        })
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[cfg(test)]
mod tests;
