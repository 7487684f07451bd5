//! The same install three times: outside, inside with the registries allowed, inside with questions.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use askbox_tests::{Finished, Running, World};

use crate::tree;

/// Where the machine keeps certificates, when it says so. Askbox passes these on.
const CERTIFICATES: &[&str] = &[
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// An install.
struct Install {
    /// Files of the project before it.
    files: &'static [(&'static str, &'static str)],
    /// What makes it.
    script: &'static str,
    /// What it makes in the project.
    results: &'static [&'static str],
    /// A file below the home directory (its tool's cache) that it makes too, somewhere below the first path with the
    /// second as its name.
    cached: Option<(&'static str, &'static str)>,
}

const NPM: Install = Install {
    files: &[(
        "package.json",
        "{ \"dependencies\": { \"express\": \"4.21.2\" } }\n",
    )],
    script: "npm install --no-audit --no-fund --no-update-notifier",
    results: &["package.json", "package-lock.json", "node_modules"],
    cached: None,
};

const PIP: Install = Install {
    files: &[],
    script: "python3 -m venv environment && environment/bin/pip install --no-compile requests==2.32.3",
    results: &["environment"],
    cached: None,
};

const CARGO: Install = Install {
    files: &[
        (
            "Cargo.toml",
            "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nsemver = \"=1.0.23\"\n",
        ),
        ("src/lib.rs", ""),
    ],
    script: "cargo fetch",
    results: &["Cargo.toml", "Cargo.lock", "src"],
    cached: Some((".cargo/registry", "semver-1.0.23.crate")),
};

impl Install {
    /// Starts it with these words before its script, in a fresh project.
    fn start(&self, world: &World, mut command: Command) -> Running {
        with_certificates(&mut command);
        for (name, text) in self.files {
            world.write(name, text);
        }
        command.args(["sh", "-c", self.script]);
        Running::start(command)
    }

    /// Moves what it made out of the project, so that the next one starts from nothing at the same path.
    fn take(&self, world: &World, to: &str) -> PathBuf {
        let to = world.outside().join(to);
        fs::create_dir_all(&to).unwrap();
        for name in self.results {
            fs::rename(world.project().join(name), to.join(name)).unwrap();
        }
        to
    }

    fn outside(&self, world: &World) -> PathBuf {
        let command = world.host("env");
        self.start(world, command).finish().succeeded();
        self.take(world, "by-the-host")
    }

    fn inside(&self, world: &World, options: &[&str]) -> Running {
        let command = world.askbox(&[&["run"], options, &["--"]].concat());
        self.start(world, command)
    }

    /// The cached file's bytes.
    fn cached(&self, below: &Path) -> Option<Vec<u8>> {
        let (directory, name) = self.cached?;
        let found = find(below, Path::new(directory), name);
        Some(fs::read(found.unwrap_or_else(|| panic!("no {name} below {}", below.display()))).unwrap())
    }
}

/// A file with this name below some `directory` that is itself anywhere below `top`.
fn find(top: &Path, directory: &Path, name: &str) -> Option<PathBuf> {
    let below = |path: &Path| path.to_str().unwrap().contains(directory.to_str().unwrap());
    for entry in fs::read_dir(top).into_iter().flatten().flatten() {
        let path = entry.path();
        let found = if entry.file_type().unwrap().is_dir() {
            find(&path, directory, name)
        } else {
            (path.ends_with(name) && below(&path)).then_some(path)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn check(install: &Install) {
    let world = World::new();
    let expected = install.outside(&world);
    let expected = (tree::read(&expected), install.cached(&world.home()));

    // With the families of the preset allowed: no question.
    let allowed = install.inside(&world, &["--preset", "moderate"]).finish();
    allowed.succeeded();
    same(install, &world, &expected, "by-preset");
    assert_eq!(asked(&world), Vec::<String>::new());
    forget(&world);

    // With nothing allowed: a question for each host, answered while it waits.
    let running = install.inside(&world, &[]);
    let finished = answer(&world, running);
    finished.succeeded();
    same(install, &world, &expected, "by-answers");
    let asked = asked(&world);
    let hosts: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(
        hosts.len(),
        asked.len(),
        "a host was asked about twice: {asked:?}"
    );
    assert!(!asked.is_empty());
}

/// What an install made inside is what it made outside.
fn same(
    install: &Install,
    world: &World,
    expected: &(std::collections::BTreeMap<PathBuf, tree::Node>, Option<Vec<u8>>),
    name: &str,
) {
    let made = install.take(world, name);
    let differ = tree::differences(&expected.0, &tree::read(&made));
    assert_eq!(differ, Vec::<PathBuf>::new(), "{name}");
    assert!(
        install.cached(&world.root()) == expected.1,
        "{name}: the cached file"
    );
}

/// Passes on where the machine keeps certificates.
pub(crate) fn with_certificates(command: &mut Command) {
    for name in CERTIFICATES {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// Allows each question for an hour, until the program has ended.
pub(crate) fn answer(world: &World, mut running: Running) -> Finished {
    while running.is_running() {
        for question in world.questions() {
            world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h"]);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    running.finish()
}

/// What a person was asked about.
pub(crate) fn asked(world: &World) -> Vec<String> {
    let log = world.log();
    log.iter()
        .filter(|event| event["verdict"] == "ask")
        .map(|event| event["target"].as_str().unwrap().to_owned())
        .collect()
}

/// Removes the private homes, and with them every cache of the sandbox.
fn forget(world: &World) {
    fs::remove_dir_all(world.root().join("data/homes")).unwrap();
}

#[test]
fn npm_installs_the_same_files_and_each_host_is_one_question() {
    check(&NPM);
}

#[test]
fn pip_installs_the_same_files_and_each_host_is_one_question() {
    check(&PIP);
}

#[test]
fn cargo_fetches_the_same_files_and_each_host_is_one_question() {
    check(&CARGO);
}
