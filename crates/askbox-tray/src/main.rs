//! `askbox-tray`, the desktop app: starts and watches the daemon, asks by notification, shows the tray icon, and has windows
//! shown by `askbox-windows`.
//!
//! It is a front end like the command line: it speaks the wire, holds no policy and no key, and when it dies the daemon, its
//! sessions and its questions stay. What is shown is decided in `askbox_desktop`; here it is carried out.
#![forbid(unsafe_code)]

mod app;
mod appearance;
mod autostart;
mod call;
mod daemon_process;
mod display;
mod downloads;
mod ending;
mod hub;
mod link;
mod log;
mod notifications;
mod options;
mod preferences;
mod requests;
mod review;
mod single;
mod sleep;
mod tray;
mod windows;

use std::io::Write;
use std::process::ExitCode;

use options::{Errand, HELP};

#[expect(clippy::print_stderr, reason = "a program that cannot start says why")]
fn main() -> ExitCode {
    let options = match Errand::parse(std::env::args_os().skip(1)) {
        Ok(Errand::Run(options)) => options,
        Ok(Errand::Help) => return say(HELP),
        Ok(Errand::Version) => return say(concat!("askbox-tray ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(wrong) => {
            eprintln!("askbox-tray: {wrong}");
            eprintln!("hint: `askbox-tray --help` lists what it takes");
            return ExitCode::from(2);
        }
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_target(false)
        .init();
    match app::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("askbox-tray: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Says what was asked for.
fn say(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
