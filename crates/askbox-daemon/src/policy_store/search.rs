//! The user's PATH, whose directories stand on the start-up list. A shell's has more than that of the session in which the
//! daemon was started, so each front end that launches something says its own. What was learnt stays as long as the daemon:
//! other shells look there still.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use askbox_policy::CanonicalPath;
use askbox_sandbox::guards::Obeyed;
use tokio::task::spawn_blocking;

use super::PolicyStore;
use crate::daemon::Daemon;
use crate::own_programs;

impl PolicyStore {
    /// Whether these are the directories that were learnt last.
    pub(crate) fn knows_search(&self, directories: &[PathBuf]) -> bool {
        *self.search.lock().unwrap_or_else(PoisonError::into_inner) == directories
    }
}

impl Daemon {
    /// Puts directories of a PATH on the start-up list, and Askbox's own programs in them. Waits for the file systems on which they lie.
    pub(crate) async fn learn_search(&self, directories: Vec<PathBuf>) {
        let looked_for = directories.clone();
        let looking = spawn_blocking(move || {
            let programs: Vec<PathBuf> = looked_for
                .iter()
                .flat_map(|path| own_programs::within(path))
                .collect();
            (names(&looked_for), names(&programs))
        });
        let Ok((named, programs)) = looking.await else {
            return; // The daemon is ending.
        };
        let _changing = self.policy.changing.lock().await;
        let (snapshot, places) = (self.policy.snapshot(), self.policy.places.clone());
        let learning = spawn_blocking(move || {
            let known = snapshot.policy.lists();
            let searched = known.with_search(&named);
            let more = searched.as_ref().unwrap_or(known).with_programs(&programs);
            let lists = more.or(searched)?;
            Some(Arc::new(snapshot.with_lists(&places, lists)))
        });
        let Ok(learnt) = learning.await else {
            return;
        };
        if let Some(snapshot) = learnt {
            self.put_in_force(snapshot).await;
        }
        *self.policy.search.lock().unwrap_or_else(PoisonError::into_inner) = directories;
    }
}

/// Directories as they are written and as they really are, since programs come by either way; also where a link leads to one that is
/// not there yet. Relative ones are none: they are others in each directory.
pub(crate) fn names(directories: &[PathBuf]) -> Vec<CanonicalPath> {
    let absolute = directories.iter().filter(|path| path.is_absolute());
    absolute.flat_map(|path| both(path)).collect()
}

fn both(path: &Path) -> Vec<CanonicalPath> {
    let real = fs::canonicalize(path).ok();
    let real = real.or_else(|| Obeyed::find(path).names.pop());
    let real = real.and_then(|real| CanonicalPath::new(&real));
    let mut both: Vec<_> = CanonicalPath::new(path).into_iter().chain(real).collect();
    both.dedup();
    both
}
