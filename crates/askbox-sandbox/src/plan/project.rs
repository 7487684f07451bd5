//! The project: read-write at its own path, with its guards, and a gitdir that lies outside.

use std::path::Path;

use askbox_policy::display;

use super::{Access, Mount, PlanRequest, View};
use crate::host_facts::HostFacts;

/// Characters of a path in a notice: all of it, since it is to be typed (`PATH_MAX`).
const PATH_SHOWN: usize = 4096;

pub(super) fn add(view: &mut View, facts: &HostFacts) {
    let project = &facts.project;
    view.bind_at(
        &project.path,
        &project.path,
        Access::ReadWrite,
        Some(project.identity),
    );
    if let Some(outside) = &project.outside_git {
        view.bind_at(
            &outside.path,
            &outside.path,
            Access::ReadWrite,
            Some(outside.identity),
        );
    }
}

/// Last of all mounts on the project, so that nothing lies over them.
pub(super) fn guard(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    let mut refused = None;
    for guard in &facts.project.guards {
        let lifted = facts.opened.iter().any(|opened| {
            opened.access == Access::ReadWrite
                && opened
                    .found
                    .as_ref()
                    .is_some_and(|found| found.canonical == guard.path)
        });
        if lifted && guard.access == Access::ReadOnly {
            continue;
        }
        // The first is the repository's own; what a worktree has beside it is rarely changed.
        if guard.access == Access::ReadOnly && is_git_config(&guard.path) {
            refused.get_or_insert(&guard.path);
        }
        view.mounts.push(Mount::Guard {
            path: guard.path.clone(),
            access: guard.access,
        });
    }
    if let Some(config) = refused {
        // As it would be typed: a relative path starts at the working directory.
        let name = display::path(config.strip_prefix(&request.cwd).unwrap_or(config), PATH_SHOWN);
        view.notices.push(format!(
            "git configuration and hooks are read-only inside, since git runs what they name; `git remote add` and the \
             like need `--allow-write {name}`"
        ));
    }
}

/// The only guard of this name: a repository's, a worktree's or a submodule's.
fn is_git_config(guard: &Path) -> bool {
    guard.file_name().is_some_and(|name| name == "config")
}
