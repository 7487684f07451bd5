use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::testing::Project;

impl Project {
    fn look(&self) -> Guards {
        self.look_with_path(&[])
    }

    /// With directories of the user's PATH.
    fn look_with_path(&self, on_path: &[&Path]) -> Guards {
        let sight = Sight::default();
        let (git, home) = (git::find(&self.root, &sight), self.root.with_file_name("home"));
        let search = on_path;
        look(
            &self.root,
            &git,
            &home,
            Outside {
                search,
                ..Outside::default()
            },
            &sight,
        )
    }

    /// With a link at `home/policy.toml`, and what of the way to its file is held and what is not.
    fn look_with_policy(&self, target: &str) -> (Vec<String>, Vec<String>) {
        let sight = Sight::default();
        let home = self.root.with_file_name("home");
        fs::create_dir_all(&home).unwrap();
        let policy = home.join("policy.toml");
        symlink(self.root.join(target), &policy).unwrap();
        let outside = Outside {
            search: &[],
            obeyed: &[Obeyed::find(&policy)],
            programs: &[],
        };
        let guards = look(&self.root, &git::find(&self.root, &sight), &home, outside, &sight);
        let shown = |path: &Path| path.strip_prefix(&self.root).unwrap().display().to_string();
        for (directory, _) in &guards.held.directories {
            let guard = guards
                .guards
                .iter()
                .find(|guard| directory.starts_with(&guard.path) && guard.access == Access::ReadOnly);
            assert!(guard.is_some(), "{directory:?}: {:?}", guards.guards);
        }
        (
            guards
                .held
                .directories
                .iter()
                .map(|(path, _)| shown(path))
                .collect(),
            guards.held.open.iter().map(|(path, _)| shown(path)).collect(),
        )
    }

    /// Guards relative to the project: `+` for those that are only pinned.
    fn check(&self, expected: &[&str]) -> Guards {
        let guards = self.look();
        let shown: Vec<String> = guards
            .guards
            .iter()
            .map(|guard| {
                let mark = if guard.access == Access::ReadWrite {
                    "+"
                } else {
                    ""
                };
                let path = guard.path.strip_prefix(&self.root).unwrap_or(&guard.path);
                format!("{mark}{}", path.display())
            })
            .collect();
        assert_eq!(shown, expected);
        guards
    }

    fn made(&self, before: &Before) -> Vec<String> {
        let made = before.made_since().paths;
        let relative = made.iter().map(|path| path.strip_prefix(&self.root).unwrap());
        relative.map(|path| path.display().to_string()).collect()
    }
}

#[test]
fn a_project_without_git_has_its_names_guarded() {
    let project = Project::new(&[
        (".envrc", ""),
        (".vscode/tasks.json", ""),
        ("my.code-workspace", ""),
    ]);
    let guards = project.check(&[".envrc", ".vscode", "my.code-workspace"]);
    assert_eq!((guards.git_config, guards.is_cut), (None, false));
}

#[test]
fn a_name_in_a_directory_pins_the_directory() {
    let project = Project::new(&[(".cargo/config.toml", ""), (".jj/repo/config.toml", "")]);
    project.check(&[
        "+.cargo",
        ".cargo/config.toml",
        "+.jj",
        "+.jj/repo",
        ".jj/repo/config.toml",
    ]);
}

#[test]
fn the_projects_git_directory_is_pinned_and_its_settings_are_read_only() {
    let project = Project::new(&[(".git/HEAD", ""), (".git/config", ""), (".git/hooks/", "")]);
    let guards = project.check(&["+.git", ".git/config", ".git/hooks"]);
    assert_eq!(guards.git_config, Some(project.root.join(".git/config")));
}

#[test]
fn a_git_directory_of_another_name_is_found_by_the_file_that_leads_there() {
    let project = Project::new(&[(".git", "gitdir: .repository\n"), (".repository/config", "")]);
    project.check(&[".git", "+.repository", ".repository/config"]);
    let bare = Project::new(&[
        ("HEAD", ""),
        ("objects/", ""),
        ("refs/", ""),
        ("config", ""),
        ("hooks/", ""),
    ]);
    bare.check(&["config", "hooks"]);
}

#[test]
fn submodules_are_guarded_with_the_file_in_their_work_tree() {
    let project = Project::new(&[
        (".git/config", ""),
        (
            ".git/modules/libs/one/config",
            "[core]\nworktree = ../../../../libs/deep/one\n",
        ),
        (".git/modules/libs/one/hooks/", ""),
        ("libs/deep/one/.git", "gitdir: ../../../.git/modules/libs/one\n"),
    ]);
    project.check(&[
        "+.git",
        ".git/config",
        "+.git/modules",
        "+.git/modules/libs",
        "+.git/modules/libs/one",
        ".git/modules/libs/one/config",
        ".git/modules/libs/one/hooks",
        "+libs",
        "+libs/deep",
        "+libs/deep/one",
        "libs/deep/one/.git",
    ]);
}

#[test]
fn worktrees_of_a_repository_keep_what_leads_to_them() {
    let project = Project::new(&[
        (".git/worktrees/w/commondir", "../..\n"),
        (".git/worktrees/w/gitdir", "/elsewhere/.git\n"),
        (".git/worktrees/w/HEAD", ""),
    ]);
    project.check(&[
        "+.git",
        "+.git/worktrees",
        "+.git/worktrees/w",
        ".git/worktrees/w/commondir",
        ".git/worktrees/w/gitdir",
    ]);
}

#[test]
fn repositories_below_the_project_are_guarded_like_its_own() {
    let project = Project::new(&[
        ("nested/.git/config", ""),
        ("nested/.git/modules/m/config", ""),
        ("deep/er/.git/hooks/", ""),
    ]);
    let guards = project.check(&[
        "+deep",
        "+deep/er",
        "+deep/er/.git",
        "deep/er/.git/hooks",
        "+nested",
        "+nested/.git",
        "nested/.git/config",
        "+nested/.git/modules",
        "+nested/.git/modules/m",
        "nested/.git/modules/m/config",
    ]);
    assert_eq!(guards.git_config, Some(project.root.join("nested/.git/config")));
}

#[test]
fn files_that_the_configuration_names_are_guarded() {
    let project = Project::new(&[
        (
            ".git/config",
            "[core]\nhooksPath = .hooks\n[include]\npath = ../.gitconfig\n[filter \"x\"]\nclean = sh tools/clean %f\n",
        ),
        (".hooks/pre-commit", ""),
        (
            ".gitconfig",
            "[include] path = more\n[core] fsmonitor = ./watch\n",
        ),
        ("more", "[core] hooksPath = .\n"),
        ("watch", ""),
        ("tools/clean", ""),
        ("sh", "not that one"),
    ]);
    project.check(&[
        "+.git",
        ".git/config",
        ".gitconfig",
        ".hooks",
        "more",
        "+tools",
        "tools/clean",
        "watch",
    ]);
}

#[test]
fn what_the_users_own_configuration_names_is_guarded() {
    let settings = "[core] hooksPath = .githooks\n[include] path = work\n[alias] x = !sh tools/x\n";
    let project = Project::new(&[
        ("../home/.config/git/config", settings),
        (
            "../home/.config/git/work",
            "[core] fsmonitor = ./watch\n[include] path = ~/../project/more\n",
        ),
        (".git/HEAD", ""),
        (".githooks/pre-commit", ""),
        ("more", "[include] path = ../home/never\n"),
        ("../home/never", "[diff] external = ./ordinary\n"),
        ("nested/.git/HEAD", ""),
        ("nested/.githooks/", ""),
        ("ordinary", ""),
        ("tools/x", ""),
        ("watch", ""),
    ]);
    let guards = project.check(&[
        "+.git",
        ".githooks",
        "more",
        "+nested",
        "+nested/.git",
        "nested/.githooks",
        "+tools",
        "tools/x",
        "watch",
    ]);
    assert!(!guards.is_cut);
}

#[test]
fn the_users_own_configuration_can_lie_in_the_project() {
    let project = Project::new(&[
        ("../home/", ""),
        ("gitconfig", "[core] hooksPath = absent\n"),
        ("hooks/", ""),
    ]);
    symlink("../project/gitconfig", project.root.join("../home/.gitconfig")).unwrap();
    let before = project.check(&["gitconfig"]).before;
    project.write("absent/pre-commit", "");
    assert_eq!(project.made(&before), ["absent"]);
}

#[test]
fn each_work_tree_has_its_own_files_of_a_relative_name() {
    let project = Project::new(&[
        (".git/config", "[core] hooksPath = .hooks\n"),
        (".git/worktrees/w/commondir", "../..\n"),
        (".git/worktrees/w/config.worktree", "[core] fsmonitor = ./watch\n"),
        (".git/worktrees/w/gitdir", "../../../deep/er/w/.git\n"),
        (".hooks/pre-commit", ""),
        ("deep/er/w/.git", "gitdir: ../../../.git/worktrees/w\n"),
        ("deep/er/w/.hooks/pre-commit", ""),
        ("deep/er/w/watch", ""),
        ("moved/.git", "gitdir: ../.git/worktrees/w\n"),
        ("moved/.hooks/pre-commit", ""),
        ("watch", ""),
    ]);
    project.check(&[
        "+.git",
        ".git/config",
        "+.git/worktrees",
        "+.git/worktrees/w",
        ".git/worktrees/w/commondir",
        ".git/worktrees/w/config.worktree",
        ".git/worktrees/w/gitdir",
        ".hooks",
        "+deep",
        "+deep/er",
        "+deep/er/w",
        "deep/er/w/.git",
        "deep/er/w/.hooks",
        "deep/er/w/watch",
        "+moved",
        "moved/.git",
        "moved/.hooks",
    ]);
}

#[test]
fn a_link_is_watched_and_never_on_the_way_of_a_guard() {
    let project = Project::new(&[("elsewhere/config.toml", ""), ("real", "")]);
    symlink("elsewhere", project.root.join(".cargo")).unwrap();
    symlink("real", project.root.join(".envrc")).unwrap();
    let before = project.check(&[]).before;
    assert_eq!(project.made(&before), Vec::<String>::new());
    for name in [".cargo", ".envrc"] {
        fs::remove_file(project.root.join(name)).unwrap();
    }
    assert_eq!(
        project.made(&before),
        Vec::<String>::new(),
        "what is gone runs nothing"
    );
    symlink("other", project.root.join(".envrc")).unwrap();
    project.write(".cargo/config.toml", "");
    assert_eq!(project.made(&before), [".cargo", ".envrc"]);
}

#[test]
fn what_is_made_in_a_session_is_seen_at_its_end() {
    let project = Project::new(&[
        (".git/config", ""),
        (".git/hooks/", ""),
        ("nested/.git/config", ""),
    ]);
    let before = project.look().before;
    project.write("ordinary", "");
    project.write(".git/HEAD", "");
    assert_eq!(project.made(&before), Vec::<String>::new());
    for name in [
        ".envrc",
        "a.code-workspace",
        ".git/commondir",
        ".git/modules/new/config",
        ".hg/hgrc",
        "another/.git/config",
        "nested/.git/config.worktree",
    ] {
        project.write(name, "");
    }
    let expected = [
        ".envrc",
        ".git/commondir",
        ".git/modules/new",
        ".hg/hgrc",
        "a.code-workspace",
        "another/.git",
        "nested/.git/config.worktree",
    ];
    assert_eq!(project.made(&before), expected);
}

#[test]
fn a_program_inside_cannot_make_a_launch_long() {
    let project = Project::new(&[]);
    for number in 0..40 {
        project.write(&format!("r{number}/.git/config"), "");
    }
    let guards = project.look();
    assert!(
        guards.is_cut && guards.guards.len() <= limits::GUARDS,
        "{}",
        guards.guards.len()
    );
}

#[test]
fn directories_of_the_path_are_held_but_for_those_of_package_managers() {
    let project = Project::new(&[]);
    for name in [
        "tools/bin/",
        ".venv/bin/",
        "app/node_modules/.bin/",
        "myvenv/bin/",
    ] {
        project.write(name, "");
    }
    let names = [
        "tools/bin",
        ".venv/bin",
        "app/node_modules/.bin",
        "myvenv/bin",
        "a/b/c/.venv/bin",
        "absent/bin",
    ];
    let on_path: Vec<PathBuf> = names.iter().map(|name| project.root.join(name)).collect();
    let on_path: Vec<&Path> = on_path.iter().map(PathBuf::as_path).collect();
    let guards = project.look_with_path(&on_path);
    let held: Vec<_> = guards
        .search
        .iter()
        .filter_map(|path| path.strip_prefix(&project.root).ok())
        .collect();
    assert_eq!(held, [Path::new("tools/bin"), Path::new("myvenv/bin")]);
    let guarded = |name: &str, access| {
        let path = project.root.join(name);
        guards.guards.contains(&Guard { path, access })
    };
    assert!(guarded("tools/bin", Access::ReadOnly) && guarded("tools", Access::ReadWrite));
    for name in ["absent/bin/ls", "a/b/c/.venv/bin/ls", ".venv/bin/ls"] {
        project.write(name, "");
    }
    assert_eq!(project.made(&guards.before), ["a/b/c/.venv/bin", "absent/bin"]);
}

#[test]
fn directories_with_what_askbox_obeys_are_held() {
    for (target, held) in [
        ("deep/askbox/policy.toml", vec!["deep/askbox"]),
        ("deep/askbox/missing.toml", vec!["deep/askbox"]),
        ("links/to/askbox/policy.toml", vec!["deep/askbox", "links/to"]),
        ("deep/through/../askbox/policy.toml", vec!["deep/askbox"]),
        (".git/rules/policy.toml", vec![".git/rules"]),
    ] {
        let project = Project::new(&[
            (".git/HEAD", ""),
            (".git/rules/policy.toml", ""),
            ("deep/askbox/policy.toml", ""),
            ("deep/through/", ""),
            ("links/to/", ""),
        ]);
        symlink("../../deep/askbox", project.root.join("links/to/askbox")).unwrap();
        let none: Vec<String> = Vec::new();
        let expected = held.iter().map(ToString::to_string).collect();
        assert_eq!(project.look_with_policy(target), (expected, none), "{target}");
    }
}

#[test]
fn what_askbox_obeys_cannot_be_held_beside_what_must_be_written() {
    for (target, open) in [
        ("policy.toml", "policy.toml"),
        ("missing.toml", "missing.toml"),
        ("missing/policy.toml", "missing/policy.toml"),
        ("askbox/policy.toml", "askbox"),
        ("own/policy.toml", "own/policy.toml"),
        (".git", ".git"),
    ] {
        let project = Project::new(&[
            (".git", "gitdir: own/git\n"),
            ("own/git/HEAD", ""),
            ("own/policy.toml", ""),
            ("deep/askbox/policy.toml", ""),
            ("policy.toml", ""),
        ]);
        symlink("deep/askbox", project.root.join("askbox")).unwrap();
        let (_, found) = project.look_with_policy(target);
        assert_eq!(found, [open], "{target}");
    }
}
