//! `cargo xtask run -- COMMAND`: from a checkout to a command in the sandbox.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::machine::{self, TEST_USER};
use crate::steps::{Result, cargo, root, step, target};
use crate::{staging, ui};

/// Where the programs are put: out of the checkout, which is the project of the run, so that nothing inside can put others in
/// their place; and where the ordinary user can look that root becomes.
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
    let staging = staged(&release, has_app)?;
    let mut askbox = if machine::is_root()? {
        as_ordinary_user(&staging)?
    } else {
        eprintln!("==> in a second terminal, look at what waits, and answer:");
        eprintln!("    export PATH=\"{}:$PATH\"", staging.display());
        eprintln!("    askbox questions");
        Command::new(staging.join("askbox"))
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

/// The programs in a directory of this user's own.
fn staged(release: &Path, has_app: bool) -> Result<PathBuf> {
    let staging = staging::directory(&format!("{STAGING}-{}", machine::user_id()?))?;
    let app: &[&str] = if has_app {
        &["askbox-tray", "askbox-windows"]
    } else {
        &[]
    };
    for program in ["askbox", "askbox-init"].iter().chain(app) {
        staging::put(&release.join(program), &staging, program)?;
    }
    Ok(staging)
}

fn as_ordinary_user(staging: &Path) -> Result<Command> {
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
