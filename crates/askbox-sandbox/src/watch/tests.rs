use std::fs;

use super::*;
use crate::guards::Outside;
use crate::sight::Sight;
use crate::{git, guards};

struct Project {
    _directory: tempfile::TempDir,
    root: PathBuf,
    watches: Arc<Watches>,
}

impl Project {
    fn new(names: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap().join("project");
        fs::create_dir(&root).unwrap();
        let watches = Arc::new(Watches::new().unwrap());
        let project = Self {
            _directory: directory,
            root,
            watches,
        };
        for name in names {
            project.write(name);
        }
        project
    }

    fn write(&self, name: &str) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    fn lookout(&self) -> Lookout {
        let sight = Sight::default();
        let git = git::find(&self.root, &sight);
        let found = guards::look(
            &self.root,
            &git,
            Path::new("/home/ada"),
            Outside::default(),
            &sight,
        );
        Lookout::begin(Arc::clone(&self.watches), found.before.roots()).unwrap()
    }

    /// The names that are flagged now; `!` marks those that were there before.
    fn flagged(&self, lookout: &mut Lookout) -> Vec<String> {
        let mut flagged = Vec::new();
        while let Ok(happened) = self.watches.read() {
            flagged.extend(lookout.hear(&happened).into_iter().map(|flag| {
                let mark = if flag.was_there { "!" } else { "" };
                format!("{mark}{}", flag.path.display())
            }));
        }
        flagged
    }
}

#[test]
fn a_name_is_flagged_when_it_appears_and_once() {
    let project = Project::new(&[".git/HEAD", ".git/hooks/a", ".cargo/x", "deep/er/x"]);
    let mut lookout = project.lookout();
    for (name, expected) in [
        (".envrc", ".envrc"),
        (".vscode/tasks.json", ".vscode"),
        ("my.code-workspace", "my.code-workspace"),
        (".cargo/config.toml", ".cargo/config.toml"),
        (".hg/hgrc", ".hg/hgrc"),
        (".github/hooks/x.json", ".github/hooks"),
        (".git/config.worktree", ".git/config.worktree"),
        (".git/modules/x/HEAD", ".git/modules/x"),
        ("deep/er/.git", "deep/er/.git"),
        ("fresh/one/.git/config", "fresh/one/.git"),
    ] {
        project.write(name);
        assert_eq!(project.flagged(&mut lookout), [expected], "{name}");
        project.write(name);
        assert_eq!(project.flagged(&mut lookout), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_name_that_was_there_is_flagged_when_it_changes() {
    let project = Project::new(&[".git/config", ".git/hooks/a", ".husky/pre-commit", ".mise.toml"]);
    let mut lookout = project.lookout();
    project.write(".git/config.lock");
    fs::rename(
        project.root.join(".git/config.lock"),
        project.root.join(".git/config"),
    )
    .unwrap();
    project.write(".git/hooks/post-merge");
    project.write(".husky/pre-commit");
    assert_eq!(
        project.flagged(&mut lookout),
        ["!.git/config", "!.git/hooks", "!.husky"]
    );
}

#[test]
fn ordinary_work_is_not_flagged() {
    let project = Project::new(&[".git/HEAD", "src/a"]);
    let mut lookout = project.lookout();
    for name in [
        "Makefile",
        ".git/index.lock",
        "src/b",
        "node_modules/x/.git/config",
        "target/.git/config",
        "a/b/c/.git",
    ] {
        project.write(name);
    }
    assert_eq!(project.flagged(&mut lookout), Vec::<String>::new());
}

#[test]
fn what_was_missed_is_found_by_looking_again() {
    let project = Project::new(&[".exrc"]);
    let mut lookout = project.lookout();
    project.write("fresh/.git/config");
    project.write(".envrc");
    while project.watches.read().is_ok() {}
    let flagged = lookout.hear(&[Happened::Overflow]);
    let paths: Vec<_> = flagged.iter().map(|flag| flag.path.to_str().unwrap()).collect();
    assert_eq!(paths, [".envrc", "fresh/.git"]);
}

#[test]
fn directories_that_are_gone_give_their_places_to_others() {
    let project = Project::new(&["a/b"]);
    let mut lookout = project.lookout();
    for round in 0..limits::WATCHES {
        let directory = project.root.join(format!("made{round}"));
        fs::create_dir(&directory).unwrap();
        assert_eq!(project.flagged(&mut lookout), Vec::<String>::new());
        fs::remove_dir(&directory).unwrap();
        assert_eq!(project.flagged(&mut lookout), Vec::<String>::new());
    }
    project.write("fresh/.git/config");
    assert_eq!(project.flagged(&mut lookout), ["fresh/.git"]);
}

#[test]
fn directories_are_watched_for_as_long_as_some_look_out_needs_them() {
    let project = Project::new(&["a/b"]);
    let (one, mut other) = (project.lookout(), project.lookout());
    let count = project.watches.uses().len();
    drop(one);
    assert_eq!(project.watches.uses().len(), count);
    project.write("a/.git");
    assert_eq!(project.flagged(&mut other), ["a/.git"]);
    drop(other);
    assert!(project.watches.uses().is_empty());
}

#[test]
fn the_number_of_watches_is_bounded() {
    let project = Project::new(&[".git/hooks/a"]);
    for number in 0..limits::WATCHES + 10 {
        fs::create_dir(project.root.join(format!("d{number}"))).unwrap();
    }
    let mut lookout = project.lookout();
    assert_eq!(lookout.watched.len(), limits::WATCHES);
    project.write(".git/hooks/b");
    assert_eq!(project.flagged(&mut lookout), ["!.git/hooks"]);
}
