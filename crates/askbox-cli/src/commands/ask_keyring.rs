//! The process that asks the keyring for the daemon.

use std::io;

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;

/// Carries one order out. Its answer may be a secret, and is no words for a terminal.
pub(crate) fn run(context: &Context) -> Result<ExitStatus, CliError> {
    if context.stdout_is_terminal {
        return Err(CliError::NoSuchCommand(askbox_daemon::ASK_KEYRING.to_owned()));
    }
    askbox_secrets::serve(io::stdin().lock(), io::stdout().lock()).map_err(CliError::Output)?;
    Ok(ExitStatus::Success)
}
