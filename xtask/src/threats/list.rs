//! docs/threats.md and what the tests say of themselves: which attack is tried where. Reads texts only; runs nothing.

use std::collections::BTreeSet;

/// One attack of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its number, which names and heads of tests carry.
    pub(super) number: String,
    /// What is tried.
    pub(super) attack: String,
    /// Files of tests, and documents that say where it is not prevented; relative to the checkout.
    pub(super) places: Vec<String>,
}

/// The rows of the list's tables.
pub(super) fn rows(text: &str) -> Vec<Row> {
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, number, attack, places, _] = cells[..] else {
        return None;
    };
    number.parse::<u32>().ok()?;
    Some(Row {
        number: number.to_owned(),
        attack: attack.to_owned(),
        places: places.split(", ").map(str::to_owned).collect(),
    })
}

/// The number in a test's own name: `threat_58_…`.
pub(super) fn in_name(test: &str) -> Option<&str> {
    let own = test.rsplit("::").next().unwrap_or(test);
    Some(own.strip_prefix("threat_")?.split_once('_')?.0)
}

/// The numbers in a file's head: `(threats 34 to 37 and 39)`.
pub(super) fn in_head(text: &str) -> BTreeSet<String> {
    let head: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let head = head.join(" ");
    let listed = head.split("(threat").skip(1);
    let listed = listed.filter_map(|rest| Some(rest.split_once(')')?.0));
    let mut numbers = BTreeSet::new();
    for words in listed {
        let mut last: Option<u32> = None;
        let mut is_range = false;
        for word in words.split([' ', ',']) {
            is_range |= word == "to";
            let Ok(number) = word.parse::<u32>() else { continue };
            let from = last.filter(|_| is_range).unwrap_or(number);
            numbers.extend((from..=number).map(|number| number.to_string()));
            (last, is_range) = (Some(number), false);
        }
    }
    numbers
}

/// The module of the tests of a file, as the test programs name it, with `::` at its end; `None` for what is no file of
/// tests. Of `tests/GROUP/…` it is below the group, of a crate below its root.
pub(super) fn module(place: &str) -> Option<String> {
    let path = place.strip_suffix(".rs")?;
    let below = match path.strip_prefix("tests/") {
        Some(path) => path.split_once('/')?.1,
        None => path.strip_prefix("crates/")?.split_once("/src/")?.1,
    };
    Some(below.replace('/', "::") + "::")
}

#[cfg(test)]
mod tests;
