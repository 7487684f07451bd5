//! The user's PATH, whose directories stand on the start-up list. A shell's has more than that of the session in which the
//! daemon was started, so each front end that launches something says its own. What was learnt stays as long as the daemon:
//! other shells look there still.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use askbox_policy::CanonicalPath;
use tokio::task::spawn_blocking;

use super::PolicyStore;
use crate::daemon::Daemon;

impl PolicyStore {
    /// Whether these are the directories that were learnt last.
    pub(crate) fn knows_search(&self, directories: &[PathBuf]) -> bool {
        *self.search.lock().unwrap_or_else(PoisonError::into_inner) == directories
    }
}

impl Daemon {
    /// Puts directories of a PATH on the start-up list. Waits for the file systems on which they lie.
    pub(crate) async fn learn_search(&self, directories: Vec<PathBuf>) {
        let looked_for = directories.clone();
        let named = spawn_blocking(move || names(&looked_for));
        let Ok(named) = named.await else {
            return; // The daemon is ending.
        };
        let _changing = self.policy.changing.lock().await;
        let snapshot = self.policy.snapshot();
        if let Some(lists) = snapshot.policy.lists().with_search(&named) {
            self.put_in_force(Arc::new(snapshot.with_lists(lists))).await;
        }
        *self.policy.search.lock().unwrap_or_else(PoisonError::into_inner) = directories;
    }
}

/// Directories as they are written and as they really are, since programs come by either way. Relative ones are none: they are
/// others in each directory.
pub(crate) fn names(directories: &[PathBuf]) -> Vec<CanonicalPath> {
    let absolute = directories.iter().filter(|path| path.is_absolute());
    absolute.flat_map(|path| both(path)).collect()
}

fn both(path: &Path) -> Vec<CanonicalPath> {
    let real = fs::canonicalize(path)
        .ok()
        .and_then(|real| CanonicalPath::new(&real));
    let mut both: Vec<_> = CanonicalPath::new(path).into_iter().chain(real).collect();
    both.dedup();
    both
}
