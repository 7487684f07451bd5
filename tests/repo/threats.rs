//! docs/threats.md lists every attack that a test names; the files that it names exist, and name the attack.

use std::collections::BTreeSet;
use std::path::Path;

use super::files::rust_files;
use super::root;

/// The rows of the list: number, and where it is tested or documented.
fn rows() -> Vec<(String, Vec<String>)> {
    let text = std::fs::read_to_string(root().join("docs/threats.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, _, places, _] = cells[..] else {
            return None;
        };
        number.parse::<u32>().ok()?;
        Some((number.to_owned(), places.split(", ").map(str::to_owned).collect()))
    };
    text.lines().filter_map(row).collect()
}

/// The numbers in the names of a file's tests.
fn in_names(text: &str) -> BTreeSet<String> {
    let numbers = text.split("fn threat_").skip(1);
    numbers
        .filter_map(|rest| Some(rest.split_once('_')?.0.to_owned()))
        .collect()
}

/// The numbers in a file's head: `(threats 34 to 37 and 39)`.
fn in_head(text: &str) -> BTreeSet<String> {
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

#[test]
fn every_attack_that_a_test_names_is_listed() {
    let listed: BTreeSet<String> = rows().into_iter().map(|(number, _)| number).collect();
    let named: BTreeSet<String> = rust_files()
        .filter(|(path, _)| !path.starts_with("tests/repo"))
        .flat_map(|(_, text)| &in_names(&text) | &in_head(&text))
        .collect();
    assert!(10 < named.len(), "{named:?}");
    assert_eq!(
        named.difference(&listed).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

#[test]
fn every_test_file_in_the_list_names_the_attack() {
    let silent: Vec<String> = rows()
        .into_iter()
        .flat_map(|(number, places)| places.into_iter().map(move |place| (number.clone(), place)))
        .filter(|(_, place)| Path::new(place).extension() == Some("rs".as_ref()))
        .filter(|(number, place)| {
            let text = std::fs::read_to_string(root().join(place)).unwrap();
            !(&in_names(&text) | &in_head(&text)).contains(number)
        })
        .map(|(number, place)| format!("{number}: {place}"))
        .collect();
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn every_place_in_the_list_exists() {
    let missing: Vec<String> = rows()
        .into_iter()
        .flat_map(|(_, places)| places)
        .filter(|place| !root().join(place).is_file())
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}
