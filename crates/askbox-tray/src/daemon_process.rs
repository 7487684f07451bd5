//! The daemon's life: started where none runs, by the `askbox` beside this program, which knows how (a scope of its own, a
//! clean environment, one at a time). A crash of this app leaves it alone; only Quit ends it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Why no daemon could be started, or the one that runs not ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DaemonError {
    /// There is no `askbox` beside this program.
    #[error("{} cannot be started: {source}", program.display())]
    Program {
        /// Where it should be.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It said why not.
    #[error("{0}")]
    Refused(String),
}

/// Starts a daemon unless one runs, and returns when it accepts.
pub(crate) fn start() -> Result<(), DaemonError> {
    tell("--start")
}

/// Ends the daemon that runs, of whatever version, with its sessions, and returns when it has ended.
pub(crate) fn stop() -> Result<(), DaemonError> {
    tell("--stop")
}

fn tell(what: &str) -> Result<(), DaemonError> {
    let program = cli();
    #[expect(
        clippy::disallowed_methods,
        reason = "it is our own program, begins in /, and gets no argument from outside"
    )]
    let output = Command::new(&program)
        .args(["daemon", what])
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| DaemonError::Program {
            program: program.clone(),
            source,
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("askbox: ");
    Err(DaemonError::Refused(askbox_policy::display::text(
        &said.replace('\n', " "),
        400,
    )))
}

/// The command line's program: the one beside this, as both are built and packed together.
pub(crate) fn cli() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.with_file_name("askbox")
}
