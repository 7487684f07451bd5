//! What of the built-in lists lies somewhere else too: in a directory that a bind mount shows twice, or behind a link. Reads links
//! and the mount table.

use std::fs;
use std::path::Path;

use askbox_policy::builtin_lists::{List, Lists, Node};
use askbox_policy::{Alias, AliasKind, Aliases, CanonicalPath};
use askbox_sandbox::guards::Obeyed;

use crate::limits;
use crate::mount_table::MountTable;

/// As it is now; what was known before of mounts where nobody can look, as without a free descriptor. Blocks.
pub(super) fn find(lists: &Lists) -> Aliases {
    let plain = lists
        .entries()
        .filter_map(|(list, entry)| Some((list, entry.node, entry.path()?)));
    let (mut paths, mut closed) = (Vec::new(), Vec::new());
    for (list, node, path) in plain {
        paths.push(path.clone());
        if (list, node) == (List::Credential, Node::Directory) {
            closed.push(path);
        }
    }
    paths.extend(
        closed
            .into_iter()
            .flat_map(|directory| links_in(directory.as_path())),
    );
    paths.sort();
    paths.dedup();
    let mut links: Vec<Alias> = Vec::new();
    for path in paths {
        // Also where a link leads to what is not there yet.
        let end = Obeyed::find(path.as_path()).names.pop();
        let Some(end) = end
            .and_then(|end| CanonicalPath::new(&end))
            .filter(|end| *end != path)
        else {
            continue;
        };
        // Most lie behind the same one.
        let is_known = links
            .last()
            .is_some_and(|last| last.translate(&path).as_ref() == Some(&end));
        if !is_known {
            links.push(Alias {
                name: path,
                of: end,
                kind: AliasKind::Link,
            });
        }
    }
    let mounts = match MountTable::read() {
        Ok(table) => table.aliases(),
        Err(error) => {
            tracing::error!(%error, "what is mounted in two places cannot be looked at");
            let known = lists.aliases().iter();
            known
                .filter(|alias| alias.kind == AliasKind::Mount)
                .cloned()
                .collect()
        }
    };
    Aliases::new(mounts.into_iter().chain(links))
}

/// The links directly in a directory: no list names them.
fn links_in(directory: &Path) -> Vec<CanonicalPath> {
    let entries = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .take(limits::LISTED_NAMES);
    let links = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()));
    links
        .filter_map(|link| CanonicalPath::new(&link.path()))
        .collect()
}
