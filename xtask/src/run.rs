//! `cargo xtask run -- COMMAND`: from a checkout to a command in the sandbox.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::machine::{self, TEST_USER};
use crate::steps::{Result, cargo, root, step, target};
use crate::{staging, ui};

/// Where the programs are put for an ordinary user, who may not be able to look into root's checkout.
const STAGING: &str = "/var/tmp/askbox-run-bin";

/// Installs, builds, and becomes `askbox run` with these words: options, then `--` and the command. For root, who cannot have a sandbox (bubblewrap cannot map user 0
/// without capabilities), an ordinary user's home directory is the project.
pub(crate) fn run(words: &[OsString]) -> Result<ExitCode> {
    machine::install(machine::TO_RUN)?;
    let mut build = vec![
        "build",
        "--release",
        "--quiet",
        "--package",
        "askbox-cli",
        "--package",
        "askbox-sandbox",
    ];
    let has_app = has_display();
    if has_app {
        ui::build()?;
        build.extend(["--package", "askbox-tray", "--package", "askbox-windows"]);
    }
    step("build", cargo().current_dir(root()).args(build))?;
    let release = target()?.join("release");
    let mut askbox = if machine::is_root()? {
        as_ordinary_user(&release, has_app)?
    } else {
        eprintln!("==> in a second terminal, look at what waits, and answer:");
        eprintln!("    export PATH=\"{}:$PATH\"", release.display());
        eprintln!("    askbox questions");
        Command::new(release.join("askbox"))
    };
    let error = askbox.arg("run").args(words).exec();
    Err(format!("cannot start askbox: {error}"))
}

/// Whether there is a display, where the desktop app asks. Without one the command line does.
fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn as_ordinary_user(release: &Path, has_app: bool) -> Result<Command> {
    let staging = staging::directory(STAGING)?;
    let app: &[&str] = if has_app {
        &["askbox-tray", "askbox-windows"]
    } else {
        &[]
    };
    for program in ["askbox", "askbox-init"].iter().chain(app) {
        staging::put(&release.join(program), &staging, program)?;
    }
    let askbox = staging.join("askbox");
    let mut command = machine::as_ordinary_user(&askbox)?;
    let project = format!("/home/{TEST_USER}/project");
    step(
        "make a project",
        machine::as_ordinary_user(Path::new("/bin/mkdir"))?.args(["-p", &project]),
    )?;
    command.current_dir(&project);
    eprintln!("==> root has no sandbox, so this runs as {TEST_USER} in {project}");
    eprintln!("==> in a second terminal, look at what waits, and answer:");
    eprintln!("    su - {TEST_USER}");
    eprintln!("    export PATH=\"{}:$PATH\"", staging.display());
    eprintln!("    askbox questions");
    Ok(command)
}
