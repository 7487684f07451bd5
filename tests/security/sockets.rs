//! Services of the host that listen on unix sockets: by path in every likely place, and by abstract name (threat 46).

use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use askbox_tests::{Running, World};
use nix::sys::signal::Signal;

use crate::both::{outside, works_only_outside};

/// A directory that is removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(path: PathBuf) -> Self {
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Prints CONNECTED for each address that takes a stream or a datagram; `@` stands for an abstract name.
fn connect(addresses: &[&str]) -> String {
    format!(
        "exec /usr/bin/python3 - {} <<'END'
import socket, sys
for name in sys.argv[1:]:
    address = '\\0' + name[1:] if name.startswith('@') else name
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            s = socket.socket(socket.AF_UNIX, kind); s.connect(address); print('CONNECTED', name)
        except OSError as error: print('refused', name, error.strerror, file=sys.stderr)
END",
        addresses.join(" ")
    )
}

/// Connects on the host, where each works, and inside, where none does.
fn only_outside(world: &World, options: &[&str], addresses: &[&str]) {
    let script = connect(addresses);
    let host = outside(world, &script);
    assert_eq!(
        host.stdout.matches("CONNECTED").count(),
        addresses.len(),
        "{host:#?}"
    );
    let inside = world.sh(options, &script);
    assert_eq!(inside.succeeded().stdout, "", "{inside:#?}");
    let refused = inside.stderr.lines().filter(|line| line.starts_with("refused"));
    assert_eq!(refused.count(), 2 * addresses.len(), "{inside:#?}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn threat_46_sockets_in_the_project_are_covered() {
    let world = World::new();
    let (stream, datagram) = (
        world.project().join("host.sock"),
        world.project().join("deep/log.sock"),
    );
    fs::create_dir(world.project().join("deep")).unwrap();
    let _listener = UnixListener::bind(&stream).unwrap();
    let _datagram = UnixDatagram::bind(&datagram).unwrap();
    only_outside(&world, &[], &[text(&stream), text(&datagram)]);
    world
        .sh(&[], "rm -f host.sock || mv host.sock x || chmod 777 host.sock")
        .failed();
    let moved = world.sh(
        &[],
        &format!("mv deep other; {}", connect(&["other/log.sock", "deep/log.sock"])),
    );
    assert_eq!(moved.stdout, "", "{moved:#?}");
    let twin = "exec /usr/bin/python3 -c '
import socket
listener = socket.socket(socket.AF_UNIX); listener.bind(\"own.sock\"); listener.listen()
socket.socket(socket.AF_UNIX).connect(\"own.sock\")'";
    world.sh(&[], twin).succeeded();
}

#[test]
fn threat_46_sockets_in_the_home_directory_and_outside_are_not_there() {
    let world = World::new();
    let (home, beside) = (
        world.home().join("agent.sock"),
        world.outside().join("docker.sock"),
    );
    let gpg = world.home().join(".gnupg/S.gpg-agent");
    let _listeners = [&home, &beside, &gpg].map(|path| UnixListener::bind(path).unwrap());
    only_outside(&world, &[], &[text(&home), text(&beside), text(&gpg)]);
    only_outside(&world, &["--allow-read", "~"], &[text(&home), text(&gpg)]);
    only_outside(
        &world,
        &["--allow-write", text(&world.outside())],
        &[text(&beside)],
    );
}

#[test]
fn threat_46_sockets_in_a_directory_that_is_opened_are_covered() {
    let world = World::new();
    let (directory, link) = (world.home().join("notes"), world.home().join("link"));
    let socket = directory.join("s");
    std::os::unix::fs::symlink(&directory, &link).unwrap();
    // The kernel lists the path that was bound, which went through the link.
    let _listener = UnixListener::bind(link.join("s")).unwrap();
    only_outside(&world, &["--allow-read", text(&directory)], &[text(&socket)]);
    only_outside(&world, &["--allow-write", text(&directory)], &[text(&socket)]);
}

#[test]
fn threat_46_sockets_that_were_bound_by_a_relative_path_are_covered() {
    let world = World::new();
    let bind = "exec /usr/bin/python3 -c '
import socket, sys
listener = socket.socket(socket.AF_UNIX); listener.bind(\"relative.sock\"); listener.listen()
print(\"ready\", flush=True); sys.stdin.read()'";
    let mut command = world.host_script(bind);
    command.stdin(std::process::Stdio::piped());
    let listener = Running::start(command);
    let socket = world.project().join("relative.sock");
    world.eventually("the host program listens", || {
        UnixStream::connect(&socket).is_ok()
    });
    let script = connect(&["relative.sock"]);
    assert!(outside(&world, &script).stdout.contains("CONNECTED"));
    let inside = world.sh(&[], &script);
    assert!(!inside.stdout.contains("CONNECTED"), "{inside:#?}");
    drop(listener);
}

#[test]
fn threat_46_sockets_of_the_desktop_are_not_there() {
    let world = World::new();
    let runtime = world.outside().join("runtime");
    // In /tmp like the real one, which may belong to another user.
    let x11 = Directory::new(format!("/tmp/.X11-askbox{}", std::process::id()).into());
    let agent = Directory::new(format!("/tmp/ssh-askbox{}", std::process::id()).into());
    fs::create_dir_all(runtime.join("gnupg")).unwrap();
    let paths = [
        runtime.join("bus"),
        runtime.join("wayland-0"),
        runtime.join("gnupg/S.gpg-agent"),
        agent.0.join("agent.1"),
        x11.0.join("X0"),
    ];
    let _listeners: Vec<UnixListener> = paths
        .iter()
        .map(|path| UnixListener::bind(path).unwrap())
        .collect();
    let addresses: Vec<&str> = paths.iter().map(|path| text(path)).collect();
    only_outside(&world, &[], &addresses);
}

#[test]
fn threat_47_abstract_sockets_of_the_host_are_not_there() {
    let world = World::new();
    let name = format!("askbox-canary-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    only_outside(&world, &[], &[&format!("@{name}")]);
    let twin = "exec /usr/bin/python3 -c '
import socket
listener = socket.socket(socket.AF_UNIX); listener.bind(\"\\0own\"); listener.listen()
socket.socket(socket.AF_UNIX).connect(\"\\0own\")'";
    world.sh(&[], twin).succeeded();
}

#[test]
fn threat_45_no_service_of_the_session_bus_is_reachable() {
    let world = World::new();
    let bus = world.outside().join("runtime/bus");
    fs::create_dir_all(bus.parent().unwrap()).unwrap();
    let address = format!("unix:path={}", bus.display());
    let mut command = world.host("dbus-daemon");
    command.args(["--session", "--nofork", "--nopidfile"]);
    command.arg(format!("--address={address}"));
    let daemon = Running::start(command);
    world.eventually("the bus listens", || UnixStream::connect(&bus).is_ok());
    let call = "--print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames";
    let by_address = format!("dbus-send --bus={address} {call}");
    works_only_outside(&world, &[], &by_address);
    let variable = format!("DBUS_SESSION_BUS_ADDRESS={address}");
    works_only_outside(
        &world,
        &["--env", &variable],
        &format!("{variable} dbus-send --session {call}"),
    );
    daemon.signal(Signal::SIGTERM);
    daemon.finish();
}

#[test]
fn threat_45_programs_that_start_others_outside_are_denied_with_the_reason() {
    let world = World::new();
    for program in ["systemd-run", "busctl"] {
        let script = format!("{program} --version");
        let denied = works_only_outside(&world, &[], &script);
        assert!(denied.stderr.contains("cannot work inside"), "{denied:#?}");
        let path = format!("/usr/bin/{program}");
        world.sh(&["--allow-execute", &path], &script).succeeded();
    }
}
