//! `cargo xtask threats`: every attack of docs/threats.md by the tests that try it, one line for each. Owns which tests
//! belong to which attack, and nothing of what they do.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use crate::steps::{Result, cargo, root};
use crate::{machine, test, ui};

mod list;

use list::Row;

/// Groups of black-box tests that take minutes by themselves: they run with `cargo xtask test --full`.
const SLOW: &str = "tests/endurance/";

/// Tests of crates, as a group beside the black-box ones.
const UNIT: &str = "unit";

/// The outcome of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    group: String,
    name: String,
    is_passed: bool,
}

/// Runs what tries the attacks, and prints one line for each.
pub(crate) fn run() -> Result<ExitCode> {
    machine::install(machine::TO_RUN)?;
    machine::install(machine::TO_TEST)?;
    machine::open_fuse()?;
    ui::build()?;
    let rows = list::rows(&read("docs/threats.md")?);
    let mut outcomes = units(&rows)?;
    let binaries = test::stage()?;
    for group in test::GATE {
        outcomes.extend(black_box(&binaries, group, &rows)?);
    }
    let lines = rows
        .iter()
        .map(|row| line(row, &outcomes))
        .collect::<Result<Vec<_>>>()?;
    let width = rows.iter().map(|row| row.number.len()).max().unwrap_or(0);
    for (row, line) in rows.iter().zip(&lines) {
        eprintln!("{:>width$}  {}  {}", row.number, line.text, row.attack);
        for name in &line.failed {
            eprintln!("{:>width$}    {name}", "");
        }
    }
    let failed = lines.iter().filter(|line| !line.is_good).count();
    eprintln!("==> {} attacks, {failed} not as they should be", rows.len());
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(place: &str) -> Result<String> {
    std::fs::read_to_string(root().join(place)).map_err(|error| format!("{place}: {error}"))
}

/// The group of a place's tests; `None` for a document and for what is slow.
fn group(place: &str) -> Option<&str> {
    if place.starts_with(SLOW) || list::module(place).is_none() {
        return None;
    }
    match place.strip_prefix("tests/") {
        Some(below) => below.split('/').next(),
        None => Some(UNIT),
    }
}

/// What a test program is told to run: modules, as parts of names.
fn modules(rows: &[Row], wanted: &str) -> BTreeSet<String> {
    let places = rows.iter().flat_map(|row| &row.places);
    places
        .filter(|place| group(place) == Some(wanted))
        .filter_map(|place| list::module(place))
        .collect()
}

fn units(rows: &[Row]) -> Result<Vec<Outcome>> {
    let mut command = cargo();
    command.current_dir(root()).args([
        "test",
        "--workspace",
        "--locked",
        "--exclude",
        "askbox-tests",
        "--exclude",
        "askbox-windows",
        "--lib",
        "--bins",
        "--no-fail-fast",
        "--",
    ]);
    command.args(modules(rows, UNIT));
    outcomes(UNIT, &mut command)
}

fn black_box(binaries: &Path, name: &str, rows: &[Row]) -> Result<Vec<Outcome>> {
    let mut command = test::group(binaries, name)?;
    command.args(modules(rows, name));
    outcomes(name, &mut command)
}

/// Runs tests to their end. One that fails is an outcome, and so ends nothing here.
fn outcomes(group: &str, command: &mut Command) -> Result<Vec<Outcome>> {
    eprintln!("==> attacks of the group {group}");
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start {}: {error}", command.get_program().display()))?;
    let outcomes = parse(group, &String::from_utf8_lossy(&output.stdout));
    if output.status.success() || outcomes.iter().any(|outcome| !outcome.is_passed) {
        Ok(outcomes)
    } else {
        Err(format!("attacks of the group {group}: {}", output.status))
    }
}

/// The outcomes in what a test program prints: `test NAME ... ok`.
fn parse(group: &str, printed: &str) -> Vec<Outcome> {
    let outcome = |line: &str| {
        let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
        Some(Outcome {
            group: group.to_owned(),
            name: name.to_owned(),
            is_passed: outcome.starts_with("ok"),
        })
    };
    printed.lines().filter_map(outcome).collect()
}

/// What is said of an attack.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    text: String,
    is_good: bool,
    failed: Vec<String>,
}

fn line(row: &Row, outcomes: &[Outcome]) -> Result<Line> {
    let mut tried = Vec::new();
    for place in row.places.iter().filter(|place| group(place).is_some()) {
        let is_whole = list::in_head(&read(place)?).contains(&row.number);
        let here = of_place(row, place, is_whole, outcomes);
        if here.is_empty() {
            return Err(format!("{}: none of its tests ran of {place}", row.number));
        }
        tried.extend(here);
    }
    Ok(judge(row, &tried))
}

/// The tests of a place that try an attack: those that its number names, and where the head of the file names it, those
/// that have no number.
fn of_place<'a>(row: &Row, place: &str, is_whole: bool, outcomes: &'a [Outcome]) -> Vec<&'a Outcome> {
    let module = list::module(place).unwrap_or_default();
    let here = outcomes
        .iter()
        .filter(|outcome| Some(outcome.group.as_str()) == group(place) && outcome.name.starts_with(&module));
    here.filter(|outcome| match list::in_name(&outcome.name) {
        Some(number) => number == row.number,
        None => is_whole,
    })
    .collect()
}

fn judge(row: &Row, tried: &[&Outcome]) -> Line {
    let is_tested = row.places.iter().any(|place| group(place).is_some());
    let failed: Vec<String> = tried
        .iter()
        .filter(|outcome| !outcome.is_passed)
        .map(|outcome| format!("{} {}", outcome.group, outcome.name))
        .collect();
    let text = match (is_tested, tried.len()) {
        (false, _) => format!("documented: {}", row.places.join(", ")),
        (true, 0) => "NO TEST RAN".to_owned(),
        (true, tests) if failed.is_empty() => format!("ok, {tests} tests"),
        (true, tests) => format!("FAILED, {} of {tests} tests", failed.len()),
    };
    Line {
        text,
        is_good: failed.is_empty() && (!is_tested || !tried.is_empty()),
        failed,
    }
}

#[cfg(test)]
mod tests;
