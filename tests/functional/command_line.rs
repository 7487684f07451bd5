//! What is typed wrongly is refused with a way out, and odd surroundings are no obstacle.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use askbox_tests::{Finished, Running, World};

fn finish(world: &World, words: &[&str]) -> Finished {
    Running::start(world.askbox(words)).finish()
}

/// Refused: 125, nothing on standard output, the reason and a way out on standard error.
fn check_refused(world: &World, words: &[&str], reason: &str) {
    let finished = finish(world, words);
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(125), ""),
        "{words:?}: {finished:#?}"
    );
    assert!(finished.stderr.contains(reason), "{words:?}: {finished:#?}");
    let way_out = ["hint: ", "--help", "possible values"];
    assert!(
        way_out.iter().any(|way| finished.stderr.contains(way)),
        "{words:?}: {finished:#?}"
    );
}

#[test]
fn wrong_words_are_refused_with_a_way_out() {
    let world = World::new();
    for (words, reason) in [
        (&["run"][..], "COMMAND"),
        (&["run", "--frobnicate", "--", "true"], "--frobnicate"),
        (&["run", "--preset", "wild", "--", "true"], "wild"),
        (&["run", "--resolve", "new.test", "--", "true"], "--resolve"),
        (
            &["run", "--resolve", "new.test:99999:127.0.0.1", "--", "true"],
            "--resolve",
        ),
        (&["run", "--env", "=x", "--", "true"], "--env"),
        (&["run", "--env", "A B=c", "--", "true"], "no blanks"),
        (&["allow", "7", "--for", "soon"], "soon"),
        (&["allow", "7", "--for", "1ms"], "at least a second"),
        (&["pause", "999ms"], "at least a second"),
        (&["allow", "7", "--once", "--always"], "--always"),
        (&["revoke"], "ID"),
        (&["log", "--since", "yesterday"], "yesterday"),
        (&["fly"], "fly"),
        (&[], ""),
    ] {
        if words.is_empty() {
            assert_ne!(finish(&world, words).code, Some(0));
        } else {
            check_refused(&world, words, reason);
        }
    }
}

#[test]
fn a_project_that_is_no_directory_is_named_with_a_way_out() {
    let world = World::new();
    world.write("file", "");
    check_refused(
        &world,
        &["run", "--project", "file", "--", "true"],
        "file is not a directory",
    );
    check_refused(
        &world,
        &["run", "--project", "nonexist", "--", "true"],
        "nonexist: ",
    );
    std::fs::create_dir(world.project().join("directory")).unwrap();
    assert_eq!(
        finish(&world, &["run", "--project", "directory", "--", "true"]).code,
        Some(0)
    );
}

#[test]
fn a_working_directory_that_was_removed_is_named_with_a_way_out() {
    let world = World::new();
    for words in [
        "trust",
        "trust .",
        "run -- true",
        "rules add allow read ./x",
        "rules add allow network new.test --project .",
    ] {
        let script = format!("mkdir gone && cd gone && rmdir ../gone && exec \"$ASKBOX\" {words}");
        let finished = Running::start(world.host_script(&script)).finish();
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(125), ""),
            "{words}: {finished:#?}"
        );
        assert!(
            finished.stderr.contains("hint: go to a directory that exists"),
            "{words}: {finished:#?}"
        );
    }
    world.write(".askbox.toml", "");
    world.ok(&["trust"]);
    world.ok(&["rules", "add", "allow", "read", "./x"]);
}

#[test]
fn a_home_directory_that_is_none_is_named_with_a_way_out() {
    let world = World::new();
    for words in [&["run", "--", "true"][..], &["status"]] {
        let mut command = world.askbox(words);
        command.env("HOME", "relative");
        let finished = Running::start(command).finish();
        assert_eq!(finished.code, Some(125), "{finished:#?}");
        assert!(
            finished
                .stderr
                .contains("HOME must be an absolute path, not \"relative\"\nhint: "),
            "{finished:#?}"
        );
    }
    // The one of the user database, as other programs do.
    let mut command = world.askbox(&["sessions"]);
    command.env("HOME", "");
    Running::start(command).finish().succeeded();
}

#[test]
fn a_directory_that_cannot_be_written_is_named_with_a_way_out() {
    let world = World::new();
    let home = world.home().join("read-only");
    std::fs::create_dir(&home).unwrap();
    let mode = |mode| std::fs::set_permissions(&home, PermissionsExt::from_mode(mode)).unwrap();
    let run = || {
        let mut command = world.askbox(&["run", "--", "true"]);
        command.env("HOME", &home).env_remove("ASKBOX_ROOT");
        Running::start(command).finish()
    };
    mode(0o500);
    let finished = run();
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    assert!(
        finished.stderr.contains("read-only/.local/state/askbox") && finished.stderr.contains("\nhint: "),
        "{finished:#?}"
    );
    mode(0o700);
    run().succeeded();
    let mut stop = world.askbox(&["daemon", "--stop"]);
    stop.env("HOME", &home).env_remove("ASKBOX_ROOT");
    Running::start(stop).finish().succeeded();
}

#[test]
fn patterns_that_the_daemon_refuses_name_the_word_and_a_way_out() {
    let world = World::new();
    for (flag, word) in [
        ("--allow-domain", "http://new.test/"),
        ("--allow-domain", "new test"),
        ("--allow-domain", "127.1"),
        ("--block-domain", "new.test:99999"),
        ("--allow-read", "/a/../b"),
        ("--project", "/no/such/directory"),
    ] {
        let finished = finish(&world, &["run", flag, word, "--", "echo", "ran"]);
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(125), ""),
            "{word}: {finished:#?}"
        );
        assert!(finished.stderr.contains(word), "{word}: {finished:#?}");
    }
}

#[test]
fn unknown_ids_are_refused_with_a_hint() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    for words in [
        &["allow", "zzz"][..],
        &["deny", "zzz"],
        &["revoke", "zzz"],
        &["rules", "remove", "zzz"],
        &["stop", "zzz"],
        &["questions", "--resume", "zzz"],
    ] {
        check_refused(&world, words, "no ");
    }
}

#[test]
fn without_a_daemon_answers_say_so_with_a_hint() {
    let world = World::new();
    check_refused(&world, &["allow", "7"], "daemon");
    check_refused(&world, &["stop", "abc"], "daemon");
    assert_eq!(world.ok(&["questions"]), "nothing waits for an answer\n");
}

#[test]
fn a_project_is_refused_where_it_would_open_too_much() {
    let world = World::new();
    let home = world.home();
    let base = home.parent().unwrap().to_owned();
    let config = home.join(".config");
    for directory in [&home, &base, &config, &std::path::PathBuf::from("/")] {
        let mut command = world.askbox(&["run", "--", "echo", "ran"]);
        command.current_dir(directory);
        let finished = Running::start(command).finish();
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(125), ""),
            "{directory:?} {finished:#?}"
        );
        assert!(finished.stderr.contains("hint: "), "{finished:#?}");
    }
    assert_eq!(
        finish(&world, &["run", "--", "echo", "ran"]).succeeded().stdout,
        "ran\n"
    );
}

#[test]
fn a_project_may_have_any_name() {
    let world = World::new();
    for name in [
        &b"with space"[..],
        b"with\nnewline",
        b"with \"quotes' $x",
        b"--bind",
        "ümläut".as_bytes(),
        b"\xff\xfe",
    ] {
        let directory = world.home().join(std::ffi::OsStr::from_bytes(name));
        std::fs::create_dir(&directory).unwrap();
        let mut command = world.askbox(&["run", "--", "sh", "-c", "pwd > here; echo ran"]);
        command.current_dir(&directory);
        assert_eq!(
            Running::start(command).finish().succeeded().stdout,
            "ran\n",
            "{name:?}"
        );
        let mut here = std::fs::read(directory.join("here")).unwrap();
        assert_eq!(here.pop(), Some(b'\n'));
        assert_eq!(here, directory.as_os_str().as_bytes());
    }
    assert!(world.log().iter().any(|event| {
        event["project"]
            .as_str()
            .is_some_and(|path| path.contains("with space"))
    }));
}

#[test]
fn arguments_arrive_as_they_are() {
    let world = World::new();
    let odd = [
        "--bind",
        "a b",
        "$HOME",
        "*",
        "new\nline",
        "",
        "--",
        "ümläut",
        "'\"\\",
    ];
    let mut command = world.askbox(&["run", "--", "printf", "<%s>"]);
    command.args(odd);
    let expected = format!("<{}>", odd.join("><"));
    assert_eq!(Running::start(command).finish().succeeded().stdout, expected);
    let mut command = world.askbox(&["run", "printf", "<%s>", "--quiet"]);
    command.arg("-x");
    assert_eq!(
        Running::start(command).finish().succeeded().stdout,
        "<--quiet><-x>"
    );
}

#[test]
fn what_ends_something_prints_an_object_where_json_is_wanted() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let json = |words: &[&str]| {
        serde_json::from_str::<serde_json::Value>(&world.ok(words))
            .unwrap()
            .to_string()
    };
    assert_eq!(json(&["revoke", "--all", "--json"]), r#"{"revoked":0}"#);
    assert_eq!(json(&["stop", "--all", "--json"]), r#"{"stopped":0}"#);
    assert_eq!(json(&["questions", "--resume", "--json"]), r#"{"resumed":null}"#);
    world.ok(&["rules", "add", "allow", "network", "new.test"]);
    let rules: serde_json::Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
    let id = rules["rules"][0]["id"].as_str().unwrap();
    assert_eq!(
        json(&["rules", "remove", id, "--json"]),
        format!(r#"{{"removed":"{id}"}}"#)
    );
}

#[test]
fn a_command_line_that_is_too_long_is_named_as_that() {
    let world = World::new();
    let words = "x".repeat(100_000);
    let with = |count: usize| {
        let mut command = world.askbox(&["run", "--", "sh", "-c", "echo $#", "sh"]);
        command.args(std::iter::repeat_n(&words, count));
        Running::start(command).finish()
    };
    assert_eq!(with(5).succeeded().stdout, "5\n");
    let refused = with(15);
    assert_eq!(
        (refused.code, refused.stdout.as_str()),
        (Some(125), ""),
        "{refused:#?}"
    );
    assert!(
        refused.stderr.contains("hint: the command line is too long"),
        "{refused:#?}"
    );
}

#[test]
fn no_home_variable_is_no_obstacle() {
    let world = World::new();
    let mut command = world.askbox(&["run", "--", "sh", "-c", "echo \"$HOME\""]);
    command.env_remove("HOME");
    let finished = Running::start(command).finish();
    let home = nix::unistd::User::from_uid(nix::unistd::getuid())
        .unwrap()
        .unwrap()
        .dir;
    assert_eq!(finished.succeeded().stdout.trim(), home.to_str().unwrap());
}

#[test]
fn exec_is_run_and_the_project_is_named_by_a_flag() {
    let world = World::new();
    assert_eq!(
        finish(&world, &["exec", "--", "echo", "ran"]).succeeded().stdout,
        "ran\n"
    );
    let (below, other) = (world.project().join("below"), world.home().join("other"));
    std::fs::create_dir(&below).unwrap();
    std::fs::create_dir(&other).unwrap();
    let pwd = |project: &str| {
        let mut command = world.askbox(&["run", "--project", project, "--", "pwd"]);
        command.current_dir(&below);
        Running::start(command)
            .finish()
            .succeeded()
            .stdout
            .trim()
            .to_owned()
    };
    assert_eq!(pwd(".."), below.to_str().unwrap());
    assert_eq!(pwd(other.to_str().unwrap()), other.to_str().unwrap());
}

#[test]
fn help_goes_to_standard_output_and_is_no_failure() {
    let world = World::new();
    for words in [
        &["--help"][..],
        &["help", "run"],
        &["run", "--help"],
        &["log", "-h"],
        &["--version"],
    ] {
        let finished = finish(&world, words);
        assert_eq!(
            (finished.code, finished.stderr.as_str()),
            (Some(0), ""),
            "{words:?}: {finished:#?}"
        );
        assert!(finished.stdout.contains("askbox"), "{words:?}: {finished:#?}");
    }
}

#[test]
fn only_named_environment_variables_come_in() {
    let world = World::new();
    let mut command = world.askbox(&["run", "--env", "KEPT", "--env", "MADE=new", "--", "env"]);
    command
        .env("KEPT", "kept")
        .env("SECRET_TOKEN", "s3cret")
        .env("LC_TIME", "C");
    let finished = Running::start(command).finish();
    let seen = &finished.succeeded().stdout;
    for line in ["KEPT=kept", "MADE=new", "LC_TIME=C"] {
        assert!(seen.lines().any(|known| known == line), "{line}: {seen}");
    }
    assert!(!seen.contains("s3cret"), "{seen}");
}

#[test]
fn root_is_refused_and_the_same_user_without_it_is_not() {
    let world = World::new();
    let run = |prefix: &str, words: &str| {
        let script = format!("exec {prefix} \"$ASKBOX\" {words}");
        Running::start(world.host_script(&script)).finish()
    };
    for words in ["run -- echo ran", "shell -- -c 'echo ran'"] {
        let refused = run("unshare --user --map-root-user --", words);
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (Some(125), ""),
            "{refused:#?}"
        );
    }
    let refused = run("unshare --user --map-root-user --", "run -- echo ran");
    assert!(
        refused.stderr.contains("root cannot have a sandbox\nhint: "),
        "{refused:#?}"
    );
    assert!(!world.root().join("state").exists(), "it started nothing");
    assert_eq!(run("", "run -- echo ran").succeeded().stdout, "ran\n");
}

#[test]
fn a_container_that_has_no_second_process_runs_sessions() {
    let world = World::new();
    // The first process stays, and the second one ends before the sandbox begins.
    let script = "exec unshare --user --map-current-user --pid --fork --mount-proc sh -c '
        /bin/true
        ! test -e /proc/2 && \"$ASKBOX\" run --quiet -- sh -c \"grep CapBnd /proc/self/status; ls -d /proc/[0-9]*\"'";
    let ran = Running::start(world.host_script(script)).finish();
    let said = &ran.succeeded().stdout;
    assert!(said.starts_with("CapBnd:\t0000000000000000\n"), "{ran:#?}");
    assert!(
        said.lines().count() < 6,
        "the session's own processes alone: {ran:#?}"
    );
}

#[test]
fn a_command_of_too_many_words_is_refused_with_what_to_do() {
    let world = World::new();
    let run = |count: usize| {
        let mut command = world.askbox(&["run", "--", "echo"]);
        command.args(std::iter::repeat_n("x", count));
        Running::start(command).finish()
    };
    let refused = run(9_000);
    assert_eq!(refused.code, Some(125), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("bubblewrap starts one of 8900 at most"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("hint: "), "{}", refused.stderr);
    assert_eq!(run(8_800).succeeded().stdout.matches('x').count(), 8_800);
}
