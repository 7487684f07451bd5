use std::path::Path;
use std::process::Command;

use super::*;
use crate::steps::{output, root};

fn listed() -> Vec<Row> {
    rows(&read("docs/threats.md"))
}

fn read(place: &str) -> String {
    std::fs::read_to_string(root().join(place)).unwrap()
}

/// The numbers in the names of a file's tests.
fn in_names(text: &str) -> BTreeSet<String> {
    let names = text.split("fn threat_").skip(1);
    let numbers = names.filter_map(|rest| rest.split_once('_'));
    let numbers = numbers.filter(|(number, _)| number.parse::<u32>().is_ok());
    numbers.map(|(number, _)| number.to_owned()).collect()
}

fn is_rust(place: &str) -> bool {
    Path::new(place).extension() == Some("rs".as_ref())
}

#[test]
fn every_attack_that_a_test_names_is_listed() {
    let known: BTreeSet<String> = listed().into_iter().map(|row| row.number).collect();
    let files = output(Command::new("git").args(["ls-files", "*.rs"]).current_dir(root())).unwrap();
    let named: BTreeSet<String> = files
        .lines()
        .filter(|place| !place.starts_with("xtask/") && root().join(place).is_file())
        .map(read)
        .flat_map(|text| &in_names(&text) | &in_head(&text))
        .collect();
    assert!(10 < named.len(), "{named:?}");
    assert_eq!(
        named.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

#[test]
fn every_test_file_in_the_list_names_the_attack() {
    let places = listed().into_iter().flat_map(|row| {
        let number = row.number;
        row.places.into_iter().map(move |place| (number.clone(), place))
    });
    let silent: Vec<String> = places
        .filter(|(_, place)| is_rust(place))
        .filter(|(number, place)| {
            let text = read(place);
            !(&in_names(&text) | &in_head(&text)).contains(number)
        })
        .map(|(number, place)| format!("{number}: {place}"))
        .collect();
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn every_place_in_the_list_exists() {
    let places = listed().into_iter().flat_map(|row| row.places);
    let missing: Vec<String> = places.filter(|place| !root().join(place).is_file()).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn names_heads_and_modules_are_read() {
    assert_eq!(in_name("network::dns::threat_26_names"), Some("26"));
    assert_eq!(in_name("network::dns::names"), None);
    let head = "//! Names (threats 34 to 36, and 39).\n//! More (threat 7).\n\n// (threat 1)\n";
    let found: Vec<String> = in_head(head).into_iter().collect();
    assert_eq!(found, ["34", "35", "36", "39", "7"]);
    for (place, expected) in [
        ("tests/security/network/dns.rs", Some("network::dns::")),
        ("tests/functional/log.rs", Some("log::")),
        ("crates/askbox-gate/src/tests/stored.rs", Some("tests::stored::")),
        ("docs/known-issues.md", None),
    ] {
        assert_eq!(module(place).as_deref(), expected, "{place}");
    }
}

#[test]
fn rows_are_those_with_a_number() {
    let text = "| number | attack | where |\n| --- | --- | --- |\n| 7 | try it | a.rs, b.md |\n";
    assert_eq!(
        rows(text),
        [Row {
            number: "7".to_owned(),
            attack: "try it".to_owned(),
            places: vec!["a.rs".to_owned(), "b.md".to_owned()],
        }]
    );
}
