//! Which bubblewrap is run: one fixed path that nobody but root can change. Looks, and refuses.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// Absolute, so that no directory of the user's PATH can supply another one.
pub const BWRAP: &str = "/usr/bin/bwrap";

/// Why bubblewrap cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is not installed.
    #[error("bubblewrap is not installed at {BWRAP}")]
    Missing,
    /// It cannot be looked at.
    #[error("cannot look at {BWRAP}")]
    Unreadable(#[source] io::Error),
    /// Somebody else than root owns it or may write it, so it may be anything.
    #[error("{BWRAP} can be changed by others than root")]
    Writable,
    /// It runs as another user or group, which no session needs and which has been a way to become root (CVE-2020-5291).
    #[error("{BWRAP} is set-user-id or set-group-id")]
    SetId,
}

impl Unusable {
    /// The one fix.
    pub fn hint(&self) -> &'static str {
        match self {
            Unusable::Missing => "install it: sudo apt install bubblewrap, or sudo dnf install bubblewrap",
            Unusable::Unreadable(_) => "look at its permissions: ls -l /usr/bin/bwrap",
            Unusable::Writable => {
                "restore it: sudo chown root:root /usr/bin/bwrap && sudo chmod 755 /usr/bin/bwrap"
            }
            Unusable::SetId => "take the bit away: sudo chmod ug-s /usr/bin/bwrap",
        }
    }
}

/// Checks the program before each launch.
pub fn check() -> Result<(), Unusable> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let owner = root(&read("/proc/self/uid_map"), &read("/proc/sys/kernel/overflowuid"));
    check_at(Path::new(BWRAP), owner)
}

/// Whom root's files belong to here: root, or in a user namespace without a root (`user_namespaces(7)`) the overflow user. That
/// one stands for owners whom nobody in the namespace can become, so nobody in it can change their files.
fn root(uid_map: &str, overflow: &str) -> u32 {
    let is_mapped = |user: u64| {
        uid_map.lines().any(|line| {
            let mut fields = line.split_ascii_whitespace().map(str::parse);
            let (Some(Ok(first)), Some(Ok(count))) = (fields.next(), fields.nth(1)) else {
                return true;
            };
            (first..first + count).contains(&user)
        })
    };
    match overflow.trim().parse::<u32>() {
        Ok(overflow) if !uid_map.is_empty() && !is_mapped(0) && !is_mapped(overflow.into()) => overflow,
        Ok(_) | Err(_) => 0,
    }
}

fn check_at(path: &Path, owner: u32) -> Result<(), Unusable> {
    const SET_ID: u32 = 0o6000;
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unusable::Missing,
        _ => Unusable::Unreadable(error),
    })?;
    let mode = metadata.permissions().mode();
    if metadata.uid() != owner || mode & WRITABLE_BY_OTHERS != 0 {
        return Err(Unusable::Writable);
    }
    if mode & SET_ID != 0 {
        return Err(Unusable::SetId);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
