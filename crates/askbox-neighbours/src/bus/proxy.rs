//! Debian's xdg-dbus-proxy, one process for each connection. It runs while the daemon holds the other end of its standard input,
//! so that it ends with a daemon that was killed, and it is killed when it is dropped.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};

use askbox_policy::ServiceName;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Bus;
use crate::limits;

/// A proxy at work.
#[derive(Debug)]
pub(super) struct Proxy {
    _process: Child,
    /// It ends when this is closed.
    _leash: UnixStream,
}

/// Why there is no proxy; the words go into the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("its proxy cannot be started: {0}")]
    Start(io::Error),
    #[error("its proxy does not begin: is the bus there?")]
    Ended,
    #[error("its proxy takes no connection: {0}")]
    Connect(io::Error),
}

/// No two have one name.
static COUNT: AtomicU64 = AtomicU64::new(0);

impl Proxy {
    /// Starts one that knows these services, and connects to it. Nobody else can.
    pub(super) async fn start<'a>(
        bus: &Bus,
        directory: &Path,
        services: impl Iterator<Item = &'a ServiceName>,
    ) -> Result<(Self, UnixStream), Error> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(Error::Start)?;
        let name = format!("proxy-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let process = spawn(bus, directory, arguments(bus, &name, services), theirs.into());
        let process = process.map_err(Error::Start)?;
        ours.set_nonblocking(true).map_err(Error::Start)?;
        let mut leash = UnixStream::from_std(ours).map_err(Error::Start)?;
        // A byte says that it listens.
        match timeout(limits::HOST_WAIT, leash.read_u8()).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return Err(Error::Ended),
        }
        let held = File::open(directory).map_err(Error::Connect)?;
        // By a descriptor, since an address has room for a hundred characters only.
        let place = format!("/proc/self/fd/{}/{name}", held.as_raw_fd());
        let connecting = timeout(limits::HOST_WAIT, UnixStream::connect(&place)).await;
        let stream = connecting
            .map_err(|_late| Error::Ended)?
            .map_err(Error::Connect)?;
        fs::remove_file(place).map_err(Error::Connect)?;
        let proxy = Self {
            _process: process,
            _leash: leash,
        };
        Ok((proxy, stream))
    }
}

/// What it is told: where it ends, where the bus is, where it listens, and which services there are. The name of its socket is
/// relative to its directory.
fn arguments<'a>(bus: &Bus, name: &str, services: impl Iterator<Item = &'a ServiceName>) -> Vec<String> {
    ["--fd=0", &bus.address, name, "--filter"]
        .into_iter()
        .map(str::to_owned)
        .chain(services.map(|service| format!("--talk={service}")))
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the system's xdg-dbus-proxy, in a directory of the daemon's own: nothing of a project takes part"
)]
fn spawn(bus: &Bus, directory: &Path, arguments: Vec<String>, leash: OwnedFd) -> io::Result<Child> {
    let mut command = Command::from(std::process::Command::new(bus.program));
    command
        .args(arguments)
        .env_clear()
        .current_dir(directory)
        .stdin(Stdio::from(leash))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What is typed at the daemon's terminal is not for it.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_filters_and_knows_what_was_named() {
        let bus = Bus {
            address: "unix:path=/run/user/1/bus".to_owned(),
            services: Vec::new(),
            program: "/nonexistent",
        };
        let services: Vec<ServiceName> = ["org.example.A", "org.example.B"]
            .map(|name| name.parse().unwrap())
            .into();
        assert_eq!(
            arguments(&bus, "proxy-1", services.iter()),
            [
                "--fd=0",
                "unix:path=/run/user/1/bus",
                "proxy-1",
                "--filter",
                "--talk=org.example.A",
                "--talk=org.example.B"
            ]
        );
    }
}
