//! What a session changed of what runs outside: flagged while it runs, shown and put back afterwards, without anything of
//! it being executed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use askbox_tests::{Finished, Running, Terminal, World};

use crate::both::outside;

fn review(world: &World, words: &[&str]) -> Finished {
    let words: Vec<&str> = ["review"].iter().chain(words).copied().collect();
    Running::start(world.askbox(&words)).finish()
}

/// The changes that `askbox review --json` lists, as `change path`.
fn listed(world: &World) -> Vec<String> {
    let shown: serde_json::Value = serde_json::from_str(&world.ok(&["review", "--json"])).unwrap();
    let changes = shown["changes"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    changes
        .map(|change| format!("{} {}", text(&change["change"]), text(&change["path"])))
        .collect()
}

/// What the log says was flagged, in order.
fn flagged(world: &World) -> Vec<String> {
    let events = world.log();
    let flagged = events.iter().filter(|event| event["action"] == "flagged");
    flagged
        .flat_map(|event| {
            event["detail"]
                .as_str()
                .unwrap()
                .split(", ")
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn threat_68_what_is_planted_for_git_is_shown_and_put_back_and_never_run() {
    let world = World::new();
    outside(
        &world,
        "git init -q . && echo one > a && git add a && git commit -q -m one",
    )
    .succeeded();
    let config = fs::read_to_string(world.project().join(".git/config")).unwrap();
    let marker = world.outside().join("marker");
    let mark = marker.display();
    let plant = format!(
        "printf '%s\\n' '[core]' 'fsmonitor = touch {mark}; false' '[filter \"x\"]' 'clean = touch {mark}; cat' \
        'smudge = touch {mark}; cat' '[diff \"x\"]' 'textconv = touch {mark}; cat' >> .git/config; \
        echo '* filter=x diff=x' > .gitattributes; echo two > a; \
        mkdir -p .git/hooks && echo 'touch {mark}' > .git/hooks/post-index-change && chmod +x .git/hooks/post-index-change"
    );
    let options = ["--allow-write", ".git/config", "--allow-write", ".git/hooks"];
    world.sh(&options, &plant).succeeded();
    assert!(!marker.exists());

    let shown = review(&world, &[]).succeeded().stdout.clone();
    assert!(shown.contains("changed  .git/config\n"), "{shown}");
    assert!(
        shown.contains(&format!("+fsmonitor = touch {mark}; false\n")),
        "{shown}"
    );
    assert!(
        shown.contains("created  .git/hooks/post-index-change\n"),
        "{shown}"
    );
    let evidence = [
        review(&world, &["--json"]),
        review(&world, &["--revert"]),
        review(&world, &[]),
        Running::start(world.askbox(&["log", "--json"])).finish(),
    ];
    for finished in evidence {
        finished.succeeded();
    }
    assert!(!marker.exists(), "nothing that was planted has run");
    assert_eq!(
        fs::read_to_string(world.project().join(".git/config")).unwrap(),
        config
    );
    outside(&world, "git status; git diff; git add a").succeeded();
    assert!(!marker.exists(), "and nothing of it runs now");

    // The twin: what was planted works.
    outside(&world, &plant).succeeded();
    outside(&world, "git status").succeeded();
    assert!(marker.exists());
}

#[test]
fn threat_11_names_are_flagged_while_the_session_still_runs() {
    let world = World::new();
    outside(&world, "git init -q . && rm -r .git/hooks && mkdir sub").succeeded();
    let script = "echo x > ordinary; echo x > .mcp.json; mkdir .vscode; echo x > .vscode/tasks.json; echo x > .envrc; \
        mkdir -p .husky/_; echo x > .husky/pre-commit; mkdir .git/hooks; echo x > .git/hooks/pre-commit; git init -q sub; \
        while ! test -e go; do sleep 0.02; done; mv .envrc gone";
    let mut running = world.start_sh(&[], script);
    let expected = [
        ".mcp.json",
        ".vscode",
        ".envrc",
        ".husky",
        ".git/hooks",
        "sub/.git",
    ];
    let expected = expected.map(|name| format!("created {name}"));
    world.eventually("the session runs", || world.project().join("sub/.git").exists());
    world.eventually("they are flagged", || {
        expected.iter().all(|name| flagged(&world).contains(name))
    });
    assert!(running.is_running(), "the session still runs");
    let during = review(&world, &["--revert"]);
    assert!(
        during.code == Some(125) && during.stderr.contains("still runs"),
        "{during:#?}"
    );
    assert!(world.project().join(".envrc").exists());
    world.write("go", "");
    let finished = running.finish();
    for name in &expected {
        let said = finished
            .stderr
            .lines()
            .filter(|line| line.contains("runs outside the sandbox later: "));
        assert!(
            said.clone().any(|line| line.contains(name.as_str())),
            "{name}: {finished:#?}"
        );
    }
    // The twin: everything else is not flagged, and each name once.
    let mut all = flagged(&world);
    all.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(all, expected);
}

#[test]
fn threat_11_no_flag_is_written_into_the_screen_of_a_program() {
    for (modes, is_said) in [("true", true), ("stty raw -echo", false)] {
        let world = World::new();
        let script =
            format!("{modes}; echo x > .envrc; touch ready; while ! test -e go; do sleep 0.02; done");
        let terminal = Terminal::start(&world.askbox(&["run", "--", "sh", "-c", &script]));
        world.eventually("the session runs", || world.project().join("ready").exists());
        world.eventually("it is flagged", || flagged(&world) == ["created .envrc"]);
        let notice = "runs outside the sandbox later: created .envrc";
        if is_said {
            terminal.wait_for(notice);
        }
        world.write("go", "");
        let left = terminal.finish();
        assert_eq!(
            (left.code, left.shown.contains(notice)),
            (Some(0), is_said),
            "{left:#?}"
        );
    }
}

#[test]
fn threat_11_what_was_made_is_put_back_but_not_what_a_person_made_of_it() {
    let world = World::new();
    world.write(".exrc", "old\n");
    world.write(
        "package.json",
        "{\"scripts\": {\"test\": \"true\"}, \"name\": \"p\"}\n",
    );
    let script = "echo x > .envrc; mkdir .vscode; echo x > .vscode/tasks.json; echo x > .mcp.json; echo new > .exrc; \
        echo '{\"scripts\": {\"postinstall\": \"evil\"}, \"name\": \"q\"}' > package.json; \
        mkdir -p node_modules/.bin; ln -s ../evil/cli.js node_modules/.bin/evil";
    world.sh(&["--allow-write", ".exrc"], script).succeeded();
    let expected = [
        "created .envrc",
        "changed .exrc",
        "created .mcp.json",
        "created .vscode",
        "created .vscode/tasks.json",
        "created node_modules/.bin/evil",
        "changed package.json",
    ];
    assert_eq!(listed(&world), expected);
    // One path, with what is below it.
    review(&world, &["--revert", ".vscode"]).succeeded();
    assert!(!world.project().join(".vscode").exists() && world.project().join(".envrc").exists());
    assert_eq!(review(&world, &["--revert", "ordinary"]).code, Some(125));
    world.write(".mcp.json", "of a person");
    let rest = review(
        &world,
        &[
            "--revert",
            ".envrc",
            ".exrc",
            "package.json",
            "node_modules",
            "./.mcp.json",
        ],
    );
    assert_eq!(rest.code, Some(1), "{rest:#?}");
    assert!(
        rest.stdout.contains("cannot be put back: it has changed since"),
        "{rest:#?}"
    );
    let text = |name: &str| fs::read_to_string(world.project().join(name)).ok();
    assert_eq!(text(".mcp.json").unwrap(), "of a person");
    assert_eq!(text(".exrc").unwrap(), "old\n");
    assert_eq!(
        text("package.json").unwrap(),
        "{\"scripts\": {\"test\": \"true\"}, \"name\": \"q\"}\n"
    );
    assert!(text(".envrc").is_none());
    assert!(fs::symlink_metadata(world.project().join("node_modules/.bin/evil")).is_err());
}

#[test]
fn what_was_put_back_is_said_to_be_and_is_no_failure() {
    let world = World::new();
    let script = "echo e > .envrc; mkdir .vscode; echo '{}' > .vscode/tasks.json";
    world.sh(&[], script).succeeded();
    review(&world, &["--revert", ".envrc"]).succeeded();
    let shown = review(&world, &[]).succeeded().stdout.clone();
    assert!(
        shown.contains("created  .envrc\n    put back already\n") && !shown.contains("cannot be put back"),
        "{shown}"
    );
    let rest = review(&world, &["--revert"]);
    let shown = &rest.succeeded().stdout;
    assert!(
        shown.contains("created  .envrc\n    put back already\n"),
        "{shown}"
    );
    assert!(!world.project().join(".vscode").exists());
    let again = review(&world, &["--revert", "--json"]);
    let again: serde_json::Value = serde_json::from_str(&again.succeeded().stdout).unwrap();
    let changes = again["changes"].as_array().unwrap();
    assert!(
        changes.len() == 3 && changes.iter().all(|change| change["revert"] == "done"),
        "{again}"
    );
    // The twin: what somebody makes of it afterwards is theirs.
    world.write(".envrc", "of a person");
    assert_eq!(review(&world, &["--revert"]).code, Some(1));
    assert!(world.project().join(".envrc").exists());
}

#[test]
fn what_a_review_shows_can_be_given_back() {
    let world = World::new();
    let script = r"mkdir .husky; cd .husky; touch 'a\b' 'a\\b'; touch $(printf '\377') $(printf 'n\033l')";
    world.sh(&[], script).succeeded();
    let husky = world.project().join(".husky");
    let refused = review(&world, &["--revert", r".husky/a\\b"]);
    assert!(
        refused.code == Some(125) && refused.stderr.contains("--json"),
        "{refused:#?}"
    );
    review(&world, &["--revert", r"./.husky/a\\b"]).succeeded();
    assert!(!husky.join(r"a\b").exists() && husky.join(r"a\\b").exists());
    let shown = world.ok(&["review"]);
    for name in [r".husky/n\u{1b}l", r".husky/\xff"] {
        assert!(shown.contains(&format!("created  {name}\n")), "{shown}");
        review(&world, &["--revert", name]).succeeded();
    }
    let left: Vec<_> = fs::read_dir(&husky)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, [r"a\\b"]);
}

#[test]
fn a_review_follows_no_link_out_of_the_project() {
    let world = World::new();
    let outside = world.outside();
    for name in ["tasks.json", "config.toml"] {
        fs::write(outside.join(name), "x\n").unwrap();
    }
    let script = format!(
        "ln -s {} .vscode; mkdir .cargo .hg; echo x > .cargo/config.toml; echo x > .hg/hgrc",
        outside.display()
    );
    world.sh(&[], &script).succeeded();
    let project = world.project();
    fs::rename(project.join(".cargo"), project.join("aside")).unwrap();
    symlink(&outside, project.join(".cargo")).unwrap();
    let finished = review(&world, &["--revert"]);
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    assert!(
        fs::symlink_metadata(project.join(".vscode")).is_err(),
        "the link is gone"
    );
    // The twin: what lies in the project itself is put back.
    assert!(!project.join(".hg/hgrc").exists());
    let kept = |path: &Path| fs::read_to_string(path).unwrap() == "x\n";
    assert!(kept(&outside.join("tasks.json")) && kept(&outside.join("config.toml")));
}

#[test]
fn threat_62_nothing_in_a_reviewed_file_acts_on_the_terminal() {
    let world = World::new();
    let script = "printf '\\033]0;x\\007\\342\\200\\256evil\\233\\r\\n' > .envrc; printf 'plain\\n' > .exrc";
    world.sh(&[], script).succeeded();
    for words in [&[][..], &["--json"]] {
        let shown = review(&world, words).succeeded().stdout.clone();
        assert!(shown.contains("plain"), "{shown}");
        let acts = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
        assert!(!shown.contains(acts), "{shown:?}");
    }
}

#[test]
fn a_review_is_of_the_last_session_here_and_says_when_nothing_changed() {
    let world = World::new();
    let none = review(&world, &[]);
    assert!(
        none.code == Some(125) && none.stderr.contains("nothing to review"),
        "{none:#?}"
    );
    world.sh(&[], "echo x > .envrc").succeeded();
    assert_eq!(listed(&world), ["created .envrc"]);
    let first: serde_json::Value = serde_json::from_str(&world.ok(&["review", "--json"])).unwrap();
    world.sh(&[], "echo x > ordinary").succeeded();
    assert_eq!(listed(&world), Vec::<String>::new());
    let shown = world.ok(&["review", first["session"].as_str().unwrap()]);
    assert!(shown.contains("created  .envrc"), "{shown}");
}
