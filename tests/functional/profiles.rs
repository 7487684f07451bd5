//! A program that is known: one question about what it needs, and what the answer opens, for whom.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use askbox_tests::{Finished, Running, World};
use serde_json::Value;

const LOGIN: &str = "LOGIN-51c2";

/// What stands in for the program: says what it finds of its login and settings, and leaves its state behind.
const PROGRAM: &str = "#!/bin/sh
if [ -e go ]; then read line < go; exit; fi
if [ -e login ]; then exec cat ~/.claude/.credentials.json; fi
cat ~/.claude/.credentials.json ~/.claude/settings.json
echo seen >> ~/.claude/projects/log && echo kept
echo broken > ~/.claude/settings.json || echo guarded
";

/// A world in which the program is installed under its own name and another, and was used before.
fn world() -> World {
    let world = World::new();
    let home = world.home();
    fs::create_dir_all(home.join(".claude/projects")).unwrap();
    fs::write(home.join(".claude/.credentials.json"), LOGIN).unwrap();
    fs::write(home.join(".claude/settings.json"), "SETTINGS\n").unwrap();
    fs::create_dir_all(home.join(".local/bin")).unwrap();
    for name in ["claude", "other"] {
        install(&home.join(".local/bin").join(name));
    }
    world
}

fn install(program: &Path) {
    fs::write(program, PROGRAM).unwrap();
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
}

fn command(world: &World, words: &[&str]) -> Command {
    let mut command = world.askbox(&["run"]);
    command.args(words);
    let path = format!("{}:/usr/bin:/bin", world.home().join(".local/bin").display());
    command.env("PATH", path);
    command
}

/// Without questions: what is closed then would be asked about.
fn run(world: &World, words: &[&str]) -> Finished {
    Running::start(command(world, &[&["--non-interactive"], words].concat())).finish()
}

#[track_caller]
fn opens(world: &World, words: &[&str]) {
    let finished = run(world, words);
    assert_eq!(
        finished.stdout,
        format!("{LOGIN}SETTINGS\nkept\nguarded\n"),
        "{words:?}: {finished:#?}"
    );
    assert_eq!(
        fs::read_to_string(world.home().join(".claude/projects/log")).unwrap(),
        "seen\n"
    );
    fs::remove_file(world.home().join(".claude/projects/log")).unwrap();
}

#[track_caller]
fn stays_closed(world: &World, words: &[&str]) {
    let finished = run(world, words);
    // It ran.
    assert!(finished.stdout.contains("guarded\n"), "{words:?}: {finished:#?}");
    assert!(!finished.stdout.contains(LOGIN), "{words:?}: {finished:#?}");
    assert!(!finished.stdout.contains("SETTINGS"), "{words:?}: {finished:#?}");
    assert!(!world.home().join(".claude/projects/log").exists(), "{words:?}");
}

/// How often a person was asked about a profile.
fn asked(world: &World) -> usize {
    let log = world.log();
    let is_asked = |event: &&Value| event["kind"] == "profile" && event["verdict"] == "ask";
    log.iter().filter(is_asked).count()
}

/// Starts the program, which waits for the test; answers the one question about it, and lets it end.
fn answer(world: &World, words: &[&str]) {
    nix::unistd::mkfifo(&world.project().join("go"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let running = Running::start(command(world, &["--", "claude"]));
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "profile");
    assert_eq!(question["targets"], serde_json::json!(["claude"]));
    assert_eq!(
        question["title"],
        "Claude Code (project) wants its own login and state, git configuration and shell start-up files (31 paths, 3 domain families)"
    );
    assert_eq!(world.questions().len(), 1);
    world.ok(&[&[words[0], question["id"].as_str().unwrap()], &words[1..]].concat());
    assert!(world.questions().is_empty());
    fs::write(world.project().join("go"), "go\n").unwrap();
    running.finish();
    fs::remove_file(world.project().join("go")).unwrap();
    fs::remove_file(world.home().join(".claude/projects/log")).ok();
}

#[test]
fn one_answer_opens_what_the_program_needs_and_nothing_to_others() {
    let world = world();
    stays_closed(&world, &["--", "claude"]);
    answer(&world, &["allow", "--for", "1h"]);
    let before = asked(&world);
    opens(&world, &["--", "claude"]);
    assert_eq!(
        asked(&world),
        before,
        "an answer that holds is not asked for again"
    );

    stays_closed(&world, &["--", "other"]);
    stays_closed(&world, &["--", "sh", "-c", "claude"]);
    stays_closed(&world, &["--profile", "none", "--", "claude"]);
    let elsewhere = world.home().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let elsewhere = elsewhere.to_str().unwrap();
    stays_closed(&world, &["--project", elsewhere, "--", "claude"]);

    world.ok(&["revoke", "--all"]);
    stays_closed(&world, &["--", "claude"]);
    assert_eq!(
        fs::read_to_string(world.home().join(".claude/settings.json")).unwrap(),
        "SETTINGS\n"
    );
}

#[test]
fn what_a_profile_opens_waits_for_the_one_question_about_it() {
    let world = world();
    fs::write(world.project().join("login"), "").unwrap();
    for (answer, seen) in [("deny", ""), ("allow", LOGIN)] {
        let running = Running::start(command(&world, &["--", "claude"]));
        // The offer itself, and the program.
        world.eventually("the login waits", || {
            let questions = world.questions();
            questions.len() == 1 && questions[0]["waiting"] == 2
        });
        let question = world.wait_for_question();
        assert_eq!(question["kind"], "profile");
        world.ok(&[answer, question["id"].as_str().unwrap(), "--session"]);
        assert_eq!(running.finish().stdout, seen, "{answer}");
    }
}

#[test]
fn settings_are_shown_without_the_secrets_in_them_and_nobody_is_asked() {
    let world = World::new();
    let settings = world.home().join(".npmrc");
    fs::write(
        &settings,
        "registry=https://packages.test/\n//packages.test/:_authToken=TOKEN-91\n",
    )
    .unwrap();
    let copied = world
        .sh(&[], "cat ~/.npmrc && wc -c < ~/.npmrc && stat -c %s ~/.npmrc")
        .succeeded()
        .stdout
        .clone();
    let copy = "registry=https://packages.test/\n# hidden by Askbox\n";
    assert_eq!(copied, format!("{copy}{0}\n{0}\n", copy.len()));
    world
        .sh(&["--allow-read", "~"], "cat ~/.npmrc | grep TOKEN")
        .failed();
    let whole = world.sh(&["--allow-read", "~/.npmrc"], "cat ~/.npmrc | grep -o TOKEN-91");
    assert_eq!(whole.succeeded().stdout, "TOKEN-91\n");
    // Nor under another name, by a link or by moving what holds it.
    let pnpm = world.home().join(".config/pnpm");
    fs::create_dir_all(&pnpm).unwrap();
    fs::write(pnpm.join("auth.ini"), "//packages.test/:_authToken=TOKEN-92\n").unwrap();
    for theft in [
        "ln ~/.config/pnpm/auth.ini ~/x && cat ~/x",
        "mv ~/.config/pnpm/auth.ini ~/x && cat ~/x",
        "mv ~/.config/pnpm ~/y && cat ~/y/auth.ini",
        "ln ~/.npmrc ~/x && cat ~/x",
    ] {
        let options = ["--non-interactive", "--preset", "development"];
        let finished = world.sh(&options, theft);
        assert!(!finished.failed().stdout.contains("TOKEN"), "{theft}");
    }
    world
        .sh(
            &["--preset", "development"],
            "cat ~/.config/pnpm/auth.ini && mv ~/notes ~/y",
        )
        .succeeded();
    // Written back, the copy would lose what it does not show.
    world.sh(&["--non-interactive"], "echo >> ~/.npmrc").failed();
    world
        .sh(&["--non-interactive", "--allow-write", "~"], "exec 3<> ~/.npmrc")
        .failed();
    world.sh(&["--deny-path", "~/.npmrc"], "cat ~/.npmrc").failed();
}

#[test]
fn a_denied_profile_stays_closed_and_is_not_asked_about() {
    let world = world();
    answer(&world, &["deny", "--for", "1h"]);
    let before = asked(&world);
    stays_closed(&world, &["--", "claude"]);
    assert_eq!(asked(&world), before);
    world.ok(&["revoke", "--all"]);
    answer(&world, &["allow", "--for", "1h"]);
    opens(&world, &["--", "claude"]);
}

#[test]
fn always_is_a_rule_about_the_profile() {
    let world = world();
    answer(&world, &["allow", "--always", "--everywhere"]);
    let policy = fs::read_to_string(world.policy()).unwrap();
    assert!(policy.contains("profile = \"claude\""), "{policy}");
    opens(&world, &["--", "claude"]);
    stays_closed(&world, &["--", "other"]);
    world.ok(&["rules", "add", "deny", "profile", "claude"]);
    stays_closed(&world, &["--", "claude"]);
}

#[test]
fn a_program_in_the_project_is_no_known_program() {
    let world = world();
    world.ok(&["rules", "add", "allow", "profile", "claude"]);
    opens(&world, &["--", "claude"]);
    install(&world.project().join("claude"));
    stays_closed(&world, &["--", "./claude"]);
    // Nor where PATH leads there, or a link.
    let bin = world.project().join("bin");
    fs::create_dir(&bin).unwrap();
    install(&bin.join("claude"));
    let mut first = command(&world, &["--non-interactive", "--", "claude"]);
    first.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let finished = Running::start(first).finish();
    assert!(!finished.stdout.contains(LOGIN), "{finished:#?}");
    let installed = world.home().join(".local/bin/claude");
    fs::remove_file(&installed).unwrap();
    std::os::unix::fs::symlink(world.project().join("claude"), &installed).unwrap();
    stays_closed(&world, &["--", "claude"]);
    // The person may say so all the same.
    opens(&world, &["--profile", "claude", "--", "./claude"]);
}

#[test]
fn a_program_that_an_earlier_session_made_is_not_started_in_the_place_of_a_known_one() {
    let world = world();
    world.ok(&["rules", "add", "allow", "profile", "claude"]);
    let made = world.home().join(".local/share/pnpm");
    fs::create_dir_all(&made).unwrap();
    let path = format!(
        "{}:{}:/usr/bin:/bin",
        made.display(),
        world.home().join(".local/bin").display()
    );
    let run = |words: &[&str]| {
        let mut command = command(&world, &["--non-interactive", "--preset", "development", "--"]);
        command.args(words).env("PATH", &path);
        Running::start(command).finish()
    };
    let script =
        "printf '#!/bin/sh\\necho FAKE; cat ~/.claude/.credentials.json' > ~/.local/share/pnpm/claude
        chmod 755 ~/.local/share/pnpm/claude";
    run(&["sh", "-c", script]).succeeded();
    let known = run(&["claude"]);
    assert!(known.stdout.starts_with(LOGIN), "{known:#?}");
    // It is what the name means to programs inside, and has no profile of its own.
    let inside = run(&["sh", "-c", "claude"]);
    assert!(
        inside.stdout.starts_with("FAKE") && !inside.stdout.contains(LOGIN),
        "{inside:#?}"
    );
    install(&made.join("claude"));
    let hidden = run(&["claude"]);
    assert!(
        hidden.stdout.starts_with("FAKE") && !hidden.stdout.contains(LOGIN),
        "{hidden:#?}"
    );
}

#[test]
fn a_flag_gives_any_command_a_profile_for_one_session() {
    let world = world();
    opens(&world, &["--profile", "claude", "--", "other"]);
    stays_closed(&world, &["--", "other"]);
    assert_eq!(asked(&world), 0);
    let finished = run(&world, &["--profile", "clod", "--", "other"]);
    assert_eq!(finished.code, Some(125), "{finished:#?}");
}

#[test]
fn what_nobody_may_be_asked_about_is_not_offered_and_said_once() {
    let world = world();
    stays_closed(&world, &["--", "claude"]);
    assert_eq!(asked(&world), 0);
    world.eventually("the denial is in the log", || {
        let log = world.log();
        log.iter()
            .any(|event| event["kind"] == "profile" && event["by"] == "non-interactive")
    });
}

#[test]
fn profiles_are_listed_with_what_they_open() {
    let world = World::new();
    let text = world.ok(&["profiles"]);
    assert!(text.contains("claude  Claude Code, for claude\n"), "{text}");
    assert!(
        text.contains("login, read and written: ~/.claude/.credentials.json"),
        "{text}"
    );
    let json: Vec<Value> = serde_json::from_str(&world.ok(&["profiles", "--json"])).unwrap();
    assert!(json.iter().any(|profile| profile["name"] == "git"), "{json:#?}");
}

/// Who reads the file itself when a rule for it ends reads on in the copy, and not in the file.
#[test]
fn a_settings_file_that_is_open_whole_is_cut_when_only_its_copy_may_be_read() {
    let world = World::new();
    let token = "x".repeat(200_000);
    fs::write(
        world.home().join(".npmrc"),
        format!("//packages.test/:_authToken={token}\n"),
    )
    .unwrap();
    world.ok(&["rules", "add", "allow", "read", "~/.npmrc"]);
    let script = "exec 3< ~/.npmrc; head -c 40 <&3 > seen; while [ ! -e go ]; do sleep 0.05; done
        cat <&3 > rest || echo cut; cat ~/.npmrc";
    let running = world.start_sh(&[], script);
    world.eventually("it reads", || world.project().join("seen").exists());
    let rules: serde_json::Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
    let rule = rules["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["pattern"].as_str().unwrap().ends_with("/.npmrc"));
    world.ok(&["rules", "remove", rule.unwrap()["id"].as_str().unwrap()]);
    fs::write(world.project().join("go"), "").unwrap();
    let finished = running.finish();
    assert_eq!(finished.stdout, "cut\n# hidden by Askbox\n", "{finished:#?}");
    assert!(
        !fs::read_to_string(world.project().join("rest"))
            .unwrap()
            .contains("xxx")
    );
}
