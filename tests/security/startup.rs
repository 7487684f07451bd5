//! Files of the home directory that start programs at the next login or in another program: whatever else may be written,
//! they wait for an answer about the very path.

use std::fs;
use std::path::{Path, PathBuf};

use askbox_tests::{Running, Terminal, World};

use crate::both::outside;

/// Files that are there, and some that are not.
const STARTUP: &[(&str, Option<&str>)] = &[
    (".bashrc", Some("before\n")),
    (".profile", Some("before\n")),
    (".zprofile", None),
    (".config/autostart/x.desktop", None),
    (".config/systemd/user/x.service", Some("before\n")),
    (".config/systemd/user/new.service", None),
    (".gitconfig", Some("[user]\n\tname = Ada\n")),
    (".config/Code/User/settings.json", Some("{}\n")),
    (".claude/settings.json", Some("{}\n")),
    (".local/share/applications/x.desktop", None),
];

/// A home directory with those that are there.
fn world(policy: &str) -> World {
    let world = World::new();
    for (name, text) in STARTUP {
        let path = world.home().join(name);
        let Some(text) = text else { continue };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    world.write_policy(policy);
    world
}

/// Every path below the home directory that is not the project's, with the content of files.
fn home(world: &World) -> Vec<(PathBuf, Option<String>)> {
    fn add(directory: &Path, leave_out: &Path, found: &mut Vec<(PathBuf, Option<String>)>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path == leave_out {
                continue;
            }
            found.push((path.clone(), fs::read_to_string(&path).ok()));
            if path.is_dir() && !path.is_symlink() {
                add(&path, leave_out, found);
            }
        }
    }
    let mut found = Vec::new();
    add(&world.home(), &world.project(), &mut found);
    found.sort();
    found
}

/// Ways to write to the file that `$1` names, each of which succeeds on the host.
const WAYS: &[&str] = &[
    "mkdir -p \"$(dirname \"$1\")\" && echo evil >> \"$1\"",
    "mkdir -p \"$(dirname \"$1\")\" && echo evil > ~/notes/new && mv ~/notes/new \"$1\"",
    "mkdir -p \"$(dirname \"$1\")\" && ln -s ~/notes/spec.md \"$1\" || rm \"$1\"",
    "mkdir -p \"$(dirname \"$1\")\" && echo evil > ~/notes/new && ln -f ~/notes/new \"$1\"",
];

/// Goes each way to each file, and leaves nothing of its own behind.
fn attack() -> String {
    let each = STARTUP.iter().flat_map(|(name, _)| {
        let ways = WAYS.iter();
        ways.map(move |way| format!("set -- ~/{name}; {{ {way}; }}; rm -f ~/notes/new"))
    });
    each.collect::<Vec<_>>().join("\n") + "\ntrue"
}

#[test]
fn threat_6_no_grant_preset_or_automatic_approval_writes_to_what_starts_programs() {
    let minimal = "[questions]\ntimeout = \"20s\"\n";
    let approved = "auto_approve = [\"read\", \"write\", \"execute\"]\n";
    let granted =
        "[[rule]]\neffect = \"allow\"\nread = \"~\"\n\n[[rule]]\neffect = \"allow\"\nwrite = \"~\"\n";
    for (policy, options) in [
        (minimal, &["--allow-read", "~", "--allow-write", "~"][..]),
        (minimal, &["--preset", "development"]),
        (approved, &[]),
        (granted, &[]),
    ] {
        let world = world(policy);
        let options = [&["--non-interactive"], options].concat();
        let before = home(&world);
        world.sh(&options, &attack()).succeeded();
        let after = home(&world);
        let changed: Vec<_> = after.iter().filter(|entry| !before.contains(entry)).collect();
        let gone: Vec<_> = before.iter().filter(|entry| !after.contains(entry)).collect();
        assert!(
            changed.is_empty() && gone.is_empty(),
            "{policy} {options:?}: {changed:#?} {gone:#?}"
        );
        let denied: Vec<PathBuf> = world
            .log()
            .iter()
            .filter(|event| event["kind"] == "write" && event["verdict"] == "deny")
            .map(|event| event["target"].as_str().unwrap().into())
            .collect();
        for (name, _) in STARTUP {
            // The file, or the first directory on the way to it that is not there.
            let path = world.home().join(name);
            assert!(
                denied.iter().any(|target| path.starts_with(target)),
                "{policy} {options:?} {name}: {denied:#?}"
            );
        }
        let twin = "echo text > ~/notes/new && mv ~/notes/new ~/notes/moved && rm ~/notes/moved && echo text >> ~/notes/spec.md";
        world.sh(&options, twin).succeeded();
        outside(&world, &attack()).succeeded();
        for (name, _) in STARTUP {
            let path = world.home().join(name);
            let now = fs::read_to_string(&path).unwrap_or_default();
            assert!(now.contains("evil"), "{name}: {now}");
        }
    }
}

#[test]
fn threat_6_a_question_about_what_starts_programs_is_about_the_very_path_and_says_why() {
    let policy = "auto_approve = [\"read\", \"write\"]\n[questions]\ntimeout = \"20s\"\n";
    for (name, text, why) in [
        (".bashrc", Some("before\n"), "shell start-up file"),
        (".zprofile", None, "shell start-up file"),
        (
            ".config/systemd/user/x.service",
            Some("before\n"),
            "user services",
        ),
        (
            ".gitconfig",
            Some("[user]\n\tname = Ada\n"),
            "git settings that run programs",
        ),
    ] {
        let world = world(policy);
        let path = world.home().join(name);
        let script = format!("echo evil >> ~/{name}");
        let now = || fs::read_to_string(&path).ok();
        for (answer, expected) in [
            ("deny", text.map(ToOwned::to_owned)),
            ("allow", Some(format!("{}evil\n", text.unwrap_or_default()))),
        ] {
            let running = world.start_sh(&[], &script);
            let question = world.wait_for_question();
            assert_eq!(question["kind"], "write");
            assert_eq!(question["targets"], serde_json::json!([path]));
            let title = question["title"].as_str().unwrap();
            let said = format!("(it runs outside the sandbox later: {why})");
            assert!(title.ends_with(&said), "{title}");
            assert_eq!(now(), text.map(ToOwned::to_owned));
            world.ok(&[answer, question["id"].as_str().unwrap(), "--once"]);
            let finished = running.finish();
            assert_eq!(finished.code == Some(0), answer == "allow", "{finished:#?}");
            assert_eq!(now(), expected, "{name} {answer}");
        }
    }
}

#[test]
fn threat_6_what_starts_programs_is_written_where_its_very_path_is_allowed_and_nowhere_else() {
    let world = world("");
    let options = ["--non-interactive", "--allow-write", "~/.zprofile"];
    world.sh(&options, "echo good > ~/.zprofile").succeeded();
    assert_eq!(
        fs::read_to_string(world.home().join(".zprofile")).unwrap(),
        "good\n"
    );
    world.sh(&options, "echo evil >> ~/.bashrc").failed();
    world.sh(&options, "echo evil >> ~/.zlogin").failed();
    assert_eq!(
        fs::read_to_string(world.home().join(".bashrc")).unwrap(),
        "before\n"
    );
}

/// Ways to put a program of one's own where the shell looks for `ls`, each of which succeeds on the host.
const REPLACING: &[&str] = &[
    "echo evil > bin/ls",
    "mv bin was && mkdir bin && echo evil > bin/ls",
    "rm -r bin && ln -s /tmp bin",
];

#[test]
fn a_project_outside_the_home_directory_keeps_programs_of_the_path_too() {
    for attack in REPLACING {
        let world = World::new();
        let project = world.outside().join("work");
        fs::create_dir_all(project.join("bin")).unwrap();
        let run = |options: &[&str], script: &str| {
            let at = ["--non-interactive", "--project", project.to_str().unwrap()];
            run_with_path(&world, &[&at, options].concat(), &project.join("bin"), script)
        };
        let refused = run(&[], attack);
        assert!(
            refused.code.is_some_and(|code| code != 0 && code != 125),
            "{attack}: {refused:#?}"
        );
        assert!(!project.join("bin/ls").exists() && !project.join("bin").is_symlink());
        // What lies beside it, and the directory itself where that is opened.
        run(&[], "mkdir other && echo mine > other/ls").succeeded();
        let bin = project.join("bin");
        run(&["--allow-write", bin.to_str().unwrap()], "echo mine > bin/ls").succeeded();
        let script = format!("cd {} && {attack}", project.display());
        outside(&world, &script).succeeded();
    }
}

/// A run in the project by a shell with this directory on its PATH, which wants a script done.
fn run_with_path(world: &World, options: &[&str], directory: &Path, script: &str) -> askbox_tests::Finished {
    let mut command = world.askbox(&["run"]);
    let path = format!("{}:/usr/bin:/bin", directory.display());
    command
        .env("PATH", path)
        .args(options)
        .args(["--", "sh", "-c", script]);
    Running::start(command).finish()
}

#[test]
fn a_directory_that_only_the_shell_has_on_its_path_starts_programs_too() {
    let world = world("auto_approve = [\"read\", \"write\"]\n[questions]\ntimeout = \"1s\"\n");
    let (tools, other) = (world.home().join("tools/bin"), world.home().join("tools/other"));
    for directory in [&tools, &other] {
        fs::create_dir_all(directory).unwrap();
    }
    // Starts the daemon, with a PATH that knows nothing of it.
    let before = world.sh(&[], "touch ~/tools/bin/first");
    assert!(
        before.code == Some(0) && tools.join("first").exists(),
        "{before:#?}"
    );
    let script = "touch ~/tools/other/mine && ! touch ~/tools/bin/mine && ! mv ~/tools ~/moved";
    let after = run_with_path(&world, &[], &tools, script);
    assert_eq!(after.code, Some(0), "{after:#?}");
    assert!(other.join("mine").exists() && !tools.join("mine").exists());
    // Other shells look there still.
    let later = world.sh(&[], "! touch ~/tools/bin/mine");
    assert_eq!(later.code, Some(0), "{later:#?}");
}

#[test]
fn a_project_with_programs_of_the_path_keeps_them_and_one_with_an_environment_works() {
    let world = World::new();
    let (bin, environment) = (world.project().join("bin"), world.project().join(".venv/bin"));
    for directory in [&bin, &environment] {
        fs::create_dir_all(directory).unwrap();
    }
    let tried = "echo evil > bin/ls; mv bin old; mkdir -p bin; echo evil > bin/ls; true";
    let mut shell = world.askbox(&["run", "--", "sh", "-c", tried]);
    shell.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let refused = Terminal::start(&shell).finish();
    assert!(!bin.join("ls").exists(), "{refused:#?}");
    let said = "bin is on your PATH, so what is put there runs outside; it is read-only inside, and `--allow-write bin` opens it";
    assert!(refused.shown.contains(said), "{refused:#?}");
    let opened = run_with_path(&world, &["--allow-write", "bin"], &bin, "echo mine > bin/ls");
    assert_eq!(
        fs::read_to_string(bin.join("ls")).unwrap(),
        "mine\n",
        "{opened:#?}"
    );
    let installs = run_with_path(
        &world,
        &[],
        &environment,
        "echo mine > .venv/bin/tool; chmod +x .venv/bin/tool",
    );
    assert_eq!(installs.code, Some(0), "{installs:#?}");
    assert!(environment.join("tool").exists());
    let review = world.ok(&["review"]);
    assert!(review.contains(".venv/bin/tool"), "{review}");
    // Where its very directory is searched for programs, there is nothing to guard.
    let itself = run_with_path(&world, &[], &world.project(), "true");
    assert_eq!(itself.code, Some(125), "{itself:#?}");
    assert!(itself.stderr.contains("it is on your PATH"), "{itself:#?}");
    world.sh(&[], "true").succeeded();
}

#[test]
fn a_relative_directory_of_the_path_is_one_of_the_project() {
    for path in ["./bin", "bin", "../project/bin"] {
        let world = World::new();
        let bin = world.project().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let run = |script: &str| run_with_path(&world, &[], Path::new(path), script);
        let refused = run("echo evil > bin/ls");
        assert!(
            refused.code != Some(0) && !bin.join("ls").exists(),
            "{path}: {refused:#?}"
        );
        run("mkdir other && echo mine > other/ls").succeeded();
        world.sh(&[], "true").succeeded();
        let below = Running::start({
            let mut command = world.askbox(&[
                "run",
                "--project",
                "..",
                "--",
                "sh",
                "-c",
                "echo evil > ../bin/ls",
            ]);
            command.env("PATH", format!("{path}:/usr/bin:/bin"));
            command.current_dir(world.project().join("other"));
            command
        });
        let below = below.finish();
        assert!(
            below.code != Some(0) && !bin.join("ls").exists(),
            "{path}: {below:#?}"
        );
    }
}

#[test]
fn no_directory_is_a_project_for_a_shell_that_finds_programs_wherever_it_is() {
    for path in [".", "", "./"] {
        let world = World::new();
        let refused = run_with_path(&world, &[], Path::new(path), "true");
        assert_eq!(refused.code, Some(125), "{path:?}: {refused:#?}");
        let said = "hint: your PATH has the working directory in it";
        assert!(refused.stderr.contains(said), "{path:?}: {refused:#?}");
        world.sh(&[], "true").succeeded();
    }
}

#[test]
fn a_directory_of_the_path_that_is_a_link_to_none_yet_is_flagged_when_it_is_made() {
    let world = World::new();
    let linked = world.home().join("linked");
    std::os::unix::fs::symlink(world.project().join("later"), &linked).unwrap();
    let made = run_with_path(&world, &[], &linked, "mkdir later && echo evil > later/ls");
    assert_eq!(made.code, Some(0), "{made:#?}");
    let review = world.ok(&["review"]);
    assert!(review.contains("later"), "{review}");
}
