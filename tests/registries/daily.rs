//! A day's work on the home directory of somebody who has worked before: the tools that people use succeed, and what a person
//! is asked meanwhile is listed with each. The home directory is `tests/fixtures/home`.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use askbox_tests::{Running, World};

use crate::install::{answer, with_certificates};

const EXPRESS: &str = "{ \"dependencies\": { \"express\": \"4.21.2\" } }\n";

/// A tool at work.
struct Work {
    /// What is there before, made on the host.
    before: &'static str,
    command: &'static [&'static str],
    /// Something that it makes in the project.
    makes: &'static str,
    /// All that a person is asked, beside which hosts it may reach: kind and target.
    asks: &'static [&'static str],
}

macro_rules! home {
    ($($name:literal),+) => { &[$(($name, include_str!(concat!("../fixtures/home/", $name)))),+] };
}

/// Read when the tests are built: who runs them may not see the sources.
const HOME: &[(&str, &str)] = home!(
    ".bashrc",
    ".cargo/config.toml",
    ".config/git/ignore",
    ".config/pip/pip.conf",
    ".editorconfig",
    ".gitconfig",
    ".inputrc",
    ".npmrc",
    ".profile",
    ".tmux.conf",
    ".vimrc",
    "notes/things.md"
);

/// A world with that home directory.
pub(crate) fn world() -> World {
    let world = World::new();
    world.write_policy("[questions]\ntimeout = \"60s\"\n");
    for (name, text) in HOME {
        let path = world.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    world
}

/// With the tools that people install for themselves first on the PATH.
pub(crate) fn ready(world: &World, mut command: Command) -> Command {
    let own = world.home().join(".local/bin");
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", own.display()));
    with_certificates(&mut command);
    command
}

pub(crate) fn on_the_host(world: &World, script: &str) {
    let mut command = ready(world, world.host("sh"));
    command.args(["-ec", script]);
    Running::start(command).finish().succeeded();
}

fn check(work: &Work) {
    let world = world();
    on_the_host(&world, work.before);
    let mut command = ready(&world, world.askbox(&["run", "--"]));
    command.args(work.command);
    let finished = answer(&world, Running::start(command));
    finished.succeeded();
    assert!(world.project().join(work.makes).exists(), "{finished:#?}");

    let log = world.log();
    let text = |event: &serde_json::Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let home = world.home();
    let asked: BTreeSet<String> = log
        .iter()
        .filter(|event| event["verdict"] == "ask")
        .map(|event| format!("{} {}", text(event, "kind"), text(event, "target")))
        .filter(|asked| !asked.starts_with("network "))
        .map(|asked| asked.replace(home.to_str().unwrap(), "~"))
        .collect();
    let asks: BTreeSet<String> = work.asks.iter().map(ToString::to_string).collect();
    assert_eq!(asked, asks);
}

#[test]
fn git_commits() {
    check(&Work {
        before: "git init -q; echo text > a; git add a",
        command: &["git", "commit", "-m", "one"],
        makes: ".git/refs/heads/main",
        asks: &["profile git"],
    });
}

#[test]
fn npm_installs_what_is_locked() {
    let before = format!("echo '{EXPRESS}' > package.json; npm install --package-lock-only");
    check(&Work {
        before: before.leak(),
        command: &["npm", "ci"],
        makes: "node_modules/express/package.json",
        asks: &["profile npm"],
    });
}

#[test]
fn pnpm_installs() {
    let before = format!(
        "npm install --prefix ~/.local/lib/pnpm pnpm@9
        mkdir -p ~/.local/bin; ln -s ../lib/pnpm/node_modules/.bin/pnpm ~/.local/bin/pnpm
        echo '{EXPRESS}' > package.json"
    );
    check(&Work {
        before: before.leak(),
        command: &["pnpm", "install"],
        makes: "node_modules/express/package.json",
        asks: &["profile pnpm"],
    });
}

#[test]
fn cargo_builds() {
    check(&Work {
        before: "cargo init -q --name small; echo 'semver = \"1\"' >> Cargo.toml",
        command: &["cargo", "build"],
        makes: "target/debug/small",
        asks: &["profile cargo"],
    });
}

#[test]
fn pip_installs() {
    check(&Work {
        before: "python3 -m venv environment",
        command: &["environment/bin/pip", "install", "requests==2.32.3"],
        makes: "environment/bin/normalizer",
        asks: &[],
    });
}

#[test]
fn uv_makes_an_environment_and_installs() {
    check(&Work {
        before: "python3 -m venv ~/.local/lib/uv; ~/.local/lib/uv/bin/pip install uv
            mkdir -p ~/.local/bin; ln -s ../lib/uv/bin/uv ~/.local/bin/uv",
        command: &["sh", "-c", "uv venv && uv pip install requests==2.32.3"],
        makes: ".venv/bin/python",
        asks: &[],
    });
}
