//! Named pipes, sockets and devices that lie where files may be read and written: each leads to a program of the host or to
//! the kernel, so none is opened or made from inside.

use std::fs;
use std::os::unix::fs::FileTypeExt;

use askbox_tests::{Repeater, World};

use crate::both::{outside, works_everywhere, works_only_outside};

const GRANTED: &[&str] = &[
    "--non-interactive",
    "--allow-read",
    "~/notes",
    "--allow-write",
    "~/notes",
    "--allow-execute",
    "~/notes",
];

#[test]
fn threat_14_a_pipe_of_the_host_is_neither_read_nor_written_nor_waited_for() {
    let world = World::new();
    let pipe = world.home().join("notes/pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::write(world.home().join("notes/plain"), "text\n").unwrap();
    let read = |name: &str| format!("timeout 5 cat ~/notes/{name}");
    let write = |name: &str| format!("timeout 5 sh -c 'echo text > ~/notes/{name}'");
    // Where it waits for the other end, the other end is there.
    outside(&world, "echo text > ~/notes/pipe & timeout 5 cat ~/notes/pipe").succeeded();
    for script in [read("pipe"), write("pipe"), write("pipe") + " & " + &read("pipe")] {
        let inside = world.sh(GRANTED, &script);
        assert!(
            inside.failed().stderr.contains("Permission denied"),
            "{inside:#?}"
        );
        assert_ne!(inside.code, Some(124), "it waited: {inside:#?}");
    }
    works_everywhere(&world, GRANTED, &write("plain"));
    assert_eq!(works_everywhere(&world, GRANTED, &read("plain")).stdout, "text\n");
}

#[test]
fn threat_14_a_socket_and_a_device_of_the_host_are_not_opened() {
    let world = World::new();
    let socket = Repeater::at(&world.home().join("notes/socket"));
    let connect = "python3 -c '
import os, socket
one = socket.socket(socket.AF_UNIX)
one.connect(os.path.expanduser(\"~/notes/socket\"))
one.sendall(b\"x\\n\"); print(one.recv(99).decode())'";
    works_only_outside(&world, GRANTED, connect);
    assert_eq!(socket.connections(), 1);
    // The one device that everybody may make: a whiteout (mknod(2)).
    outside(&world, "mknod ~/notes/device c 0 0").succeeded();
    let device = fs::symlink_metadata(world.home().join("notes/device")).unwrap();
    assert!(device.file_type().is_char_device());
    for name in ["socket", "device"] {
        for open in [
            "cat ~/notes/NAME",
            "echo x > ~/notes/NAME",
            "~/notes/NAME",
            "cp ~/notes/NAME copy",
        ] {
            world.sh(GRANTED, &open.replace("NAME", name)).failed();
        }
        // It has a name and attributes, which may be changed.
        let named = "stat ~/notes/NAME && mv ~/notes/NAME ~/notes/moved && mv ~/notes/moved ~/notes/NAME";
        works_everywhere(&world, GRANTED, &named.replace("NAME", name));
    }
    assert_eq!(socket.connections(), 1);
    works_everywhere(
        &world,
        GRANTED,
        "cat ~/notes/spec.md && echo x >> ~/notes/spec.md",
    );
}

#[test]
fn threat_14_no_pipe_socket_or_device_is_made_on_the_host() {
    let world = World::new();
    for make in [
        "mkfifo ~/notes/new",
        "mknod ~/notes/new c 0 0",
        "python3 -c 'import os, socket; socket.socket(socket.AF_UNIX).bind(os.path.expanduser(\"~/notes/new\"))'",
    ] {
        outside(&world, &format!("{make} && rm ~/notes/new")).succeeded();
        world.sh(GRANTED, make).failed();
        assert!(!world.home().join("notes/new").exists(), "{make}");
        // In the project, and in what is the session's own, they are as good as anywhere.
        works_everywhere(
            &world,
            GRANTED,
            "mkfifo new && rm new && touch ~/notes/new && rm ~/notes/new",
        );
    }
}
