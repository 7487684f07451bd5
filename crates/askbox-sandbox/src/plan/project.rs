//! The project: read-write at its own path, with its guards, and a gitdir that lies outside.

use std::path::{Path, PathBuf};

use askbox_policy::display;

use super::{Access, Mount, PlanRequest, View};
use crate::host_facts::{Found, HostFacts, Opened};

pub(super) fn add(view: &mut View, facts: &HostFacts) {
    let project = &facts.project;
    view.bind_at(
        &project.path,
        &project.path,
        Access::ReadWrite,
        Some(project.object),
    );
    if let Some(outside) = &project.outside_git {
        view.bind_at(
            &outside.path,
            &outside.path,
            Access::ReadWrite,
            Some(outside.object),
        );
    }
}

/// Last of all mounts on the project, so that nothing lies over them.
pub(super) fn guard(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    let guards = &facts.project.guards;
    for guard in &guards.guards {
        if guard.access == Access::ReadOnly && is_lifted(facts, &guard.path) {
            continue;
        }
        view.mounts.push(Mount::Guard {
            path: guard.path.clone(),
            access: guard.access,
        });
    }
    if let Some(config) = guards
        .git_config
        .as_ref()
        .filter(|config| !is_lifted(facts, config))
    {
        let name = typed(config, request);
        view.notices.push(format!(
            "git configuration and hooks are read-only inside, since git runs what they name; `git remote add` and the \
             like need `--allow-write {name}`"
        ));
    }
    for directory in guards
        .search
        .iter()
        .filter(|directory| !is_lifted(facts, directory))
    {
        let name = typed(directory, request);
        view.notices.push(format!(
            "{name} is on your PATH, so what is put there runs outside; it is read-only inside, and \
             `--allow-write {name}` opens it"
        ));
    }
    tell_own(view, request, facts);
    if guards.is_cut {
        view.notices.push(
            "there are more directories or git repositories below the project than are guarded; what is made in the \
             others inside may run when git is used there on the host"
                .to_owned(),
        );
    }
}

/// Says which of Askbox's own programs are read-only, and which could not be held.
fn tell_own(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    let (own, guards) = (&facts.project.guards.own, &facts.project.guards.guards);
    let is_held = |file: &Path| {
        let mut holding = guards
            .iter()
            .filter(|guard| guard.access == Access::ReadOnly && file.starts_with(&guard.path));
        holding.any(|guard| !is_lifted(facts, &guard.path))
    };
    for directory in own.directories.iter().filter(|directory| is_held(directory)) {
        view.notices.push(format!(
            "{} is read-only inside, since a link in it leads to Askbox itself",
            typed(directory, request)
        ));
    }
    let held = own.held.iter().filter(|file| is_held(file));
    let names: Vec<String> = held.map(|file| typed(file, request)).collect();
    let (is, it_is) = if names.len() == 1 {
        ("is", "it is")
    } else {
        ("are", "they are")
    };
    if !names.is_empty() {
        view.notices.push(format!(
            "{} {is} read-only inside, since {it_is} Askbox itself; `--allow-write` with its path opens one",
            names.join(", ")
        ));
    }
    for name in &own.open {
        view.notices.push(format!(
            "{} leads to Askbox itself, and programs inside can replace it: start Askbox by another way, from outside the project",
            typed(name, request)
        ));
    }
}

/// Whether the project, or a git directory elsewhere that belongs to it, lies in what is opened.
pub(super) fn is_in(facts: &HostFacts, opened: &Opened) -> bool {
    let git = facts.project.outside_git.as_ref().map(|git| git.path.as_path());
    let mut own = [facts.project.path.as_path()].into_iter().chain(git);
    let found = opened.found.as_ref();
    found.is_some_and(|found| own.any(|own| own != found.canonical && own.starts_with(&found.canonical)))
}

/// A path as a shell would have it typed: a relative one starts at the working directory, and what a program inside put into a name
/// stays a name.
pub(super) fn typed(path: &Path, request: &PlanRequest) -> String {
    let path = match path.strip_prefix(&request.cwd) {
        Ok(below) if below.as_os_str().is_empty() => Path::new("."),
        Ok(below) => below,
        Err(_) => path,
    };
    display::command(&[path.to_string_lossy().into_owned()])
}

/// Says which start-up files of the user lie in the project by another name.
pub(super) fn tell_startup(view: &mut View, request: &PlanRequest, held: &[PathBuf]) {
    for path in held {
        let name = typed(path, request);
        view.notices.push(format!(
            "{name} is read-only inside, since a link makes it one of your start-up files; `--allow-write {name}` opens it"
        ));
    }
}

/// Whether a flag or a rule opens a guarded path itself for writing.
fn is_lifted(facts: &HostFacts, guard: &Path) -> bool {
    facts.opened.iter().any(|opened| {
        let leads_there = |found: &Found| found.canonical == guard;
        opened.access == Access::ReadWrite && opened.found.as_ref().is_some_and(leads_there)
    })
}
