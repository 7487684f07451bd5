//! What of the caller's environment gets inside, and that words and paths of any bytes are only words and paths.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use askbox_tests::{Running, World};

use crate::both::outside;

const SECRET: &str = "s3cr3t-canary";

/// Threat 55: secrets, and what makes programs load or run something.
const STAY_OUT: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "NPM_TOKEN",
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "DATABASE_URL",
    "MY_PASSWORD",
    "some_secret",
    "SSH_AUTH_SOCK",
    "SSH_CONNECTION",
    "GPG_AGENT_INFO",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DOCKER_HOST",
    "KUBECONFIG",
    "LC_API_KEY",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "GCONV_PATH",
    "NODE_OPTIONS",
    "NODE_PATH",
    "BASH_ENV",
    "ENV",
    "BASH_FUNC_ls%%",
    "PROMPT_COMMAND",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PERL5LIB",
    "PERL5OPT",
    "RUBYOPT",
    "JAVA_TOOL_OPTIONS",
    "CARGO_HOME",
    "RUSTC_WRAPPER",
    "GIT_DIR",
    "GIT_SSH_COMMAND",
    "GIT_CONFIG_GLOBAL",
    "GIT_ASKPASS",
    "GIT_CONFIG_PARAMETERS",
    "http_proxy",
    "HTTPS_PROXY",
    "ASKBOX_ROOT",
    "ASKBOX_LOG",
];

fn inside_environment(mut command: Command) -> Vec<String> {
    command.args(["/usr/bin/env", "-0"]);
    let finished = Running::start(command).finish();
    let all = finished.succeeded().stdout.split_terminator('\0');
    all.map(str::to_owned).collect()
}

#[test]
fn threat_55_secrets_and_loader_variables_stay_out() {
    let world = World::new();
    let mut command = world.askbox(&["run", "--"]);
    for name in STAY_OUT.iter().filter(|name| **name != "ASKBOX_ROOT") {
        command.env(name, SECRET);
    }
    // Kept ones beside them, or it would prove nothing.
    command.envs([
        ("LC_TIME", "C"),
        ("EDITOR", "ed"),
        ("TZ", "UTC"),
        ("COLORTERM", "yes"),
    ]);
    let variables = inside_environment(command);
    for variable in &variables {
        let name = variable.split('=').next().unwrap();
        assert!(!STAY_OUT.contains(&name), "{variable}");
        assert!(!variable.contains(SECRET), "{variable}");
    }
    for kept in [
        "LC_TIME=C",
        "EDITOR=ed",
        "TZ=UTC",
        "COLORTERM=yes",
        "GIT_CONFIG_COUNT=2",
    ] {
        assert!(
            variables.iter().any(|variable| variable == kept),
            "{kept} {variables:?}"
        );
    }
}

#[test]
fn threat_55_a_variable_gets_in_when_it_is_named() {
    let world = World::new();
    let mut command = world.askbox(&["run", "--env", "NPM_TOKEN", "--env", "MY_SET=a=b c", "--"]);
    command.env("NPM_TOKEN", SECRET).env("GITHUB_TOKEN", "other");
    let variables = inside_environment(command);
    assert!(
        variables.contains(&format!("NPM_TOKEN={SECRET}")),
        "{variables:?}"
    );
    assert!(variables.contains(&"MY_SET=a=b c".to_owned()));
    assert!(!variables.iter().any(|variable| variable.contains("other")));
}

#[test]
fn threat_55_no_value_is_written_anywhere() {
    let world = World::new();
    let mut command = world.askbox(&[
        "run",
        "--env",
        "NPM_TOKEN",
        "--env",
        "SET=s3cr3t-canary",
        "--",
        "true",
    ]);
    command
        .env("NPM_TOKEN", SECRET)
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    Running::start(command).finish().succeeded();
    let root = world.root();
    let found = outside(&world, &format!("grep -rlF {SECRET} {}", root.display()));
    assert_eq!((found.code, found.stdout.as_str()), (Some(1), ""));
    fs::write(root.join("twin"), SECRET).unwrap();
    outside(&world, &format!("grep -rlF {SECRET} {}", root.display())).succeeded();
}

#[test]
fn threat_55_variables_that_start_programs_do_not_reach_the_programs_before_the_command() {
    let world = World::new();
    let marker = world.home().join("ran");
    let script = world.write("start.sh", &format!("touch '{}'\n", marker.display()));
    let mut command = world.askbox(&["run", "--", "bash", "-c", "git --version"]);
    command.env("BASH_ENV", &script).env("ENV", &script);
    Running::start(command).finish().succeeded();
    assert!(!marker.exists());
    let mut twin = world.host("bash");
    twin.args(["-c", "true"]).env("BASH_ENV", &script);
    Running::start(twin).finish().succeeded();
    assert!(marker.exists());
}

#[test]
fn threat_56_a_command_named_like_an_option_is_a_command() {
    let world = World::new();
    for name in ["--bind", "--help", "--", "-c", "--args"] {
        let program = world.write(&format!("bin/{name}"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = world.askbox(&["run", "--", name, "/", "/x", "--ro-bind", "/", "/"]);
        let path = format!("{}/bin:/usr/bin:/bin", world.project().display());
        command.env("PATH", path);
        let finished = Running::start(command).finish();
        assert_eq!(finished.succeeded().stdout, "/\n/x\n--ro-bind\n/\n/\n", "{name}");
    }
    let absent = Running::start(world.askbox(&["run", "--", "--bind", "/", "/"])).finish();
    assert_eq!(absent.code, Some(127), "{absent:#?}");
}

#[test]
fn threat_56_arguments_of_any_bytes_arrive_as_they_are() {
    let world = World::new();
    let odd: [&[u8]; 9] = [
        b"",
        b" ",
        b"a\nb",
        b"'\"`$(touch owned)\\",
        b"\xff\xfe",
        b"--bind",
        b"{project}",
        "\u{202e}evil".as_bytes(),
        b"\x1b[31m\t\r",
    ];
    let mut command = world.askbox(&["run", "--", "/usr/bin/python3", "-c"]);
    command.arg("import os, sys; print([os.fsencode(a) for a in sys.argv[1:]])");
    command.args(odd.map(|bytes| OsString::from_vec(bytes.to_vec())));
    let finished = Running::start(command).finish();
    let expected = r#"[b'', b' ', b'a\nb', b'\'"`$(touch owned)\\', b'\xff\xfe', b'--bind', b'{project}', b'\xe2\x80\xaeevil', b'\x1b[31m\t\r']"#;
    assert_eq!(finished.succeeded().stdout.trim(), expected);
    assert!(!world.project().join("owned").exists());
    world.log();
}

#[test]
fn threat_56_a_project_path_of_any_bytes_is_a_path() {
    let world = World::new();
    for name in [
        &b"two words"[..],
        b"new\nline",
        b"quote'\"`$(touch owned)\\",
        b"\xff\xfenot utf-8",
        b"--bind",
        b"comma,colon:semi;",
        b"tab\there\x1b[31m",
        b"*?[a]{b}",
        "\u{202e}txt".as_bytes(),
    ] {
        let project = world.home().join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir_all(project.join(".git/hooks")).unwrap();
        fs::write(project.join(".git/config"), "").unwrap();
        let mut command = world.askbox(&["run", "--", "sh", "-c"]);
        command.current_dir(&project);
        command.arg("pwd -P | od -An -c | head -c 2000; echo made > made; echo x > .git/config || echo guarded; cat ../.netrc");
        let finished = Running::start(command).finish();
        assert!(finished.stdout.contains("guarded"), "{project:?} {finished:#?}");
        assert!(
            finished.stderr.contains("../.netrc: Permission denied"),
            "{finished:#?}"
        );
        assert_eq!(fs::read_to_string(project.join("made")).unwrap(), "made\n");
        let mut host = world.host("sh");
        host.args(["-c", "pwd -P | od -An -c | head -c 2000"])
            .current_dir(&project);
        let expected = Running::start(host).finish().stdout;
        assert!(
            finished.stdout.starts_with(&expected),
            "{project:?} {finished:#?}"
        );
        assert!(!project.join("owned").exists());
    }
    world.log();
    let shown = world.ok(&["log"]);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
        "what a person sees is harmless: {shown:?}"
    );
}

#[test]
fn threat_57_a_fake_bwrap_or_git_earlier_in_path_is_ignored() {
    let world = World::new();
    let (bin, marker) = (world.home().join("bin"), world.home().join("ran"));
    fs::create_dir(&bin).unwrap();
    for name in [
        "bwrap",
        "git",
        "askbox-init",
        "askbox",
        "unshare",
        "ip",
        "nft",
        "sh",
        "newuidmap",
        "systemd-run",
        "true",
        "getent",
        "id",
    ] {
        let program = bin.join(name);
        fs::write(
            &program,
            format!("#!/bin/bash\necho {name} >> '{}'\n", marker.display()),
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir_all(world.project().join(".git/hooks")).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let mut command = world.askbox(&["run", "--", "/bin/bash", "-c", "exit 7"]);
    command.env("PATH", &path);
    assert_eq!(Running::start(command).finish().code, Some(7));
    for words in [&["status"][..], &["doctor"], &["log"], &["sessions"]] {
        let mut command = world.askbox(words);
        command.env("PATH", &path);
        Running::start(command).finish();
    }
    assert!(
        !marker.exists(),
        "{}",
        fs::read_to_string(&marker).unwrap_or_default()
    );
    let mut twin = world.host("bash");
    twin.args(["-c", "bwrap; git"]).env("PATH", &path);
    Running::start(twin).finish().succeeded();
    assert_eq!(fs::read_to_string(&marker).unwrap(), "bwrap\ngit\n");
}

/// Threat 55: a library of the project would be a part of what builds the walls.
#[test]
fn what_the_loader_obeys_reaches_the_command_and_nothing_of_ours() {
    let world = World::new();
    let words = ["run", "--env", "LD_DEBUG=files", "--", "/usr/bin/true"];
    let finished = Running::start(world.askbox(&words)).finish();
    finished.succeeded();
    let started = |said: &str| -> Vec<String> {
        let starts = said.lines().filter(|line| line.contains("transferring control:"));
        starts
            .filter_map(|line| line.rsplit(' ').next().map(str::to_owned))
            .collect()
    };
    assert_eq!(started(&finished.stderr), ["/usr/bin/true"]);
    let mut twin = world.host("/usr/bin/true");
    twin.env("LD_DEBUG", "files");
    assert_eq!(started(&Running::start(twin).finish().stderr), ["/usr/bin/true"]);
}
