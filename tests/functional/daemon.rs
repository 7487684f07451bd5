//! The daemon's life: one at a time, private, independent of who started it, and nothing goes on without it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::PathBuf;

use askbox_tests::{Finished, Running, Terminal, World};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

fn finish(world: &World, words: &[&str]) -> Finished {
    Running::start(world.askbox(words)).finish()
}

fn sessions(world: &World) -> Vec<Value> {
    serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap()
}

/// A session that runs until it is ended.
fn long_session(world: &World) -> Running {
    let running = world.start_sh(&["--name", "long"], "echo started > marker; exec sleep 1000");
    world.eventually("it runs", || world.project().join("marker").exists());
    fs::remove_file(world.project().join("marker")).unwrap();
    running
}

/// The control socket, wherever it is below the world's root.
fn socket(world: &World) -> PathBuf {
    fn find(directory: &std::path::Path) -> Option<PathBuf> {
        let entries: Vec<_> = fs::read_dir(directory).into_iter().flatten().flatten().collect();
        entries.iter().find_map(|entry| {
            let kind = entry.file_type().ok()?;
            if kind.is_socket() {
                Some(entry.path())
            } else if kind.is_dir() {
                find(&entry.path())
            } else {
                None
            }
        })
    }
    find(&world.root()).expect("the daemon has a socket")
}

#[test]
fn racing_runs_start_one_daemon() {
    let world = World::new();
    let racers: Vec<Running> = (0..6).map(|_| world.start_sh(&[], "echo ran")).collect();
    for racer in racers {
        assert_eq!(racer.finish().succeeded().stdout, "ran\n");
    }
    let started = world
        .log()
        .iter()
        .filter(|event| event["kind"] == "daemon")
        .count();
    assert_eq!(started, 1);
}

#[test]
fn a_killed_daemons_leftovers_are_replaced() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let (daemon, place) = (world.daemon_pid(), socket(&world));
    kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
    world.eventually("it is gone", || finish(&world, &["status"]).code == Some(1));
    assert!(place.exists());
    assert!(finish(&world, &["status"]).stdout.contains("no daemon runs"));
    world.sh(&[], "true").succeeded();
    assert_ne!(world.daemon_pid(), daemon);
    assert!(
        world
            .log()
            .iter()
            .any(|event| event.to_string().contains("unclean")),
        "{:#?}",
        world.log()
    );
}

#[test]
fn a_second_daemon_is_refused() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let daemon = world.daemon_pid();
    let second = finish(&world, &["daemon"]);
    assert_eq!(second.code, Some(125), "{second:#?}");
    assert!(second.stderr.contains("hint: "), "{second:#?}");
    assert_eq!(world.daemon_pid(), daemon);
}

#[test]
fn a_daemon_in_the_foreground_serves_and_ends_on_ctrl_c() {
    let world = World::new();
    let mut terminal = Terminal::start(&world.askbox(&["daemon"]));
    world.eventually("it serves", || finish(&world, &["status"]).code == Some(0));
    assert_eq!(world.daemon_pid(), terminal.pid());
    world.sh(&[], "true").succeeded();
    assert_eq!(world.daemon_pid(), terminal.pid());
    terminal.press("\x03");
    assert_eq!(terminal.finish().code, Some(0));
    assert!(
        !world
            .log()
            .iter()
            .any(|event| event.to_string().contains("unclean"))
    );
}

#[test]
fn stop_and_restart_say_what_they_did() {
    let world = World::new();
    assert!(world.ok(&["daemon", "--stop"]).contains("no daemon was running"));
    assert!(world.ok(&["daemon", "--restart"]).contains("a new daemon runs"));
    let first = world.daemon_pid();
    assert!(world.ok(&["daemon", "--restart"]).contains(&first.to_string()));
    assert_ne!(world.daemon_pid(), first);
    assert!(world.ok(&["daemon", "--stop"]).contains("has ended"));
    assert_eq!(finish(&world, &["status"]).code, Some(1));
    assert_eq!(world.ok(&["sessions", "--json"]).trim(), "[]");
    assert_eq!(world.ok(&["questions", "--json"]).trim(), "[]");
}

#[test]
fn a_stopped_daemon_is_not_killed_and_what_lets_it_end_is_said() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let pid = world.daemon_pid();
    let daemon = Pid::from_raw(pid);
    kill(daemon, Signal::SIGSTOP).unwrap();
    let stopped = finish(&world, &["daemon", "--stop"]);
    assert_eq!(stopped.code, Some(125), "{stopped:#?}");
    for words in ["was stopped by a signal", &format!("`kill -CONT {pid}`")] {
        assert!(stopped.stderr.contains(words), "{stopped:#?}");
    }
    assert!(kill(daemon, None).is_ok());
    kill(daemon, Signal::SIGCONT).unwrap();
    world.eventually("it ends, since it was told to", || kill(daemon, None).is_err());
}

#[test]
fn it_survives_the_terminal_that_started_it() {
    let world = World::new();
    let terminal =
        Terminal::start(&world.askbox(&["run", "--", "sh", "-c", "echo rea''dy; exec sleep 1000"]));
    terminal.wait_for("ready");
    let daemon = world.daemon_pid();
    terminal.close();
    world.eventually("its session has ended", || sessions(&world).is_empty());
    assert_eq!(world.daemon_pid(), daemon);
    let leader = nix::unistd::getsid(Some(Pid::from_raw(daemon))).unwrap();
    assert_eq!(leader.as_raw(), daemon);
}

#[test]
fn its_socket_is_the_users_alone() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let place = socket(&world);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&place), 0o600);
    assert_eq!(mode(place.parent().unwrap()), 0o700);
}

#[test]
fn a_clean_stop_ends_sessions() {
    let world = World::new();
    let running = long_session(&world);
    world.ok(&["daemon", "--stop"]);
    let finished = running.finish();
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    assert!(finished.stderr.contains("askbox: "), "{finished:#?}");
    let events = world.log();
    assert!(
        events
            .iter()
            .any(|event| event["kind"] == "session" && event.to_string().contains("ended"))
    );
}

#[test]
fn sessions_are_listed_and_stopped_one_by_one_or_all() {
    let world = World::new();
    let running = [long_session(&world), long_session(&world), long_session(&world)];
    let listed = sessions(&world);
    assert_eq!(listed.len(), 3);
    for session in &listed {
        assert_eq!(
            (&session["state"], &session["name"]),
            (&"running".into(), &"long".into())
        );
        assert_eq!(session["project"], world.project().to_str().unwrap());
        assert!(
            session["command"].as_str().unwrap().contains("sleep 1000"),
            "{session}"
        );
        assert!(session["pid"].as_u64().is_some_and(|pid| pid > 1) && session["started"].is_string());
    }
    assert_eq!(world.ok(&["sessions"]).matches("sleep 1000").count(), 3);
    let first = listed[0]["id"].as_str().unwrap();
    world.ok(&["stop", first]);
    world.eventually("one is gone", || sessions(&world).len() == 2);
    assert!(sessions(&world).iter().all(|session| session["id"] != first));
    world.ok(&["stop", "--all"]);
    world.eventually("all are gone", || sessions(&world).is_empty());
    for running in running {
        let finished = running.finish();
        assert_eq!(finished.code, Some(125), "{finished:#?}");
        assert!(
            finished.stderr.contains("the session was stopped"),
            "{finished:#?}"
        );
    }
    world.sh(&[], "true").succeeded();
}

#[test]
fn a_read_only_configuration_directory_is_no_obstacle() {
    let world = World::new();
    let config = world.policy().parent().unwrap().to_owned();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(world.sh(&[], "echo ran").succeeded().stdout, "ran\n");
    let refused = finish(&world, &["rules", "add", "allow", "network", "new.test"]);
    assert_eq!(refused.code, Some(125), "{refused:#?}");
    assert!(refused.stderr.contains("policy.toml"), "{refused:#?}");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o700)).unwrap();
    world.ok(&["rules", "add", "allow", "network", "new.test"]);
}

#[test]
fn a_daemon_that_cannot_start_says_why() {
    let world = World::new();
    fs::create_dir_all(world.root().join("state")).unwrap();
    fs::set_permissions(world.root().join("state"), fs::Permissions::from_mode(0o500)).unwrap();
    let finished = world.sh(&[], "echo ran");
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(125), ""),
        "{finished:#?}"
    );
    assert!(finished.stderr.contains("Permission denied"), "{finished:#?}");
}

#[test]
fn a_service_manager_that_does_not_answer_is_no_obstacle() {
    let world = World::new();
    let runtime = world.outside();
    fs::create_dir(runtime.join("systemd")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(runtime.join("systemd/private")).unwrap());
    let mut command = world.askbox(&["run", "--", "echo", "ran"]);
    command.env("XDG_RUNTIME_DIR", &runtime);
    assert_eq!(Running::start(command).finish().succeeded().stdout, "ran\n");
}

#[test]
fn a_pipe_in_the_place_of_one_of_its_files_keeps_nothing_waiting() {
    for (name, told) in [
        ("config/trusted.json", "no project file is trusted any more"),
        ("state/grants.json", "no remembered answer counts any more"),
        ("state/daemon.log", "daemon.log: it is not an ordinary file"),
        ("state/log.sqlite", "log.sqlite"),
        ("config/policy.toml", "not a file"),
    ] {
        let world = World::new();
        world.sh(&[], "true").succeeded();
        world.ok(&["daemon", "--stop"]);
        let path = world.root().join(name);
        let kept = fs::read(&path).ok();
        drop(fs::remove_file(&path));
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let (session, status) = (world.sh(&[], "true"), finish(&world, &["status"]));
        let said = format!("{session:?}{status:?}");
        assert!(said.contains(told), "{name}: {said}");
        drop(finish(&world, &["daemon", "--stop"]));
        drop(fs::remove_file(&path));
        if let Some(kept) = kept {
            fs::write(&path, kept).unwrap();
        }
        world.sh(&[], "true").succeeded();
    }
}

#[test]
fn a_daemon_whose_socket_is_gone_is_not_taken_for_none_and_can_be_ended() {
    let world = World::new();
    let running = long_session(&world);
    let before = world.daemon_pid();
    fs::remove_file(socket(&world)).unwrap();
    for words in [&["stop", "--all"][..], &["sessions"], &["run", "--", "true"]] {
        let said = Running::start(world.askbox(words)).finish();
        assert_ne!(said.code, Some(0), "{said:#?}");
        let told = format!("a daemon runs (process {before}), and its socket");
        for words in [told.as_str(), "is gone", "hint: `askbox daemon --restart`"] {
            assert!(said.stderr.contains(words), "{said:#?}");
        }
        assert_eq!(said.stdout, "", "{said:#?}");
    }
    let restarted = world.ok(&["daemon", "--restart"]);
    assert!(restarted.contains("has ended\na new daemon runs"), "{restarted}");
    assert_ne!(running.finish().code, Some(0));
    // The twin: a new daemon, whose socket is there.
    world.sh(&[], "true").succeeded();
    assert_eq!(world.ok(&["stop", "--all"]), "0 sessions told to end\n");
}

/// As a logout does it where the daemon stays.
#[test]
fn a_daemon_whose_runtime_directory_was_removed_is_named_and_can_be_ended() {
    let world = World::new();
    let running = long_session(&world);
    let before = world.daemon_pid();
    fs::remove_dir_all(world.root().join("run")).unwrap();
    let listed = finish(&world, &["sessions"]);
    let told = format!("a daemon runs (process {before})");
    assert!(listed.stderr.contains(&told), "{listed:#?}");
    let doctor = finish(&world, &["doctor"]).stdout;
    assert!(doctor.contains(&format!("process {before} serves")), "{doctor}");
    let refused = world.sh(&[], "true");
    assert!(refused.stderr.contains("`askbox daemon --stop`"), "{refused:#?}");
    let stopped = world.ok(&["daemon", "--stop"]);
    assert!(
        stopped.contains(&format!("(process {before}) has ended")),
        "{stopped}"
    );
    assert_ne!(running.finish().code, Some(0));
    world.sh(&[], "true").succeeded();
}

#[test]
fn where_everybody_could_put_other_rules_the_doctor_says_so_and_a_daemon_mends_it() {
    let world = World::new();
    let mode = |mode| fs::set_permissions(world.root(), fs::Permissions::from_mode(mode)).unwrap();
    let problem = format!("problem  directories: {}\n", world.root().display());
    let doctor = || finish(&world, &["doctor"]).stdout;
    fs::create_dir_all(world.root()).unwrap();
    mode(0o777);
    let said = doctor();
    assert!(
        said.contains(&problem)
            && said.contains("every user can put a directory")
            && said.contains("(mode 777)"),
        "{said}"
    );
    world.sh(&[], "true").succeeded();
    assert_eq!(
        fs::metadata(world.root()).unwrap().permissions().mode() & 0o777,
        0o755
    );
    let said = doctor();
    assert!(!said.contains(&problem), "{said}");
}

#[test]
fn a_limit_of_the_shell_holds_inside_and_ends_no_daemon() {
    let world = World::new();
    let shell = |script: &str| Running::start(world.host_script(script)).finish();
    for (limit, flag) in [
        ("ulimit -f 100", "-f"),
        ("ulimit -f 10000000", "-f"),
        ("ulimit -t 1", "-t"),
        ("ulimit -v 1000000", "-v"),
        ("ulimit -d 1000000", "-d"),
    ] {
        for words in ["run -- true", "daemon --start"] {
            let refused = shell(&format!("{limit}; exec \"$ASKBOX\" {words}"));
            assert_eq!(
                (refused.code, refused.stdout.as_str()),
                (Some(125), ""),
                "{refused:#?}"
            );
            for told in [
                &format!("`ulimit {flag}` is set"),
                "hint: ",
                "askbox daemon --start",
            ] {
                assert!(refused.stderr.contains(told), "{refused:#?}");
            }
        }
    }
    for words in ["run -- true", "daemon --start", "status"] {
        let refused = shell(&format!("ulimit -s 64; exec \"$ASKBOX\" {words}"));
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        let told = "`ulimit -s` leaves this program 64 KiB";
        assert!(refused.stderr.contains(told), "{refused:#?}");
    }
    // One that can be lifted, or is far away, is no obstacle.
    let started =
        shell("ulimit -S -f 100; ulimit -S -t 1; ulimit -S -v 900000; exec \"$ASKBOX\" daemon --start");
    assert_eq!(started.code, Some(0), "{started:#?}");
    let limits = fs::read_to_string(format!("/proc/{}/limits", world.daemon_pid())).unwrap();
    for name in ["Max cpu time", "Max file size", "Max address space"] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains("unlimited            unlimited"), "{limits}");
    }
    // Nothing is ended where no other could be started.
    let before = world.daemon_pid();
    let refused = shell("ulimit -f 100; exec \"$ASKBOX\" daemon --restart");
    assert_eq!(refused.code, Some(125));
    assert!(
        refused.stderr.contains("is not set: askbox daemon --restart;"),
        "{refused:#?}"
    );
    assert_eq!(world.daemon_pid(), before);
    // Nor is an app, which may start one; no display is there for it.
    let refused = shell("ulimit -f 100; DISPLAY=:7777 exec \"$ASKBOX\" open");
    assert_eq!(refused.code, Some(125));
    assert!(
        refused.stderr.contains("`ulimit -f` is set") && refused.stderr.contains("is not set: askbox open;"),
        "{refused:#?}"
    );
    // A file that may not grow is an error, and ends nothing.
    let status = fs::read_to_string(format!("/proc/{before}/status")).unwrap();
    let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:\t"));
    let blocked = u64::from_str_radix(blocked.unwrap(), 16).unwrap();
    assert_ne!(blocked & 1 << (Signal::SIGXFSZ as i32 - 1), 0, "{status}");
    // What is run has the limits of its shell, as outside.
    let inside = shell("ulimit -f 100; ulimit -t 7; exec \"$ASKBOX\" run -- sh -c 'ulimit -f; ulimit -t'");
    assert_eq!(inside.succeeded().stdout, "200\n7\n");
}
