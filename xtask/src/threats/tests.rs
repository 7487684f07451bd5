use super::*;

fn row(places: &[&str]) -> Row {
    Row {
        number: "7".to_owned(),
        attack: "try it".to_owned(),
        places: places.iter().map(|place| (*place).to_owned()).collect(),
    }
}

const PRINTED: &str = "
running 4 tests
test files::threat_7_try ... ok
test files::threat_8_try ... FAILED
test files::other ... ok
test filesystem::threat_7_try ... FAILED
";

#[test]
fn what_belongs_to_an_attack_is_found_by_name_or_by_the_head_of_its_file() {
    let outcomes = parse("security", PRINTED);
    assert_eq!(outcomes.len(), 4);
    let row = row(&["tests/security/files.rs"]);
    let names = |is_whole| {
        let tried = of_place(&row, "tests/security/files.rs", is_whole, &outcomes);
        tried
            .into_iter()
            .map(|outcome| outcome.name.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(false), ["files::threat_7_try"]);
    assert_eq!(names(true), ["files::threat_7_try", "files::other"]);
}

#[test]
fn an_attack_is_as_it_should_be_when_all_passed_or_it_is_documented() {
    let outcomes = parse("security", PRINTED);
    let tested = row(&["tests/security/files.rs", "docs/known-issues.md"]);
    let passed = judge(&tested, &[&outcomes[0], &outcomes[2]]);
    assert!(passed.is_good && passed.text == "ok, 2 tests", "{passed:?}");
    let failed = judge(&tested, &[&outcomes[0], &outcomes[1]]);
    assert!(!failed.is_good, "{failed:?}");
    assert_eq!(failed.failed, ["security files::threat_8_try"]);
    assert!(!judge(&tested, &[]).is_good);
    let documented = judge(&row(&["docs/known-issues.md"]), &[]);
    assert!(documented.is_good, "{documented:?}");
}
