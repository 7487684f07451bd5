//! A host path that hangs: what looks at it waits, and nothing else does.

use std::fs;

use askbox_tests::{Machine, World};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Mounts a file system on /mnt that is there and never says what is in it. Its server ends with the test.
const HANGING: &str = r#"python3 - > /dev/null 2>&1 <<'EOF' &
import ctypes, os, struct
libc = ctypes.CDLL(None)
libc.prctl(1, 9)
fd = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other"
assert libc.mount(str(os.getpid()).encode(), b"/mnt", b"fuse", 0, options.encode()) == 0
directory = struct.pack("<QII6Q10I", 10**6, 0, 0, 1, *[0] * 5, *[0] * 3, 0o40755, 2, 0, 0, 0, 4096, 0)
started = struct.pack("<4I2H2I2HI28x", 7, 31, 65536, 0, 16, 12, 65536, 1, 16, 0, 0)
while True:
    request = os.read(fd, 1 << 17)
    _, operation, unique = struct.unpack("<IIQ", request[:16])
    lookup, forget, getattr, init, interrupt, forget_many = 1, 2, 3, 26, 36, 42
    if operation in (lookup, forget, interrupt, forget_many): continue
    error, body = 0, {getattr: directory, init: started}.get(operation)
    if body is None: error, body = -38, b""
    os.write(fd, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
EOF
until grep -q ' /mnt fuse ' /proc/mounts; do sleep 0.02; done"#;

/// The number of its server.
fn server() -> i32 {
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    let line = mounts.lines().find(|line| line.contains(" /mnt fuse ")).unwrap();
    line.split(' ').next().unwrap().parse().unwrap()
}

/// Threads of the daemon that are in a slow tree; names of threads are cut at 15 bytes (`TASK_COMM_LEN`).
fn in_slow_trees(world: &World) -> usize {
    let tasks = fs::read_dir(format!("/proc/{}/task", world.daemon_pid())).unwrap();
    let names = tasks
        .flatten()
        .map(|task| fs::read_to_string(task.path().join("comm")));
    names.flatten().filter(|name| name == "askbox-slow-fil\n").count()
}

#[test]
fn threat_69_a_host_path_that_hangs_holds_neither_other_files_nor_other_sessions() {
    Machine::prepared(HANGING, |_| {
        let world = World::new();
        let script = "for number in $(seq 60); do cat /mnt/$number & done
            until [ -e hang ]; do sleep 0.05; done; cat ~/notes/spec.md > read; mv read done; exec sleep 60";
        let running = world.start_sh(&["--allow-read", "/mnt", "--allow-read", "~/notes"], script);
        world.eventually("the daemon runs", || {
            let status = world.askbox(&["status"]).output();
            status.is_ok_and(|status| status.status.success())
        });
        world.eventually("all threads for it hang", || in_slow_trees(&world) == 8);
        world.write("hang", "");
        world.eventually("another file is read", || world.project().join("done").exists());
        let text = fs::read_to_string(world.home().join("notes/spec.md")).unwrap();
        assert_eq!(fs::read_to_string(world.project().join("done")).unwrap(), text);
        // What a launch and the rules need is read on threads for what blocks.
        world.sh(&[], "true").succeeded();
        world.ok(&["rules"]);
        assert_eq!(in_slow_trees(&world), 8);
        // Without an answer neither those programs nor those threads could be ended.
        kill(Pid::from_raw(server()), Signal::SIGKILL).unwrap();
        world.ok(&["stop", "--all"]);
        // It was stopped, whatever its programs were at.
        drop(running.finish());
    });
}
