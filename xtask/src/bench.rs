//! `cargo xtask bench`: builds what is measured and measures it, as an ordinary user.

use std::process::{Command, ExitCode};

use crate::steps::{Result, cargo, root, step, target};
use crate::{machine, staging, ui};

/// How long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Enough rounds for figures to quote.
    Full,
    /// Enough rounds to see that it works.
    Quick,
}

/// Where the programs are put, so that an ordinary user can reach them.
const STAGING: &str = "/var/tmp/askbox-bench-bin";

/// The peer that the budgets name, by its package name.
const PEER: &str = "@anthropic-ai/sandbox-runtime";

/// Runs every line.
pub(crate) fn run(extent: Extent) -> Result<ExitCode> {
    machine::install(machine::TO_RUN)?;
    machine::install(machine::TO_BENCH)?;
    machine::install(machine::TO_TEST)?;
    machine::open_fuse()?;
    ui::build()?;
    let build = [
        "build",
        "--release",
        "--locked",
        "-p",
        "askbox-cli",
        "-p",
        "askbox-sandbox",
        "-p",
        "askbox-tray",
        "-p",
        "askbox-windows",
        "-p",
        "askbox-tests",
    ];
    step("build", cargo().current_dir(root()).args(build))?;
    let staging = staging::directory(STAGING)?;
    let release = target()?.join("release");
    for program in [
        "askbox",
        "askbox-init",
        "askbox-tray",
        "askbox-windows",
        "askbox-bench",
    ] {
        staging::put(&release.join(program), &staging, program)?;
    }
    let peer = staging.join("peer");
    if !peer.join("node_modules").exists() {
        std::fs::create_dir_all(&peer).map_err(|error| format!("{}: {error}", peer.display()))?;
        step(
            "install the peer",
            Command::new("npm")
                .args(["install", "--silent", "--prefix"])
                .arg(&peer)
                .arg(PEER),
        )?;
    }
    let mut command = machine::as_ordinary_user(&staging.join("askbox-bench"))?;
    command.env("ASKBOX_TEST_BINARIES", &staging);
    if extent == Extent::Quick {
        command.arg("--quick");
    }
    step("measure", &mut command)?;
    Ok(ExitCode::SUCCESS)
}
