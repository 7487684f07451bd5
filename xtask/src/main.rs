//! The project's own tasks. `cargo xtask run -- COMMAND` and `cargo xtask test` need nothing but Rust and apt: what is
//! missing is installed first.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "tasks talk to the person who started them")]
#![expect(
    clippy::disallowed_methods,
    reason = "tasks start compilers, package managers and tests"
)]

mod bench;
mod machine;
mod run;
mod steps;
mod test;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask run -- COMMAND [ARGS…]   build, and run COMMAND in a sandbox
       cargo xtask test [--full]             every test group, on this machine
       cargo xtask bench [--quick]           the budgets, as ratios measured in one run
       cargo xtask ci                        test, then formatting, lints and documentation";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["run", "--", command @ ..] | ["run", command @ ..] if !command.is_empty() => run::run(command),
        ["test"] => test::run(test::Extent::Gate),
        ["test", "--full"] => test::run(test::Extent::Full),
        ["bench"] => bench::run(bench::Extent::Full),
        ["bench", "--quick"] => bench::run(bench::Extent::Quick),
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
