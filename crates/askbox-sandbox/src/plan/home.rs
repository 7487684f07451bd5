//! The home directory: toolchains and private homes, and everything else through the asking file system; without that, empty
//! but for the closed places of the credential list.

use std::path::{Path, PathBuf};

use super::{Access, List, Mount, PlanRequest, View, is_at_or_below};
use crate::host_facts::HostFacts;

/// Directories that tools write beside what they read. Each project has its own, so that one project's packages and
/// build scripts never meet another's. Relative to the home directory.
pub(crate) const PRIVATE_HOMES: &[&str] = &[
    ".cargo",
    ".npm",
    ".cache",
    "go",
    ".gradle",
    ".m2",
    ".bun",
    ".deno",
    ".local/share/pnpm",
    ".local/share/uv",
    ".local/share/pipx",
];

/// Whether a path lies where a private home hides the host's.
pub(super) fn is_private(facts: &HostFacts, path: &Path) -> bool {
    PRIVATE_HOMES
        .iter()
        .any(|private| is_at_or_below(path, &facts.user.home.join(private)))
}

pub(super) fn add(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    if facts.asking.is_empty() {
        add_closed(view, request, facts);
    }
    let home = &facts.user.home;
    for private in PRIVATE_HOMES {
        let source = request.homes.join(private.replace('/', "-"));
        view.mounts.push(Mount::Private {
            source,
            target: home.join(private),
        });
    }
    for toolchain in &facts.toolchains {
        view.bind(toolchain, Access::ReadOnly);
    }
}

/// What the credential list closes, whether it is there or not.
fn add_closed(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    let home = &facts.user.home;
    view.directory(home, 0o755);
    let private_homes: Vec<PathBuf> = PRIVATE_HOMES.iter().map(|private| home.join(private)).collect();
    for listed in request
        .listed
        .iter()
        .filter(|listed| listed.list == List::Credential && listed.path.starts_with(home))
    {
        if private_homes
            .iter()
            .any(|private| is_at_or_below(&listed.path, private))
        {
            continue; // The private home hides the host's; what is made there is the project's own.
        }
        // Search permission alone where something below was opened by its exact path: it can be reached, not listed.
        let opened_below = facts
            .opened
            .iter()
            .any(|opened| opened.path.starts_with(&listed.path));
        match (listed.directory, opened_below) {
            (true, true) => view.directory(&listed.path, 0o100),
            (true, false) => view.directory(&listed.path, 0),
            (false, true) => {}
            (false, false) => view.file(&listed.path, 0, ""),
        }
    }
}
