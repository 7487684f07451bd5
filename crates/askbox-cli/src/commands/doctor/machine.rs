//! Gathers what `judge` judges. Looks and tries; changes nothing.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use askbox_wire::{Client, ClientError, Request, Response, StatusView};

use super::probe::Report;
use crate::context::Context;
use crate::error::{CliError, chain};
use crate::init_program;

/// The one bwrap that is used: a copy elsewhere could be anybody's.
pub(super) const BWRAP: &str = "/usr/bin/bwrap";

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) kernel: String,
    pub(super) program: PathBuf,
    pub(super) probe: Result<Report, String>,
    pub(super) sysctls: Sysctls,
    pub(super) in_container: bool,
    pub(super) bwrap: Option<Bwrap>,
    pub(super) init: Init,
    pub(super) fuse: Fuse,
    pub(super) daemon: Daemon,
}

/// Switches of the kernel that forbid user namespaces; `None` where the kernel does not have one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sysctls {
    pub(super) max_user_namespaces: Option<u64>,
    pub(super) unprivileged_userns_clone: Option<u64>,
    pub(super) apparmor_restrict_unprivileged_userns: Option<u64>,
}

/// bubblewrap's program.
#[derive(Clone, Debug)]
pub(super) struct Bwrap {
    pub(super) owner: u32,
    pub(super) mode: u32,
    /// What it says of itself.
    pub(super) version: String,
}

/// The first process inside.
#[derive(Clone, Debug)]
pub(super) struct Init {
    pub(super) found: Option<PathBuf>,
    pub(super) searched: Vec<PathBuf>,
}

/// /dev/fuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fuse {
    Usable,
    Forbidden,
    Missing,
}

/// The daemon.
#[derive(Clone, Debug)]
pub(super) enum Daemon {
    Running(Box<StatusView>),
    NotRunning,
    /// Another version.
    Foreign(String),
    /// It cannot be spoken with.
    Unreachable(String),
}

/// Looks at everything.
pub(super) fn gather(context: &Context) -> Result<Facts, CliError> {
    let program = std::env::current_exe().map_err(CliError::system("find this program"))?;
    let exists = |path: &str| Path::new(path).exists();
    Ok(Facts {
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
            .unwrap_or_default()
            .trim()
            .to_owned(),
        probe: probe(&program),
        sysctls: Sysctls {
            max_user_namespaces: sysctl("user/max_user_namespaces"),
            unprivileged_userns_clone: sysctl("kernel/unprivileged_userns_clone"),
            apparmor_restrict_unprivileged_userns: sysctl("kernel/apparmor_restrict_unprivileged_userns"),
        },
        in_container: exists("/.dockerenv") || exists("/run/.containerenv"),
        bwrap: bwrap(),
        init: Init {
            found: init_program::find(&program),
            searched: init_program::places(&program),
        },
        fuse: fuse(),
        daemon: daemon(context),
        program,
    })
}

fn sysctl(name: &str) -> Option<u64> {
    fs::read_to_string(Path::new("/proc/sys").join(name))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn probe(program: &Path) -> Result<Report, String> {
    let output = ask(program.as_os_str(), "probe")?;
    serde_json::from_slice(&output.stdout).map_err(|_unreadable| {
        format!(
            "it ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })
}

fn bwrap() -> Option<Bwrap> {
    let metadata = fs::metadata(BWRAP).ok()?;
    let version = ask(OsStr::new(BWRAP), "--version").map_or_else(
        |error| error,
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    Some(Bwrap {
        owner: metadata.uid(),
        mode: metadata.mode(),
        version,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "this very program and the system's bwrap, in / and with one fixed argument: nothing of a project takes part"
)]
fn ask(program: &OsStr, argument: &str) -> Result<Output, String> {
    let output = Command::new(program).arg(argument).current_dir("/").output();
    output.map_err(|error| format!("cannot start {}: {error}", Path::new(program).display()))
}

fn fuse() -> Fuse {
    match OpenOptions::new().read(true).write(true).open("/dev/fuse") {
        Ok(_closed_again) => Fuse::Usable,
        Err(_) if Path::new("/dev/fuse").exists() => Fuse::Forbidden,
        Err(_) => Fuse::Missing,
    }
}

fn daemon(context: &Context) -> Daemon {
    let connected = Client::connect(&context.paths.socket());
    match connected.and_then(|mut client| client.call(Request::Status)) {
        Ok(Response::Status(status)) => Daemon::Running(status),
        Ok(_) => Daemon::Unreachable("it answered out of turn".to_owned()),
        Err(ClientError::NotRunning { .. }) => Daemon::NotRunning,
        Err(ClientError::Version { daemon, .. }) => Daemon::Foreign(daemon),
        Err(error) => Daemon::Unreachable(chain(&error)),
    }
}
