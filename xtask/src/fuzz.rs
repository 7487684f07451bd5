//! `cargo xtask fuzz`: each fuzzer of fuzz/ for a while, one after the other. What it finds is kept in fuzz/artifacts; a finding
//! belongs into fuzz/corpus, whose files the unit tests run, together with its mending.

use std::process::ExitCode;

use crate::steps::{Result, cargo, root, step, target};
use crate::suites;

/// How long each runs where nobody says so.
const SECONDS: u32 = 60;

/// Bytes of an input. Longer ones are slow and reach nothing new.
const LONGEST: u32 = 4096;

/// Seconds for one input, after which it counts as a finding.
const SLOWEST: u32 = 10;

/// Builds them and runs each. The bytes that lead to new paths are kept beside what is built, and used again.
pub(crate) fn run(seconds: Option<u32>) -> Result<ExitCode> {
    let driver = suites::program(&suites::FUZZ)?;
    let kept = target()?.join("fuzz");
    for fuzzer in fuzzers()? {
        let found = kept.join("corpus").join(&fuzzer);
        std::fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
        let mut command = std::process::Command::new(&driver);
        command
            .current_dir(root())
            // The driver asks for options of the compiler that only its nightly edition takes by itself.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO", cargo().get_program())
            .env_remove("CARGO_TARGET_DIR")
            // The parsers are safe Rust, so there is no memory to watch.
            .args(["fuzz", "run", "--sanitizer", "none", "--target-dir"])
            .arg(kept.join("build"))
            .arg(&fuzzer)
            .arg(found)
            .arg(root().join("fuzz/corpus").join(&fuzzer))
            .arg("--")
            .arg(format!("-max_total_time={}", seconds.unwrap_or(SECONDS)))
            .arg(format!("-max_len={LONGEST}"))
            .arg(format!("-timeout={SLOWEST}"));
        step(&format!("fuzz {fuzzer}"), &mut command)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A file in `fuzz/fuzz_targets`, a directory in fuzz/corpus, and a function of a crate's `fuzzing` each.
fn fuzzers() -> Result<Vec<String>> {
    let directory = root().join("fuzz/fuzz_targets");
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}
