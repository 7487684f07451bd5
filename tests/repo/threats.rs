//! docs/threats.md lists every attack that a test names, and the files that it names exist.

use std::collections::BTreeSet;

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

#[test]
fn every_attack_that_a_test_names_is_listed() {
    let listed: BTreeSet<String> = rows().into_iter().map(|(number, _)| number).collect();
    let named: BTreeSet<String> = rust_files()
        .filter(|(path, _)| path.starts_with("tests/security"))
        .flat_map(|(_, text)| {
            let numbers = text.split("fn threat_").skip(1);
            numbers
                .filter_map(|rest| Some(rest.split_once('_')?.0.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(10 < named.len(), "{named:?}");
    assert_eq!(
        named.difference(&listed).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
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
