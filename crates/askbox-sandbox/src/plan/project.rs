//! The project: read-write at its own path, with its guards, and a gitdir that lies outside.

use std::path::Path;

use askbox_policy::display;

use super::{Access, Mount, PlanRequest, View};
use crate::host_facts::{Found, HostFacts};
use crate::limits;

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

/// A path as it would be typed: a relative one starts at the working directory.
pub(super) fn typed(path: &Path, request: &PlanRequest) -> String {
    display::path(
        path.strip_prefix(&request.cwd).unwrap_or(path),
        limits::PATH_SHOWN,
    )
}

/// Whether a flag or a rule opens a guarded path itself for writing.
fn is_lifted(facts: &HostFacts, guard: &Path) -> bool {
    facts.opened.iter().any(|opened| {
        let leads_there = |found: &Found| found.canonical == guard;
        opened.access == Access::ReadWrite && opened.found.as_ref().is_some_and(leads_there)
    })
}
