//! The project: read-write at its own path, with its guards, and a gitdir that lies outside.

use super::{Access, Mount, View};
use crate::host_facts::HostFacts;

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
pub(super) fn guard(view: &mut View, facts: &HostFacts) {
    let mut refused = Vec::new();
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
        if guard.access == Access::ReadOnly && guard.path.ends_with(".git/config") {
            refused.push(guard.path.clone());
        }
        view.mounts.push(Mount::Guard {
            path: guard.path.clone(),
            access: guard.access,
        });
    }
    if !refused.is_empty() {
        view.notices.push(
            "git configuration and hooks are read-only inside, since git runs what they name; `git remote add` and the \
             like need `--allow-write .git/config`"
                .to_owned(),
        );
    }
}
