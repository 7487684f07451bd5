//! `cargo xtask run -- COMMAND`: from a checkout to a command in the sandbox.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use crate::machine;
use crate::steps::{Result, cargo, root, step, target};

/// Installs, builds, and becomes `askbox run -- COMMAND`.
pub(crate) fn run(command: &[&str]) -> Result<ExitCode> {
    machine::install(machine::TO_RUN)?;
    let build = [
        "build",
        "--release",
        "--quiet",
        "--package",
        "askbox-cli",
        "--package",
        "askbox-sandbox",
    ];
    step("build", cargo().current_dir(root()).args(build))?;
    let mut askbox = Command::new(target()?.join("release/askbox"));
    // Words before the command that begin with a dash are options of `askbox run`.
    let error = askbox.arg("run").args(command).exec();
    Err(format!("cannot start askbox: {error}"))
}
