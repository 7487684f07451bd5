//! Processes and descriptors of the host: none is seen from inside.

use std::fs;

use askbox_tests::{MARKER, Running, World};

use crate::both::{outside, works_everywhere, works_only_outside};

/// Puts a key that only its possessor may see into a fresh session keyring, and counts it in what two commands print.
const KEYS: &str = r#"exec /usr/bin/python3 - <<'END'
import ctypes, os, platform, subprocess
add_key, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
JOIN_SESSION_KEYRING, SETPERM, SESSION_KEYRING, POSSESSOR = 1, 5, ctypes.c_long(-3), 0x3f000000
assert libc.syscall(keyctl, JOIN_SESSION_KEYRING, None) >= 0
key = libc.syscall(add_key, b"user", b"askbox-canary", b"x", 1, SESSION_KEYRING)
assert key >= 0 and libc.syscall(keyctl, SETPERM, key, POSSESSOR) == 0
for before in [[], [os.environ["ASKBOX"], "run", "--"]]:
    keys = subprocess.run(before + ["cat", "/proc/keys"], capture_output=True, text=True, check=True)
    print(keys.stdout.count("askbox-canary"))
END"#;

#[test]
fn threat_4_the_roots_of_processes_are_the_sandbox_itself() {
    let world = World::new();
    let home = world.home();
    let spec = home.join("notes/spec.md");
    for process in ["self", "1", "$PPID", "$$", "thread-self", "self/task/$$"] {
        for way in ["root", "cwd/../../.."] {
            let script = format!("cat /proc/{process}/{way}{}", spec.display());
            let inside = world.sh(&[], &script);
            assert!(!inside.failed().stdout.contains(MARKER), "{script} {inside:#?}");
        }
    }
    works_only_outside(&world, &[], &format!("cat /proc/self/root{}", spec.display()));
    works_only_outside(&world, &[], &format!("cat /proc/$PPID/root{}", spec.display()));
    works_everywhere(
        &world,
        &[],
        "ls /proc/self/root/usr/bin/env && ls /proc/self/cwd/",
    );
    let passwd = world.sh(&[], "cat /proc/self/root/etc/passwd /proc/self/root/etc/shadow");
    assert_eq!(passwd.failed().stdout, "");
}

#[test]
fn threat_4_nothing_can_be_read_from_the_first_process() {
    let world = World::new();
    for name in [
        "environ",
        "mem",
        "auxv",
        "syscall",
        "stack",
        "map_files/",
        "fd/",
        "fd/0",
        "root/",
        "cwd/",
    ] {
        for process in ["1", "$PPID"] {
            let script = format!(
                "case {name} in */) ls /proc/{process}/{name} ;; *) head -c 1 /proc/{process}/{name} ;; esac"
            );
            let inside = world.sh(&[], &script);
            assert_eq!(inside.failed().stdout, "", "{script} {inside:#?}");
        }
    }
    for attack in [
        "echo x > /proc/1/mem",
        "echo x > /proc/1/oom_score_adj",
        "readlink /proc/1/exe",
        "readlink /proc/1/ns/net",
        "kill -9 1; kill -STOP 1; test \"$(cut -d' ' -f3 /proc/1/stat)\" = T",
    ] {
        world.sh(&[], attack).failed();
    }
    let mine =
        "tr '\\0' '\\n' < /proc/$$/environ | grep -q ^HOME= && ls /proc/$$/fd && readlink /proc/$$/exe";
    works_everywhere(&world, &[], mine);
}

#[test]
fn threat_5_only_the_standard_descriptors_are_open_inside() {
    let world = World::new();
    let list = "ls -v /proc/self/fd | tr '\\n' ' '; ls -l /proc/self/fd >&2";
    let inside = world.sh(&[], list);
    assert_eq!(inside.stdout, "0 1 2 3 ", "3 is the listing itself: {inside:#?}");
    for line in inside.stderr.lines() {
        assert!(
            !line.contains("socket:") && !line.contains("memfd") && !line.contains("anon_inode"),
            "{line}"
        );
    }
}

#[test]
fn threat_5_descriptors_that_askbox_itself_inherits_do_not_get_inside() {
    let world = World::new();
    let key = world.home().join(".ssh/id_test");
    let open = format!(
        "exec 7<{0} 8</ 9>>{0} 63<{1} 200<{0};",
        key.display(),
        world.home().display()
    );
    let list = "cat <&7; cat /proc/self/fd/200; ls -v /proc/self/fd | tr '\\n' ' '; true";
    let host = outside(&world, &format!("{open} {list}"));
    assert!(
        host.stdout.contains(MARKER) && host.stdout.contains(" 7 8 9 "),
        "{host:#?}"
    );
    for start in ["$ASKBOX run -- sh -c", "$ASKBOX run --quiet -- bash -c"] {
        let inside = outside(
            &world,
            &format!("{open} {start} \"{}\"", list.replace('"', "\\\"")),
        );
        assert_eq!(inside.stdout, "0 1 2 3 ", "{inside:#?}");
    }
    let daemon = fs::read_dir(format!("/proc/{}/fd", world.daemon_pid())).unwrap();
    // One that was closed meanwhile leads nowhere.
    let targets = daemon.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    for target in targets {
        assert!(
            !target.starts_with(world.home()),
            "the daemon that this run started holds {target:?}"
        );
    }
}

#[test]
fn threat_5_a_directory_as_a_standard_stream_is_refused() {
    let world = World::new();
    for (stream, name) in [("<", "input"), ("1<", "output"), ("2<", "error")] {
        let run = |place: &str| outside(&world, &format!("($ASKBOX run -- true {stream} {place})"));
        let refused = run("~");
        assert_eq!(refused.code, Some(125), "{name}: {refused:#?}");
        // Nothing can be said on a directory.
        let said =
            format!("standard {name} is a directory, which would be open inside with all that is in it");
        for part in [said.as_str(), "hint: give it a file, a pipe or /dev/null"] {
            assert_eq!(
                refused.stderr.contains(part),
                name != "error",
                "{part}: {refused:#?}"
            );
        }
        assert_eq!(run("/dev/null").code, Some(0), "{name}");
    }
}

#[test]
fn a_socket_that_can_be_connected_anew_is_refused_as_a_standard_stream() {
    const PASS: &str = "import socket, subprocess, sys
made = {
    'tcp': lambda: (socket.socket(), None),
    'tcp6': lambda: (socket.socket(socket.AF_INET6), None),
    'udp': lambda: (socket.socket(socket.AF_INET, socket.SOCK_DGRAM), None),
    'datagrams': lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    'alone': lambda: (socket.socket(socket.AF_UNIX), None),
    'pair': lambda: socket.socketpair(),
}[sys.argv[1]]()
stream = {sys.argv[2]: made[0]}
sys.exit(subprocess.run([sys.argv[3], 'run', '--', 'true'], **stream).returncode)";
    let world = World::new();
    world.write("pass.py", PASS);
    let run =
        |kind: &str, stream: &str| outside(&world, &format!("python3 pass.py {kind} {stream} \"$ASKBOX\""));
    for stream in ["stdin", "stdout", "stderr"] {
        for kind in ["tcp", "tcp6", "udp", "datagrams", "alone"] {
            assert_eq!(run(kind, stream).code, Some(125), "{kind} as {stream}");
        }
        assert_eq!(run("pair", stream).code, Some(0), "{stream}");
    }
    for (stream, name) in [("stdin", "input"), ("stdout", "output")] {
        let refused = run("tcp", stream);
        let said = format!("standard {name} is a socket that could be connected from inside");
        for part in [said.as_str(), "hint: put a pipe between"] {
            assert!(refused.stderr.contains(part), "{part}: {refused:#?}");
        }
    }
}

#[test]
fn threat_49_the_keys_of_the_users_session_are_left_behind() {
    let world = World::new();
    assert_eq!(outside(&world, KEYS).succeeded().stdout, "1\n0\n");
}

#[test]
fn threat_15_no_process_of_a_session_keeps_a_capability() {
    const NONE: &str = "0000000000000000";
    let world = World::new();
    let session = world.start_sh(&[], "exec sleep 1002");
    world.eventually("the command runs", || {
        let mut inside = world.sandboxed().into_iter();
        inside.any(|process| process.command == ["sleep", "1002"])
    });
    let inside = world.sandboxed();
    assert!(3 <= inside.len(), "bwrap, init and the command: {inside:#?}");
    for process in inside {
        let status = fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap();
        let kept: Vec<&str> = status
            .lines()
            .filter(|line| line.starts_with("Cap") && !line.ends_with(NONE))
            .collect();
        assert_eq!(kept, Vec::<&str>::new(), "{process:#?}");
    }
    drop(session);
    let host = outside(
        &world,
        "unshare --user --map-root-user grep CapEff /proc/self/status",
    );
    assert!(!host.succeeded().stdout.contains(NONE), "{host:#?}");
}

#[test]
fn threat_52_processes_of_the_host_are_invisible() {
    let world = World::new();
    let mut sleeper = Running::start(world.host_script("exec -a askbox-canary sleep 60"));
    let find = "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -q askbox-canar[y]";
    world.eventually("the host's process runs", || {
        outside(&world, find).code == Some(0)
    });
    works_only_outside(&world, &[], find);
    works_only_outside(&world, &[], &format!("kill -0 {}", sleeper.pid()));
    assert!(sleeper.is_running());
    let seen = world.sh(&[], "ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm");
    let lines: Vec<&str> = seen.succeeded().stdout.lines().collect();
    assert!(lines[0].trim().parse::<u32>().unwrap() <= 4, "{seen:#?}");
    let twin = "sleep 5 & kill -0 $! && test -r /proc/$!/comm && kill $! && cat /proc/$$/comm";
    assert_eq!(world.sh(&[], twin).succeeded().stdout, "sh\n");
    let other = world.start_sh(&[], "exec sleep 61");
    world.eventually("the other session runs", || {
        world
            .sandboxed()
            .iter()
            .any(|process| process.command == ["sleep", "61"])
    });
    works_only_outside(
        &world,
        &[],
        "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -q 'sleep 6[1]'",
    );
    drop(other);
}
