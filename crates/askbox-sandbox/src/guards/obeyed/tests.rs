use std::os::unix::fs::symlink;

use super::*;

#[test]
fn every_link_on_the_way_and_the_end_are_names_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("real/askbox")).unwrap();
    fs::create_dir(root.join("beside")).unwrap();
    symlink("beside/../real", root.join("config")).unwrap();
    symlink(root.join("real/rules"), root.join("real/askbox/policy.toml")).unwrap();
    let names = |path: &str| {
        let found = Obeyed::find(&root.join(path)).names;
        let shown = found
            .into_iter()
            .map(|name| name.strip_prefix(&root).unwrap().display().to_string());
        shown.collect::<Vec<_>>()
    };
    let expected = ["config", "real/askbox/policy.toml", "real/rules"];
    assert_eq!(names("config/askbox/policy.toml"), expected);
    let passed = Obeyed::find(&root.join("config/askbox/policy.toml")).passed;
    assert_eq!(passed, [root.join("beside")]);
    assert_eq!(names("real/askbox"), ["real/askbox"]);
    assert_eq!(names("missing/policy.toml"), ["missing/policy.toml"]);
}

#[test]
fn a_ring_of_links_ends() {
    let directory = tempfile::tempdir().unwrap();
    symlink("ring", directory.path().join("ring")).unwrap();
    assert!(Obeyed::find(&directory.path().join("ring")).names.len() <= LINKS + 1);
}

#[test]
fn other_names_of_a_file_are_seen() {
    let directory = tempfile::tempdir().unwrap();
    let policy = directory.path().join("policy.toml");
    fs::write(&policy, "").unwrap();
    assert_eq!(Obeyed::find(&policy).linked_on, None);
    fs::hard_link(&policy, directory.path().join("other")).unwrap();
    let device = fs::metadata(&policy).unwrap().dev();
    assert_eq!(Obeyed::find(&policy).linked_on, Some(device));
}
