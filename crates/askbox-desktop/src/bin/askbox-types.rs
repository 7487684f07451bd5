//! Writes the TypeScript types of `ui/src/api/generated`: `askbox-types DIRECTORY`.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stderr,
    reason = "a generator talks to the person who started it"
)]

use std::process::ExitCode;

use askbox_desktop::{WindowEvent, WindowRequest, WindowResponse};
use askbox_wire::WireError;
use ts_rs::{Config, ExportError, TS};

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("usage: askbox-types DIRECTORY");
        return ExitCode::from(2);
    };
    // Numbers of the wire are counters and milliseconds, far below 2^53.
    let config = Config::new().with_out_dir(directory).with_large_int("number");
    match export(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("askbox-types: {error}");
            ExitCode::FAILURE
        }
    }
}

fn export(config: &Config) -> Result<(), ExportError> {
    WindowRequest::export_all(config)?;
    WindowResponse::export_all(config)?;
    WindowEvent::export_all(config)?;
    WireError::export_all(config)
}
