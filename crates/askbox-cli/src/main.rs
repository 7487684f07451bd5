//! The `askbox` command: parse, run, report, exit code.
#![cfg_attr(
    test,
    expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")
)]

use std::process::ExitCode;

use clap::Parser;

mod args;
mod caller_desktop;
mod commands;
mod connect;
mod context;
mod desktop;
mod error;
mod exit_code;
#[cfg(test)]
mod fixtures;
mod init_program;
mod launch;
mod limits;
mod output;
mod report;
mod shell_limits;
mod standard;
mod streams;
mod supervise;
mod terminal;

fn main() -> ExitCode {
    match shell_limits::check_stack() {
        Ok(()) => run(),
        Err(error) => report::finish(Err(error)).into(),
    }
}

/// Apart, so that what it takes of the stack is not taken before there is known to be enough.
#[inline(never)]
fn run() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return report::usage(&error).into(),
    };
    let result = context::Context::from_process()
        .map_err(error::CliError::from)
        .and_then(|context| commands::dispatch(arguments.command, &context));
    report::finish(result).into()
}
