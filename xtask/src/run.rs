//! `cargo xtask run -- COMMAND`: from a checkout to a command in the sandbox.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::machine::{self, TEST_USER};
use crate::steps::{Result, cargo, root, step, target};

/// Where the programs are put for an ordinary user, who may not be able to look into root's checkout.
const STAGING: &str = "/var/tmp/askbox-run-bin";

/// Installs, builds, and becomes `askbox run -- COMMAND`. For root, who cannot have a sandbox (bubblewrap cannot map user 0
/// without capabilities), an ordinary user's home directory is the project.
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
    let release = target()?.join("release");
    let mut askbox = if machine::is_root()? {
        as_ordinary_user(&release)?
    } else {
        Command::new(release.join("askbox"))
    };
    // Words before the command that begin with a dash are options of `askbox run`.
    let error = askbox.arg("run").args(command).exec();
    Err(format!("cannot start askbox: {error}"))
}

fn as_ordinary_user(release: &Path) -> Result<Command> {
    let staging = PathBuf::from(STAGING);
    let failed = |error: std::io::Error| format!("{STAGING}: {error}");
    fs::create_dir_all(&staging).map_err(failed)?;
    for program in ["askbox", "askbox-init"] {
        // A running program cannot be written, but its name can be given to another one.
        let fresh = staging.join(format!("{program}.new"));
        fs::copy(release.join(program), &fresh).map_err(failed)?;
        fs::rename(&fresh, staging.join(program)).map_err(failed)?;
    }
    let askbox = staging.join("askbox");
    let mut command = machine::as_ordinary_user(&askbox)?;
    let project = format!("/home/{TEST_USER}/project");
    step(
        "make a project",
        machine::as_ordinary_user(Path::new("/bin/mkdir"))?.args(["-p", &project]),
    )?;
    command.current_dir(&project);
    eprintln!(
        "==> root has no sandbox, so this runs as {TEST_USER} in {project}; in a second terminal, answer with"
    );
    eprintln!("    su {TEST_USER} -c '{} allow 1'", askbox.display());
    Ok(command)
}
