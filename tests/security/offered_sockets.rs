//! Sockets of the host that a session asks for by their paths: which are never offered, and that an offered one opens nothing
//! beside itself (threat 46).

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use askbox_tests::{Repeater, World};

/// Says a line to a socket and prints what comes back; fails where nothing does.
fn say(path: &str) -> String {
    format!("echo hello | socat -t 20 - UNIX-CONNECT:{path} | grep .")
}

const HEARD: &str = "host says hello\n";

#[test]
fn threat_46_sockets_that_give_everything_away_are_refused_with_their_reason() {
    let world = World::new();
    for (name, reason) in [
        ("docker.sock", "containers"),
        ("podman/podman.sock", "containers"),
        ("gnupg/S.gpg-agent", "keys"),
        ("tmux-1000/default", "commands"),
        ("wayland-7", "screen"),
        ("dbus-abc", "programs"),
    ] {
        let service = Repeater::at(&world.outside().join(name));
        let refused = world.sh(&["--socket", service.path()], &say(service.path()));
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(
            refused.stderr.contains(reason) && refused.stderr.contains("hint:"),
            "{refused:#?}"
        );
        assert_eq!(service.connections(), 0);
    }
    let twin = Repeater::at(&world.outside().join("docker.sockets"));
    let offered = world.sh(&["--socket", twin.path()], &say(twin.path()));
    assert_eq!(offered.succeeded().stdout, HEARD);
}

#[test]
fn threat_46_a_rule_offers_none_of_them_either_and_a_project_offers_nothing() {
    let world = World::new();
    let docker = Repeater::at(&world.outside().join("docker.sock"));
    let plain = Repeater::at(&world.outside().join("plain.sock"));
    let allow = |path: &str| format!("[[rule]]\neffect = \"allow\"\nneighbour = \"socket {path}\"\n");
    world.write_policy(&allow(docker.path()));
    world.sh(&[], &say(docker.path())).failed();
    world.write(".askbox.toml", &allow(plain.path()));
    world.sh(&["--non-interactive"], &say(plain.path())).failed();
    assert_eq!((docker.connections(), plain.connections()), (0, 0));
    let world = World::new();
    world.write_policy(&allow(plain.path()));
    let twin = world.sh(&["--non-interactive"], &say(plain.path()));
    assert_eq!(twin.succeeded().stdout, HEARD);
}

#[test]
fn threat_46_askboxs_own_sockets_and_those_among_credentials_are_refused() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let own = world.root().join("run/askbox.sock");
    let listed = world.home().join(".ssh/control");
    let _master = UnixListener::bind(&listed).unwrap();
    for path in [own, listed] {
        let refused = world.sh(&["--socket", path.to_str().unwrap()], "true");
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(refused.stderr.contains("--socket"), "{refused:#?}");
    }
}

#[test]
fn threat_46_a_link_to_a_socket_is_no_offer_of_it_before_or_after_the_launch() {
    let world = World::new();
    let docker = Repeater::at(&world.outside().join("docker.sock"));
    let link = world.project().join("link.sock");
    symlink(docker.path(), &link).unwrap();
    let refused = world.sh(&["--socket", link.to_str().unwrap()], "true");
    assert_eq!(refused.code, Some(125), "{refused:#?}");
    assert!(refused.stderr.contains("it leads to"), "{refused:#?}");
    std::fs::remove_file(&link).unwrap();
    // What is bound cannot be replaced, but a directory above it can be renamed, and another come to its place.
    let service = Repeater::at(&world.project().join("deep/db.sock"));
    let script = format!(
        "{}; mv deep other && mkdir deep && ln -s {} deep/db.sock; {}; {}",
        say("deep/db.sock"),
        docker.path(),
        say("deep/db.sock"),
        say("other/db.sock")
    );
    let swapped = world.sh(&["--socket", service.path()], &script);
    assert_eq!(swapped.stdout, HEARD, "{swapped:#?}");
    assert_eq!((service.connections(), docker.connections()), (1, 0));
}

#[test]
fn threat_46_an_offered_socket_opens_nothing_beside_it() {
    let world = World::new();
    let offered = Repeater::at(&world.outside().join("offered.sock"));
    let beside = Repeater::at(&world.outside().join("beside.sock"));
    let script = format!(
        "{}; {}; ls -A {}",
        say(offered.path()),
        say(beside.path()),
        world.outside().display()
    );
    let inside = world.sh(&["--socket", offered.path()], &script);
    assert_eq!(inside.succeeded().stdout, format!("{HEARD}offered.sock\n"));
    assert_eq!((offered.connections(), beside.connections()), (1, 0));
}

#[test]
fn threat_46_no_descriptor_crosses() {
    let world = World::new();
    let service = "
import array, os, socket, sys
l = socket.socket(socket.AF_UNIX); l.bind(sys.argv[1]); l.listen(); print('ready', flush=True)
c, _ = l.accept()
c.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [os.open('/', os.O_RDONLY)]))])
c.close(); sys.stdin.read()";
    let path = world.outside().join("giver.sock");
    let mut command = world.host("/usr/bin/python3");
    command
        .args(["-c", service, path.to_str().unwrap()])
        .stdin(std::process::Stdio::piped());
    let _giver = askbox_tests::Running::start(command);
    world.eventually("it listens", || path.exists());
    let take = format!(
        "exec /usr/bin/python3 -c '
import socket
c = socket.socket(socket.AF_UNIX); c.connect(\"{}\")
data, beside, _, _ = c.recvmsg(8, 100); print(data, len(beside))'",
        path.display()
    );
    let inside = world.sh(&["--socket", path.to_str().unwrap()], &take);
    assert_eq!(inside.succeeded().stdout, "b'x' 0\n");
}
