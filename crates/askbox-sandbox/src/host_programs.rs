//! Which programs of the machine are run: each at one fixed path, and where nobody but root can change it. Looks, and refuses.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// Bubblewrap, which makes the sandbox.
pub const BWRAP: HostProgram = HostProgram {
    path: "/usr/bin/bwrap",
    name: "bubblewrap",
    package: "bubblewrap",
};

/// What passes on the messages of a session to the services of the session bus that it may use, and no others.
pub const BUS_PROXY: HostProgram = HostProgram {
    path: "/usr/bin/xdg-dbus-proxy",
    name: "xdg-dbus-proxy",
    package: "xdg-dbus-proxy",
};

/// A program of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostProgram {
    /// Absolute, so that no directory of the user's PATH can supply another one.
    pub path: &'static str,
    /// How people call it.
    pub name: &'static str,
    /// What brings it.
    package: &'static str,
}

/// Why a program cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is not installed.
    #[error("{} is not installed at {}", .0.name, .0.path)]
    Missing(HostProgram),
    /// It cannot be looked at.
    #[error("cannot look at {0}")]
    Unreadable(HostProgram, #[source] io::Error),
    /// Somebody else than root owns it or may write it, so it may be anything.
    #[error("{0} can be changed by others than root")]
    Writable(HostProgram),
    /// It runs as another user or group, which no session needs and which has been a way to become root (CVE-2020-5291).
    #[error("{0} is set-user-id or set-group-id")]
    SetId(HostProgram),
}

impl Unusable {
    /// The one fix.
    pub fn hint(&self) -> String {
        match self {
            Unusable::Missing(HostProgram { package, .. }) => {
                format!("install it: sudo apt install {package}, or sudo dnf install {package}")
            }
            Unusable::Unreadable(program, _) => format!("look at its permissions: ls -l {program}"),
            Unusable::Writable(program) => {
                format!("restore it: sudo chown root:root {program} && sudo chmod 755 {program}")
            }
            Unusable::SetId(program) => format!("take the bit away: sudo chmod ug-s {program}"),
        }
    }
}

impl HostProgram {
    /// Checks it; to be called before a session that uses it begins. Only root can change it afterwards.
    pub fn check(self) -> Result<(), Unusable> {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let owner = root(&read("/proc/self/uid_map"), &read("/proc/sys/kernel/overflowuid"));
        self.check_at(Path::new(self.path), owner)
    }

    fn check_at(self, path: &Path, owner: u32) -> Result<(), Unusable> {
        const SET_ID: u32 = 0o6000;
        const WRITABLE_BY_OTHERS: u32 = 0o022;
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Unusable::Missing(self),
            _ => Unusable::Unreadable(self, error),
        })?;
        let mode = metadata.permissions().mode();
        if metadata.uid() != owner || mode & WRITABLE_BY_OTHERS != 0 {
            return Err(Unusable::Writable(self));
        }
        if mode & SET_ID != 0 {
            return Err(Unusable::SetId(self));
        }
        Ok(())
    }
}

impl fmt::Display for HostProgram {
    /// Its path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)
    }
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

#[cfg(test)]
mod tests;
