use super::*;

#[test]
fn every_line_of_the_data_names_a_program_and_a_reason() {
    let lines = include_str!("../unusable_programs.toml").lines();
    let names = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(names.count(), REASONS.len());
    assert!(REASONS.values().all(|reason| !reason.is_empty()));
}

#[test]
fn a_program_goes_by_its_file_name_among_those_of_the_system() {
    let reason = |path: &str| reason(&CanonicalPath::new(Path::new(path)).unwrap());
    assert_eq!(
        reason("/usr/bin/sudo"),
        Some("nothing inside can become another user")
    );
    assert_eq!(reason("/usr/bin/sudoku"), None);
    assert_eq!(reason("/usr/lib/sudo/plugin"), None);
    // ast-grep.
    assert_eq!(reason("/home/u/.cargo/bin/sg"), None);
    assert!(reason("/usr/bin/sg").is_some());
}
