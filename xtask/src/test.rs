//! `cargo xtask test`: every group, each announced. Unit tests run as whoever started the task; black-box tests as an
//! ordinary user, on release binaries.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use cargo_metadata::Message;

use crate::steps::{Result, cargo, output, root, step, target};
use crate::{machine, staging, suites, ui};

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What every change has to pass.
    Gate,
    /// The slow groups too.
    Full,
}

/// Black-box groups that every change has to pass.
pub(crate) const GATE: &[&str] = &["functional", "security", "desktop"];

/// These and the slow ones: suites on the asking file system, minutes of load and sudden ends, real package registries, and
/// real programs and services.
const FULL: &[&str] = &[
    "functional",
    "security",
    "desktop",
    "filesystem",
    "endurance",
    "registries",
    "programs",
];

/// Where the black-box tests' programs are put, so that an ordinary user can reach them.
const STAGING: &str = "/var/tmp/askbox-test-bin";

/// Runs the groups.
pub(crate) fn run(extent: Extent) -> Result<ExitCode> {
    machine::install(machine::TO_RUN)?;
    machine::install(machine::TO_TEST)?;
    machine::open_fuse()?;
    ui::build()?;
    if extent == Extent::Full {
        machine::install_package_managers()?;
        machine::install(machine::PROGRAMS)?;
    }
    // A group that fails hides nothing of the others.
    let mut failures = units();
    let binaries = stage()?;
    if extent == Extent::Full {
        for suite in suites::SUITES {
            staging::put(&suites::program(suite)?, &binaries, suite.name)?;
        }
    }
    let groups: &[&str] = match extent {
        Extent::Gate => GATE,
        Extent::Full => FULL,
    };
    failures.extend(
        groups
            .iter()
            .filter_map(|group| black_box(&binaries, group).err()),
    );
    eprintln!("==> groups run: unit, repo, doc, {}", groups.join(", "));
    if failures.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(failures.join("\nxtask: "))
    }
}

/// The gate, then formatting, lints and documentation.
pub(crate) fn ci() -> Result<ExitCode> {
    run(Extent::Gate)?;
    let root = root();
    step(
        "formatting",
        cargo().current_dir(&root).args(["fmt", "--all", "--check"]),
    )?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    step("lints", cargo().current_dir(&root).args(clippy))?;
    let doc = [
        "doc",
        "--workspace",
        "--no-deps",
        "--locked",
        "--quiet",
        "--document-private-items",
    ];
    step(
        "documentation",
        cargo()
            .current_dir(&root)
            .env("RUSTDOCFLAGS", "-D warnings")
            .args(doc),
    )?;
    ui::check()?;
    Ok(ExitCode::SUCCESS)
}

/// The groups that need no programs; returns what failed.
fn units() -> Vec<String> {
    let root = root();
    let has_nextest = cargo()
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let (runner, only): (&[&str], &[&str]) = if has_nextest {
        (&["nextest", "run"], &[])
    } else {
        (&["test"], &["--lib", "--bins"])
    };
    let all = [
        "--workspace",
        "--locked",
        "--exclude",
        "askbox-tests",
        // It has no unit tests: what it shows is decided and tested in ui and askbox-desktop.
        "--exclude",
        "askbox-windows",
        "--no-fail-fast",
    ];
    let repo = [
        "--locked",
        "--package",
        "askbox-tests",
        "--test",
        "repo",
        "--no-fail-fast",
    ];
    let tested = [
        step(
            "group unit",
            cargo().current_dir(&root).args(runner).args(all).args(only),
        ),
        step("group repo", cargo().current_dir(&root).args(runner).args(repo)),
    ];
    let doc = [
        "test",
        "--workspace",
        "--exclude",
        "askbox-windows",
        "--locked",
        "--doc",
        "--quiet",
        "--no-fail-fast",
    ];
    let documented = step("group doc", cargo().current_dir(&root).args(doc));
    let all = tested.into_iter().chain([documented]);
    all.filter_map(Result::err).collect()
}

/// Builds the programs and the black-box tests, and copies them where an ordinary user can execute them.
pub(crate) fn stage() -> Result<PathBuf> {
    let root = root();
    let programs = [
        "build",
        "--release",
        "--locked",
        "--package",
        "askbox-cli",
        "--package",
        "askbox-sandbox",
        "--package",
        "askbox-tray",
        "--package",
        "askbox-windows",
    ];
    step("build the programs", cargo().current_dir(&root).args(programs))?;
    let build = [
        "test",
        "--locked",
        "--package",
        "askbox-tests",
        "--no-run",
        "--message-format",
        "json",
    ];
    eprintln!("==> build the black-box tests");
    let messages = output(cargo().current_dir(&root).args(build))?;
    let staging = staging::empty_directory(STAGING)?;
    let release = target()?.join("release");
    for program in ["askbox", "askbox-init", "askbox-tray", "askbox-windows"] {
        staging::put(&release.join(program), &staging, program)?;
    }
    for executable in executables(&messages) {
        let name = executable
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if let Some((group, _hash)) = name.rsplit_once('-').filter(|(group, _)| FULL.contains(group)) {
            staging::put(&executable, &staging, group)?;
        }
    }
    Ok(staging)
}

/// The executables that cargo's messages name.
fn executables(messages: &str) -> Vec<PathBuf> {
    let one = |message| match message {
        Ok(Message::CompilerArtifact(artifact)) => artifact.executable.map(Into::into),
        _ => None,
    };
    Message::parse_stream(messages.as_bytes())
        .filter_map(one)
        .collect()
}

fn black_box(binaries: &Path, name: &str) -> Result<()> {
    step(&format!("group {name}"), &mut group(binaries, name)?)
}

/// The black-box tests of a group, of those that [`stage`] put into a directory.
pub(crate) fn group(binaries: &Path, name: &str) -> Result<Command> {
    let mut command = machine::as_ordinary_user(&binaries.join(name))?;
    command
        .env("ASKBOX_TEST_BINARIES", binaries)
        .args(["--test-threads", "4"]);
    Ok(command)
}

#[cfg(test)]
mod tests;
