//! What could not be guarded because it was not there, or was a link: made inside, it is said at the end.

use std::os::unix::fs::symlink;

use askbox_tests::{Finished, World};
use nix::sys::signal::Signal;

use crate::both::outside;

/// What the log says that sessions made, in order.
fn logged(world: &World) -> Vec<String> {
    let events = world.log();
    let made = events.iter().filter(|event| event["action"] == "made");
    made.map(|event| event["detail"].as_str().unwrap().to_owned())
        .collect()
}

/// The line on standard error, which must be the only one of its kind.
fn said(finished: &Finished) -> Option<&str> {
    let mut lines = finished.stderr.lines().filter_map(|line| {
        let names = line.strip_prefix("askbox: made in this session, runs outside: ")?;
        names.strip_suffix("; look at them with `askbox review` before you use the project on the host")
    });
    let first = lines.next();
    assert_eq!(lines.next(), None, "{finished:#?}");
    first
}

#[test]
fn threat_11_names_that_are_made_inside_are_said_at_the_end() {
    let world = World::new();
    outside(&world, "git init -q . && rm -r .git/hooks && git init -q nested").succeeded();
    for (script, expected) in [
        ("echo x > .envrc", ".envrc"),
        ("mkdir .vscode && echo x > .vscode/tasks.json", ".vscode"),
        (
            "mkdir .cargo && echo x > .cargo/config.toml",
            ".cargo/config.toml",
        ),
        ("echo x > my.code-workspace", "my.code-workspace"),
        ("echo ../other > .git/commondir", ".git/commondir"),
        (
            "echo x > .git/config.worktree; mkdir .git/hooks",
            ".git/config.worktree, .git/hooks",
        ),
        (
            "echo x > nested/.git/config.worktree",
            "nested/.git/config.worktree",
        ),
        (
            "git init -q another; git init -q deep/er",
            "another/.git, deep/er/.git",
        ),
        ("mkdir -p .git/modules/x/hooks", ".git/modules/x"),
        ("ln -s /tmp/x .idea", ".idea"),
        (
            "mkdir \"$(printf 'a\\033[31m')\"; cd a*; git init -q",
            "a\\u{1b}[31m/.git",
        ),
        ("echo x > .husky; exit 7", ".husky"),
    ] {
        let finished = world.sh(&[], script);
        assert!(matches!(finished.code, Some(0 | 7)), "{script}: {finished:#?}");
        assert_eq!(said(&finished), Some(expected), "{script}: {finished:#?}");
        assert_eq!(logged(&world).last().unwrap(), expected, "{script}");
    }
}

#[test]
fn threat_11_ordinary_work_is_not_said() {
    let world = World::new();
    outside(
        &world,
        "git init -q . && touch .envrc && mkdir real && ln -s real .vscode",
    )
    .succeeded();
    let work = "echo one > a && git add a && git -c user.name=A -c user.email=a@example.com commit -q -m one && \
        mkdir -p .config src/deep node_modules/x/.git && echo x > Makefile && echo x > .config/x && git checkout -q -b topic";
    let finished = world.sh(&[], work);
    assert_eq!(
        (finished.succeeded().stderr.as_str(), logged(&world)),
        ("", Vec::new())
    );
    // What is there before a session is not of its making.
    symlink("real", world.project().join(".idea")).unwrap();
    world.write(".mcp.json", "");
    let finished = world.sh(&[], "true");
    assert_eq!(
        (finished.succeeded().stderr.as_str(), logged(&world)),
        ("", Vec::new())
    );
}

#[test]
fn threat_11_a_link_that_leads_elsewhere_is_said() {
    let world = World::new();
    world.write("good", "");
    symlink("good", world.project().join(".envrc")).unwrap();
    let finished = world.sh(&[], "echo x > evil; ln -sfn evil .envrc");
    assert_eq!(said(&finished), Some(".envrc"));
    let finished = world.sh(&[], "rm .envrc");
    assert_eq!(said(&finished), None);
    let finished = world.sh(&[], "echo x > .envrc");
    assert_eq!(said(&finished), Some(".envrc"));
}

#[test]
fn threat_11_what_was_made_is_logged_when_nobody_is_there_to_be_told() {
    let world = World::new();
    let quiet = world.sh(&["--quiet"], "echo x > .envrc");
    assert_eq!(quiet.succeeded().stderr, "");
    assert_eq!(logged(&world), [".envrc"]);
    for (name, signal) in [(".mcp.json", Some(Signal::SIGKILL)), (".vscode", None)] {
        let script = format!("echo x > {name}; touch ready{name}; sleep 1000");
        let running = world.start_sh(&[], &script);
        world.eventually("it was made", || {
            world.project().join(format!("ready{name}")).exists()
        });
        match signal {
            Some(signal) => running.signal(signal),
            None => drop(world.ok(&["stop", "--all"])),
        }
        running.finish();
        world.eventually("the daemon has logged it", || {
            logged(&world).last().unwrap() == name
        });
    }
}

#[test]
fn threat_11_decoys_hide_nothing_of_what_was_made() {
    let world = World::new();
    let many = world.sh(&[], "for n in $(seq 400); do mkdir d$n; done; git init -q zz");
    assert_eq!(said(many.succeeded()), Some("zz/.git"));
    assert_eq!(logged(&world), ["zz/.git"]);
    // From now on it has more directories than a launch looks at, and no session can tell what is new there.
    let blind = world.sh(&[], "mkdir .zed; git init -q zzz");
    assert_eq!(
        said(blind.succeeded()),
        Some(".zed, more directories than are looked at")
    );

    let world = World::new();
    let decoys = "for n in .aider.conf.yml .claude .codex .continue .cursor .devcontainer .exrc .fleet .gdbinit .gemini \
        .helix .idea .junie; do mkdir $n; done; mkdir .vscode .zed 'x, all is well'; git init -q 'x, all is well'";
    let finished = world.sh(&[], decoys);
    assert!(
        said(finished.succeeded())
            .unwrap()
            .ends_with("4 more, which the log names")
    );
    let last = logged(&world).pop().unwrap();
    assert!(last.contains(".vscode") && last.contains(".zed"), "{last}");
    assert!(last.ends_with("\"x, all is well/.git\""), "{last}");
}

/// Options with which git commits inside, where nobody is known to it.
const AS_SOMEBODY: &str = "-c user.name=x -c user.email=x@host.test";

#[test]
fn threat_11_a_repository_that_an_index_links_to_is_said_wherever_it_is() {
    let world = World::new();
    let marker = world.home().join("ran");
    outside(&world, "git init -q . && git init -q third/party/tool").succeeded();
    for place in ["a/b/c/evil", "node_modules/evil", "target/evil", ".venv/evil"] {
        let made = world.sh(
            &[],
            &format!(
                "git init -q {place} && git -C {place} {AS_SOMEBODY} commit -q --allow-empty -m x && git add {place} && \
                 git -C {place} config core.fsmonitor 'touch {}; false'",
                marker.display()
            ),
        );
        assert_eq!(said(made.succeeded()), Some(format!("{place}/.git").as_str()));
        // It is what the host's own git would run.
        outside(&world, "git status").succeeded();
        assert!(marker.exists(), "{place}");
        std::fs::remove_file(&marker).unwrap();
        outside(&world, &format!("rm -rf {place} && git rm -q --cached {place}")).succeeded();
    }
    // What was there before is no news, and a guard holds its configuration.
    outside(
        &world,
        "git -C third/party/tool commit -q --allow-empty -m x && git add third/party/tool",
    )
    .succeeded();
    let later = world.sh(
        &[],
        &format!("git -C third/party/tool {AS_SOMEBODY} commit -q --allow-empty -m y; git -C third/party/tool config core.fsmonitor x"),
    );
    later.failed();
    assert_eq!(said(&later), None);
}
