use super::*;
use crate::testing::git;

fn make(root: &Path, directories: &[&str]) {
    for directory in directories {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
}

fn check(found: &[PathBuf], root: &Path, expected: &[&str]) {
    let relative: Vec<&str> = found
        .iter()
        .map(|path| path.strip_prefix(root).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(relative, expected);
}

#[test]
fn git_directories_within_one_are_those_of_worktrees_and_submodules() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(
        root,
        &[
            "worktrees/w/modules/x/hooks",
            "modules/a/hooks",
            "modules/a/modules/deep/hooks",
            "modules/a/objects/hooks",
            "modules/with/slash/hooks",
            "modules/nothing/at/all",
        ],
    );
    std::os::unix::fs::symlink(root, root.join("modules/link")).unwrap();
    let mut search = Search::new();
    let found = within(root, &mut search, &Sight::default());
    let expected = [
        "worktrees/w",
        "worktrees/w/modules/x",
        "modules/a",
        "modules/a/modules/deep",
        "modules/with/slash",
    ];
    check(&found, root, &expected);
    assert!(!search.is_cut);
}

#[test]
fn repositories_are_found_in_two_levels_but_not_in_what_others_made() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    make(
        root,
        &[
            ".git",
            "nested/.git",
            "nested/inner/.git",
            "packages/one/.git",
            "packages/two/three/.git",
            "node_modules/x/.git",
            "target/x/.git",
        ],
    );
    make(root, &["file"]);
    fs::write(root.join("file/.git"), "gitdir: ../x\n").unwrap();
    let found = repositories(root, &mut Search::new(), &Sight::default());
    check(&found, root, &["file/.git", "nested/.git", "packages/one/.git"]);
}

#[test]
fn a_search_ends() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for number in 0..400 {
        make(root, &[&format!("d{number}")]);
    }
    let mut search = Search::new();
    assert_eq!(
        repositories(root, &mut search, &Sight::default()),
        Vec::<PathBuf>::new()
    );
    assert!(search.is_cut);
    let deep = ["modules", "a", "b", "c", "d", "e", "f", "g", "h"].join("/");
    make(root, &[&deep]);
    let mut search = Search::new();
    assert_eq!(
        within(root, &mut search, &Sight::default()),
        Vec::<PathBuf>::new()
    );
    assert!(search.is_cut);
}

#[test]
fn repositories_that_an_index_links_to_are_found_wherever_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let commit = "1".repeat(40);
    let link = |tree: &Path, path: &str| {
        let entry = format!("160000,{commit},{path}");
        git(tree, &["update-index", "--add", "--cacheinfo", &entry]);
    };
    git(&root, &["init", "-q"]);
    let deep = ["node_modules/x", "a/b/c/d"];
    for path in deep {
        git(&root, &["init", "-q", path]);
        link(&root, path);
    }
    // One that only the index of another one links to, one that nobody does, one that is not there, and one behind a link.
    git(&root, &["init", "-q", "a/b/c/d/e/f/g"]);
    link(&root.join("a/b/c/d"), "e/f/g");
    git(&root, &["init", "-q", "target/nobody"]);
    link(&root, "not/there");
    std::os::unix::fs::symlink(root.join("target"), root.join("way")).unwrap();
    link(&root, "way/nobody");
    let mut search = Search::new();
    let found = repositories(&root, &mut search, &Sight::default());
    check(
        &found,
        &root,
        &["a/b/c/d/.git", "node_modules/x/.git", "a/b/c/d/e/f/g/.git"],
    );
    assert!(!search.is_cut);
}
