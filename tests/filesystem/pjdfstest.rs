//! `pjdfstest`: what POSIX asks of each system call on files, case by case. A case that passes on the host's file system
//! passes on the asking one, but for those in differences.txt, each with its reason; one of those that passes is a mistake in
//! that list. Cases that need root do not run on either.

use std::collections::BTreeMap;

use askbox_tests::Running;

use crate::place::Place;

/// Cases that do not pass on the asking file system: a name, and why, on each line.
const DIFFERENCES: &str = include_str!("differences.txt");

/// What Linux's file systems can do. The users are for cases that need root: any will do, since none of those runs.
const CONFIGURATION: &str = r#"
[features]
posix_fallocate = {}
rename_ctime = {}
utime_now = {}
utimensat = {}
[settings]
naptime = 0.01
[dummy_auth]
entries = [["root", "root"], ["root", "root"], ["root", "root"]]
"#;

/// Fewer cases than passed natively when this was written are no suite.
const LEAST: usize = 250;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Skipped,
    Failed,
}

/// The outcome of each case. Other lines are reasons and backtraces.
fn outcomes(text: &str) -> BTreeMap<&str, Outcome> {
    let outcome = |line: &'_ str| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        [_, "ok"] => Some(Outcome::Passed),
        [_, "skipped"] => Some(Outcome::Skipped),
        [_, "FAILED"] => Some(Outcome::Failed),
        _ => None,
    };
    let case = |line| Some((str::split_whitespace(line).next()?, outcome(line)?));
    text.lines().filter_map(case).collect()
}

fn differences() -> BTreeMap<&'static str, &'static str> {
    let one = |line: &'static str| line.split_once("  ").expect("a name, two blanks and a reason");
    DIFFERENCES.lines().map(one).collect()
}

#[test]
fn every_case_that_passes_natively_passes() {
    let place = Place::new();
    let program = place.bring("pjdfstest");
    let program = program.to_str().unwrap();
    let configuration = place.world.write("pjdfstest.toml", CONFIGURATION);
    let words = |directory: std::path::PathBuf| {
        let texts = ["-c".into(), configuration.clone(), "-p".into(), directory];
        texts.map(|word| word.to_str().unwrap().to_owned())
    };
    let mut native = place.world.host(program);
    native.env("NO_COLOR", "1").args(words(place.native()));
    let native = Running::start(native).finish();
    let asking = words(place.asking());
    let asking: Vec<&str> = std::iter::once(program)
        .chain(asking.iter().map(String::as_str))
        .collect();
    let asking = place.inside(&["NO_COLOR=1"], &asking);

    let (on_host, on_ours) = (outcomes(&native.stdout), outcomes(&asking.stdout));
    let passed = |outcomes: &BTreeMap<&str, Outcome>| {
        outcomes
            .values()
            .filter(|outcome| **outcome == Outcome::Passed)
            .count()
    };
    assert!(LEAST <= passed(&on_host), "{native:#?}");
    let expected = differences();
    let other: Vec<_> = on_host
        .iter()
        .filter(|(_, outcome)| **outcome == Outcome::Passed)
        .filter(|(case, _)| on_ours.get(*case) != Some(&Outcome::Passed))
        .map(|(case, _)| *case)
        .collect();
    let surprising: Vec<_> = other
        .iter()
        .filter(|case| !expected.contains_key(*case))
        .collect();
    // Passing by now, or not there any more.
    let passing: Vec<_> = expected.keys().filter(|case| !other.contains(*case)).collect();
    let (on_host, on_ours) = ((on_host.len(), passed(&on_host)), passed(&on_ours));
    let figures = format!(
        "of {} cases {} pass natively, {on_ours} on ours",
        on_host.0, on_host.1
    );
    assert!(
        surprising.is_empty() && passing.is_empty(),
        "{figures}; unexpected: {surprising:#?}; expected and passing: {passing:#?}\n{}\n{}",
        asking.stdout,
        asking.stderr
    );
}
