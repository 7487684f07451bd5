//! The project's own tasks. `cargo xtask run -- COMMAND` and `cargo xtask test` need nothing but Rust and apt: what is
//! missing is installed first.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "tasks talk to the person who started them")]
#![expect(
    clippy::disallowed_methods,
    reason = "tasks start compilers, package managers and tests"
)]

mod bench;
mod fuzz;
mod machine;
mod run;
mod screenshots;
mod staging;
mod steps;
mod suites;
mod test;
mod threats;
mod ui;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

const USAGE: &str =
    "usage: cargo xtask run [OPTIONS] -- COMMAND [ARGS…]   build, and run COMMAND in a sandbox
       cargo xtask test [--full]                        unit, repo, doc, functional, security and desktop tests;
                                                        with --full also filesystem, endurance, registries
                                                        and programs
       cargo xtask threats                              every attack of docs/threats.md, one line for each
       cargo xtask bench [--quick]                      the budgets, as ratios measured in one run
       cargo xtask fuzz [--seconds N]                   each fuzzer for N seconds (60), one after the other
       cargo xtask generate                             types of the wire for the windows, pictures from drawings
       cargo xtask screenshots                          pictures of what the desktop app shows, dark and light
       cargo xtask ci                                   test, then formatting, lints, documentation and the pages";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    // A command of `run` may be no UTF-8.
    let words: Vec<&str> = arguments
        .iter()
        .map(|argument| argument.to_str().unwrap_or_default())
        .collect();
    let result = match words.as_slice() {
        ["run", ..] if arguments[1..].iter().any(|argument| argument != OsStr::new("--")) => {
            run::run(&arguments[1..])
        }
        ["test"] => test::run(test::Extent::Gate),
        ["test", "--full"] => test::run(test::Extent::Full),
        ["threats"] => threats::run(),
        ["bench"] => bench::run(bench::Extent::Full),
        ["bench", "--quick"] => bench::run(bench::Extent::Quick),
        ["fuzz"] => fuzz::run(None),
        ["fuzz", "--seconds", seconds] => match seconds.parse() {
            Ok(seconds) => fuzz::run(Some(seconds)),
            Err(error) => Err(format!("--seconds {seconds}: {error}")),
        },
        ["generate"] => ui::generate().map(|()| ExitCode::SUCCESS),
        ["screenshots"] => screenshots::run(),
        ["ci"] => test::ci(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
