//! Gathers what `judge` judges. Looks and tries; changes nothing.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use askbox_sandbox::exec_listener::Missing;
use askbox_sandbox::host_programs::{BUS_PROXY, BWRAP, Unusable};
use askbox_sandbox::probe;
use askbox_secrets::Unavailable;
use askbox_wire::{Client, ClientError, Request, Response, StatusView};

use crate::caller_desktop;
use crate::connect;
use crate::context::Context;
use crate::error::{CliError, chain};
use crate::init_program;

mod secrets;
mod storage;

pub(super) use secrets::Login;
pub(super) use storage::{Entry, Found, Log, Opened, Owner, Place};

/// What was found.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) kernel: String,
    pub(super) program: PathBuf,
    /// What of a launch failed when it was tried, or why it could not be tried.
    pub(super) probe: Result<Option<probe::Failure>, String>,
    /// Why the kernel does not tell where datagrams were meant to go, errno(3), or why that could not be tried.
    pub(super) datagrams: Result<Option<i32>, String>,
    pub(super) sysctls: Sysctls,
    pub(super) in_container: bool,
    /// What bubblewrap says of itself, when a launch would use it.
    pub(super) bwrap: Result<String, Unusable>,
    /// Whether sessions can be offered services of the session bus.
    pub(super) bus_proxy: Result<(), Unusable>,
    pub(super) wayland: Wayland,
    pub(super) init: Init,
    pub(super) directories: Vec<Place>,
    /// What all of them lie in, where it was named.
    pub(super) root: Option<Place>,
    /// What else the directories lie in.
    pub(super) above: Vec<Place>,
    pub(super) log: Log,
    pub(super) fuse: Fuse,
    /// Why starts of programs cannot be listened to, or why that could not be tried.
    pub(super) starts: Result<Option<Missing>, String>,
    /// Whether systemd can make control groups for this user's sessions.
    pub(super) has_control_groups: bool,
    pub(super) daemon: Daemon,
    /// Whether there is a keyring.
    pub(super) keyring: Result<(), Unavailable>,
    /// Where name and password for a proxy are.
    pub(super) login: Login,
    /// Where the key is that signs checkpoints of the log, or why that cannot be said.
    pub(super) log_key: Result<Option<askbox_secrets::Place>, String>,
}

/// Switches of the kernel that forbid namespaces; `None` where the kernel does not have one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sysctls {
    pub(super) max_user_namespaces: Option<u64>,
    pub(super) max_net_namespaces: Option<u64>,
    pub(super) max_mnt_namespaces: Option<u64>,
    pub(super) unprivileged_userns_clone: Option<u64>,
    pub(super) apparmor_restrict_unprivileged_userns: Option<u64>,
}

/// The first process inside.
#[derive(Clone, Debug)]
pub(super) struct Init {
    pub(super) found: Option<PathBuf>,
    pub(super) searched: Vec<PathBuf>,
}

/// The Wayland display that the environment names.
#[derive(Clone, Debug)]
pub(super) enum Wayland {
    There(PathBuf),
    NoSocket(PathBuf),
    Unnamed,
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
        probe: probe::run().map_err(|error| chain(&error)),
        datagrams: probe::datagrams().map_err(|error| chain(&error)),
        sysctls: Sysctls {
            max_user_namespaces: sysctl("user/max_user_namespaces"),
            max_net_namespaces: sysctl("user/max_net_namespaces"),
            max_mnt_namespaces: sysctl("user/max_mnt_namespaces"),
            unprivileged_userns_clone: sysctl("kernel/unprivileged_userns_clone"),
            apparmor_restrict_unprivileged_userns: sysctl("kernel/apparmor_restrict_unprivileged_userns"),
        },
        in_container: exists("/.dockerenv") || exists("/run/.containerenv"),
        bwrap: bwrap(),
        bus_proxy: BUS_PROXY.check(),
        wayland: wayland(context),
        init: Init {
            found: init_program::find(&program),
            searched: init_program::places(&program),
        },
        directories: storage::directories(&context.paths),
        root: storage::root(&context.paths),
        above: storage::above(&context.paths),
        log: storage::log(&context.paths),
        fuse: fuse(),
        starts: probe::starts().map_err(|error| chain(&error)),
        has_control_groups: connect::has_control_groups(context),
        daemon: daemon(context),
        keyring: secrets::keyring(&context.paths),
        login: secrets::login(&context.paths),
        log_key: secrets::log_key(&context.paths),
        program,
    })
}

fn wayland(context: &Context) -> Wayland {
    let Some(named) = caller_desktop::of(context).wayland else {
        return Wayland::Unnamed;
    };
    let path = named.as_path().to_owned();
    let is_socket = fs::metadata(&path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket {
        Wayland::There(path)
    } else {
        Wayland::NoSocket(path)
    }
}

fn sysctl(name: &str) -> Option<u64> {
    fs::read_to_string(Path::new("/proc/sys").join(name))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn bwrap() -> Result<String, Unusable> {
    BWRAP.check()?;
    Ok(bwrap_version().unwrap_or_else(|error| chain(&error)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the system's bwrap, in / and with one fixed argument: nothing of a project takes part"
)]
fn bwrap_version() -> io::Result<String> {
    let output = Command::new(BWRAP.path)
        .arg("--version")
        .current_dir("/")
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
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
        Err(ClientError::NotRunning { .. }) => match connect::holder(&context.paths) {
            Some(pid) => Daemon::Unreachable(format!("process {pid} serves, and its socket is not there")),
            None => Daemon::NotRunning,
        },
        Err(ClientError::Version { daemon, .. }) => Daemon::Foreign(daemon),
        Err(error) => Daemon::Unreachable(chain(&error)),
    }
}
