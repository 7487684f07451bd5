use super::*;

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A directory with `repo/.git` and an empty `work`, canonical.
fn world() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("repo/.git/hooks")).unwrap();
    fs::create_dir_all(root.join("work")).unwrap();
    (directory, root)
}

#[test]
fn a_plain_repository_is_inside() {
    let (_keep, root) = world();
    assert_eq!(
        find(&root.join("repo"), &Sight::default()),
        GitDirectory::Inside(root.join("repo/.git"))
    );
    assert_eq!(find(&root.join("work"), &Sight::default()), GitDirectory::Absent);
}

#[test]
fn a_worktree_opens_the_repository_that_points_back() {
    let (_keep, root) = world();
    let gitdir = root.join("repo/.git/worktrees/work");
    write(
        &root.join("work/.git"),
        &format!("gitdir: {}\n", gitdir.display()),
    );
    write(&gitdir.join("commondir"), "../..\n");
    write(
        &gitdir.join("gitdir"),
        &format!("{}\n", root.join("work/.git").display()),
    );
    let common = root.join("repo/.git");
    assert_eq!(
        find(&root.join("work"), &Sight::default()),
        GitDirectory::Outside { root: common, gitdir }
    );
}

#[test]
fn a_gitdir_that_points_elsewhere_stays_closed() {
    let (_keep, root) = world();
    let gitdir = root.join("repo/.git/worktrees/work");
    write(
        &root.join("work/.git"),
        &format!("gitdir: {}\n", gitdir.display()),
    );
    write(&gitdir.join("commondir"), "../..\n");
    write(&gitdir.join("gitdir"), "/elsewhere/.git\n");
    assert_eq!(
        find(&root.join("work"), &Sight::default()),
        GitDirectory::Foreign(root.join("work/.git"))
    );
}

#[test]
fn a_gitdir_with_a_forged_common_directory_stays_closed() {
    let (_keep, root) = world();
    let gitdir = root.join("forged/a/b");
    write(
        &root.join("work/.git"),
        &format!("gitdir: {}\n", gitdir.display()),
    );
    write(&gitdir.join("commondir"), "../../../repo/.git\n");
    write(
        &gitdir.join("gitdir"),
        &format!("{}\n", root.join("work/.git").display()),
    );
    assert_eq!(
        find(&root.join("work"), &Sight::default()),
        GitDirectory::Foreign(root.join("work/.git"))
    );
}

#[test]
fn a_submodule_opens_its_own_gitdir_alone() {
    let (_keep, root) = world();
    let gitdir = root.join("repo/.git/modules/sub");
    let project = root.join("repo/sub");
    write(&project.join(".git"), "gitdir: ../.git/modules/sub\n");
    write(
        &gitdir.join("config"),
        "[remote]\n\tworktree = /x\n[core]\n\tbare = false\n\tworktree = ../../../sub\n",
    );
    assert_eq!(
        find(&project, &Sight::default()),
        GitDirectory::Outside {
            root: gitdir.clone(),
            gitdir
        }
    );
}
