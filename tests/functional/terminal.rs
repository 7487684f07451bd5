//! A session in a terminal: keys, sizes, modes and output are as without a sandbox. Real programs in a real PTY.

use std::fmt::Write as _;

use askbox_tests::server::Server;
use askbox_tests::{Left, Terminal, World};
use nix::sys::signal::Signal;

/// `askbox shell` with bash and a prompt that is easy to find.
fn shell(world: &World) -> Terminal {
    let mut command = world.askbox(&["shell", "--env", "PS1=ready> "]);
    command.env("SHELL", "/bin/bash");
    let terminal = Terminal::start(&command);
    terminal.wait_for("ready> ");
    terminal
}

fn run(world: &World, words: &[&str]) -> Terminal {
    Terminal::start(&world.askbox(&[&["run", "--"], words].concat()))
}

/// The program ended with this code, and the terminal is as it was.
fn check_left(left: &Left, code: i32) {
    assert_eq!(left.code, Some(code), "{left:#?}");
    assert!(left.modes_restored, "{left:#?}");
}

#[test]
fn ctrl_c_ends_only_the_foreground_program() {
    let world = World::new();
    let mut terminal = shell(&world);
    terminal.press("sh -c 'echo star''ted; exec sleep 1000'\r");
    terminal.wait_for("started");
    terminal.press("\x03");
    terminal.press("echo al''ive; exit 7\r");
    let left = terminal.finish();
    assert!(left.shown.contains("alive"), "{left:#?}");
    check_left(&left, 7);
}

#[test]
fn a_program_finds_the_name_of_its_terminal_and_can_make_others() {
    let world = World::new();
    let script = "test -c $(tty) && python3 -c 'import os; print(\"other\", os.ttyname(os.openpty()[1]))'";
    let left = run(&world, &["sh", "-c", script]).finish();
    assert!(left.shown.contains("other /dev/pts/0"), "{left:#?}");
    check_left(&left, 0);
}

#[test]
fn ctrl_c_ends_a_command_with_130() {
    let world = World::new();
    let mut terminal = run(&world, &["sh", "-c", "echo star''ted; exec sleep 1000"]);
    terminal.wait_for("started");
    terminal.press("\x03");
    check_left(&terminal.finish(), 128 + 2);
}

#[test]
fn ctrl_c_before_the_command_has_its_terminal_ends_it_with_130() {
    let world = World::new();
    check_left(&run(&world, &["true"]).finish(), 0);
    for _ in 0..10 {
        let mut terminal = run(&world, &["sleep", "5"]);
        // Keys belong to the session from then on, and somewhat later to the command.
        while terminal.is_as_before() {
            std::hint::spin_loop();
        }
        terminal.press("\x03");
        check_left(&terminal.finish(), 128 + 2);
    }
}

#[test]
fn ctrl_z_suspends_a_job_of_the_shell() {
    let world = World::new();
    let mut terminal = shell(&world);
    terminal.press("sh -c 'echo star''ted; exec sleep 1000'\r");
    terminal.wait_for("started");
    terminal.press("\x1a");
    terminal.wait_for("Stopped");
    terminal.press("kill %1; echo al''ive\r");
    terminal.wait_for("alive");
    terminal.press("exit 0\r");
    // The first exit may be refused because of the job.
    terminal.press("exit 0\r");
    check_left(&terminal.finish(), 0);
}

#[test]
fn ctrl_d_ends_typing() {
    let world = World::new();
    let mut terminal = run(&world, &["sh", "-c", "echo rea''dy; cat; echo af''ter"]);
    terminal.wait_for("ready");
    terminal.press("hello\r");
    terminal.wait_until("hello, echoed and printed", |shown| {
        shown.matches("hello").count() == 2
    });
    terminal.press("\x04");
    let left = terminal.finish();
    assert!(left.shown.contains("after"), "{left:#?}");
    check_left(&left, 0);
}

#[test]
fn keys_typed_ahead_of_the_start_arrive() {
    let world = World::new();
    let mut terminal = run(&world, &["sh", "-c", "read line; echo \"<$line>\""]);
    terminal.press("early\r");
    let left = terminal.finish();
    assert!(left.shown.contains("<early>"), "{left:#?}");
    check_left(&left, 0);
}

#[test]
fn what_a_program_does_not_echo_is_not_shown() {
    let world = World::new();
    let script = "stty -echo; echo rea''dy; read secret; stty echo; echo ${#secret}";
    let mut terminal = run(&world, &["sh", "-c", script]);
    terminal.wait_for("ready");
    terminal.press("swordfish\r");
    let left = terminal.finish();
    assert!(
        left.shown.contains('9') && !left.shown.contains("swordfish"),
        "{left:#?}"
    );
    check_left(&left, 0);
}

#[test]
fn a_large_paste_arrives_whole_and_in_order() {
    let world = World::new();
    let mut terminal = run(&world, &["sh", "-c", "stty -echo; echo rea''dy; cat > pasted"]);
    terminal.wait_for("ready");
    let mut pasted = String::new();
    for number in 0..10_000 {
        writeln!(pasted, "line {number}").unwrap();
    }
    terminal.press(&pasted);
    terminal.press("\x04");
    check_left(&terminal.finish(), 0);
    let arrived = std::fs::read_to_string(world.project().join("pasted")).unwrap();
    assert!(
        arrived == pasted,
        "{} of {} bytes arrived",
        arrived.len(),
        pasted.len()
    );
}

#[test]
fn the_window_size_arrives_at_the_start_and_when_it_changes() {
    let world = World::new();
    let script = "trap 'stty size; exit' WINCH; stty size; echo rea''dy; while :; do sleep 0.05; done";
    let terminal = run(&world, &["sh", "-c", script]);
    terminal.wait_for("ready");
    assert!(terminal.shown().contains("24 80"), "{:?}", terminal.shown());
    terminal.resize(31, 101);
    let left = terminal.finish();
    assert!(left.shown.contains("31 101"), "{left:#?}");
    check_left(&left, 0);
}

#[test]
fn the_window_size_arrives_when_only_the_output_is_a_terminal() {
    let world = World::new();
    let script = "$ASKBOX run -- sh -c 'trap \"stty size <&1; exit\" WINCH; stty size <&1; echo rea\"\"dy; \
                  while :; do sleep 0.05; done' < /dev/null";
    let terminal = Terminal::start(&world.host_script(script));
    terminal.wait_for("ready");
    assert!(terminal.shown().contains("24 80"), "{:?}", terminal.shown());
    terminal.resize(31, 101);
    let left = terminal.finish();
    assert!(left.shown.contains("31 101"), "{left:#?}");
    check_left(&left, 0);
}

#[test]
fn output_of_ten_megabytes_arrives_whole_and_in_order() {
    let world = World::new();
    let left = run(&world, &["seq", "1500000"]).finish();
    check_left(&left, 0);
    let mut lines = left.shown.lines();
    for number in 1..=1_500_000_u32 {
        let line = lines.next().unwrap_or("nothing");
        assert!(line.parse() == Ok(number), "{line:?} instead of {number}");
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn exit_codes_and_signals_are_the_commands() {
    let world = World::new();
    check_left(&run(&world, &["sh", "-c", "exit 7"]).finish(), 7);
    check_left(&run(&world, &["sh", "-c", "kill -9 $$"]).finish(), 128 + 9);
}

#[test]
fn only_standard_streams_that_are_terminals_become_one() {
    let world = World::new();
    let mut expected = String::new();
    let mut script = String::from("exec 3>> seen\n");
    let inside = "r=; for fd in 0 1 2; do test -t $fd && r=$r+ || r=$r-; done; echo $r >> seen";
    for (input, seen_input) in [("", '+'), ("< /dev/null", '-')] {
        for (output, seen_output) in [("", '+'), ("> out", '-')] {
            for (errors, seen_errors) in [("", '+'), ("2> err", '-')] {
                writeln!(expected, "{seen_input}{seen_output}{seen_errors}").unwrap();
                writeln!(
                    script,
                    "$ASKBOX run -- sh -c '{inside}' {input} {output} {errors} || exit 1"
                )
                .unwrap();
            }
        }
    }
    check_left(&Terminal::start(&world.host_script(&script)).finish(), 0);
    assert_eq!(
        std::fs::read_to_string(world.project().join("seen")).unwrap(),
        expected
    );
}

#[test]
fn threat_51_the_real_terminal_is_not_reachable_from_inside() {
    let world = World::new();
    let script = "stat -Lc '%t:%T' /proc/self/fd/0 > real; $ASKBOX run -- sh -c \
                  'stat -Lc %t:%T /proc/self/fd/* /dev/* /dev/pts/* /proc/*/fd/* > reachable; echo done'";
    let left = Terminal::start(&world.host_script(script)).finish();
    assert!(left.shown.contains("done"), "{left:#?}");
    let read = |name: &str| std::fs::read_to_string(world.project().join(name)).unwrap();
    let (outer, reachable) = (read("real"), read("reachable"));
    assert!(
        outer.starts_with("88:") && reachable.contains("88:"),
        "{outer} {reachable}"
    );
    assert!(
        !reachable.lines().any(|device| device == outer.trim()),
        "{outer} {reachable}"
    );
}

#[test]
fn input_that_is_no_terminal_passes_through_byte_for_byte() {
    let world = World::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_001).collect();
    std::fs::write(world.project().join("bytes"), &bytes).unwrap();
    let script = "set -e; printf 'one\\ntwo' | $ASKBOX run -- cat > a; $ASKBOX run -- cat < /dev/null > b; \
                  $ASKBOX run -- cat < bytes > c; $ASKBOX run -- cat < bytes | wc -c";
    for in_terminal in [true, false] {
        let shown = if in_terminal {
            let left = Terminal::start(&world.host_script(script)).finish();
            check_left(&left, 0);
            left.shown
        } else {
            askbox_tests::Running::start(world.host_script(script))
                .finish()
                .succeeded()
                .stdout
                .clone()
        };
        assert_eq!(shown.trim(), "300001");
        let read = |name: &str| std::fs::read(world.project().join(name)).unwrap();
        assert_eq!(read("a"), b"one\ntwo");
        assert_eq!(read("b"), b"");
        assert!(read("c") == bytes);
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_command() {
    let world = World::new();
    let left = Terminal::start(&world.host_script("$ASKBOX run -- yes | head -n 1")).finish();
    assert_eq!(left.shown.trim(), "y");
    check_left(&left, 0);
}

#[test]
fn a_killed_client_restores_the_terminal() {
    let world = World::new();
    let terminal = run(
        &world,
        &["sh", "-c", "stty raw -echo; echo rea''dy; exec sleep 1000"],
    );
    terminal.wait_for("ready");
    assert!(!terminal.is_as_before());
    terminal.signal(Signal::SIGTERM);
    check_left(&terminal.finish(), 128 + 15);
}

#[test]
fn a_killed_daemon_leaves_the_terminal_as_it_was() {
    let world = World::new();
    let terminal = run(
        &world,
        &["sh", "-c", "stty raw -echo; echo rea''dy; exec sleep 1000"],
    );
    terminal.wait_for("ready");
    let daemon = nix::unistd::Pid::from_raw(world.daemon_pid());
    nix::sys::signal::kill(daemon, Signal::SIGKILL).unwrap();
    let left = terminal.finish();
    assert!(left.shown.contains("the daemon is gone"), "{left:#?}");
    check_left(&left, 125);
}

#[test]
fn closing_the_terminal_ends_the_session() {
    let world = World::new();
    let terminal = run(&world, &["sh", "-c", "echo rea''dy; exec sleep 1000"]);
    terminal.wait_for("ready");
    assert_eq!(world.ok(&["sessions", "--json"]).matches("\"id\"").count(), 1);
    assert_eq!(terminal.close(), Some(128 + 1));
    world.eventually("no session runs", || {
        world.ok(&["sessions", "--json"]).trim() == "[]"
    });
}

#[test]
fn a_start_in_the_background_neither_hangs_nor_garbles() {
    let world = World::new();
    let mut terminal = Terminal::start(&world.host_interactive_shell());
    terminal.wait_for("host> ");
    terminal.press("$ASKBOX run -- sh -c 'echo fr''om inside' & wait\r");
    terminal.wait_for("from inside");
    terminal.wait_for("Done");
    // The terminal still hands out lines: the shell reads and echoes what is typed now.
    terminal.press("stty -a | grep -c -- -icrnl; echo co''de $?\r");
    terminal.wait_for("code");
    terminal.press("$ASKBOX run -- sh -c 'read line; echo \"<$line>\"' &\r");
    terminal.press("fg\r");
    terminal.press("typed\r");
    // What is typed before the shell is back belongs to the job in the foreground, and ends with it.
    terminal.wait_until("the shell's prompt after the job", |shown| {
        shown
            .split_once("<typed>")
            .is_some_and(|(_, after)| after.contains("host> "))
    });
    terminal.press("exit 3\r");
    check_left(&terminal.finish(), 3);
}

#[test]
fn lines_end_as_usual_without_raw_mode() {
    let world = World::new();
    for input in ["< /dev/null", "& wait"] {
        let script = format!("set -m; $ASKBOX run -- sh -c 'echo one; echo two' {input}");
        let left = Terminal::start(&world.host_script(&script)).finish();
        assert!(left.shown.contains("one\r\ntwo\r\n"), "{left:#?}");
    }
}

#[test]
fn a_question_is_announced_on_the_terminal_but_not_into_an_editor() {
    let world = World::new();
    let server = Server::http("hello");
    for (modes, announced) in [("true", true), ("stty raw -echo", false)] {
        let script = format!("{modes}; curl -sS --fail http://new.test:{}/", server.port());
        let terminal = Terminal::start(&world.askbox(&[
            "run",
            "--resolve",
            &server.pin("new.test"),
            "--",
            "sh",
            "-c",
            &script,
        ]));
        let question = world.wait_for_question();
        let id = question["id"].as_str().unwrap();
        if announced {
            terminal.wait_for(&format!("askbox allow {id}"));
        }
        world.ok(&["allow", id, "--once"]);
        let left = terminal.finish();
        assert!(left.shown.contains("hello"), "{left:#?}");
        assert_eq!(left.shown.contains("askbox"), announced, "{left:#?}");
        check_left(&left, 0);
    }
}

#[test]
fn a_notice_can_be_read_whatever_a_program_left_the_terminal_in() {
    let world = World::new();
    let script = "printf '\\033]0;no title'; touch .envrc; printf '\\033P'; exit 3";
    let left = run(&world, &["sh", "-c", script]).finish();
    let calm = "\u{18}\u{1b}\\\u{1b}(B\u{f}\u{1b}[maskbox: made in this session";
    assert!(left.shown.contains(calm), "{left:#?}");
    check_left(&left, 3);

    let mut command = world.askbox(&[
        "run",
        "--",
        "sh",
        "-c",
        "touch Makefile.x .pre-commit-config.yaml",
    ]);
    command.env("TERM", "dumb");
    let left = Terminal::start(&command).finish();
    assert!(left.shown.contains("askbox: made in this session"), "{left:#?}");
    assert!(!left.shown.contains('\u{1b}'), "{left:#?}");
}
