//! `cargo xtask bench`: builds what is measured and measures it, as an ordinary user.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::machine;
use crate::steps::{Result, cargo, root, step, target};

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
    let build = [
        "build",
        "--release",
        "--locked",
        "-p",
        "askbox-cli",
        "-p",
        "askbox-sandbox",
        "-p",
        "askbox-tests",
    ];
    step("build", cargo().current_dir(root()).args(build))?;
    let staging = PathBuf::from(STAGING);
    let failed = |error: std::io::Error| format!("{STAGING}: {error}");
    std::fs::create_dir_all(&staging).map_err(failed)?;
    let release = target()?.join("release");
    for program in ["askbox", "askbox-init", "askbox-bench"] {
        std::fs::copy(release.join(program), staging.join(program)).map_err(failed)?;
    }
    let peer = staging.join("peer");
    if !peer.join("node_modules").exists() {
        std::fs::create_dir_all(&peer).map_err(failed)?;
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
