//! What processes were let start lately: a process can start one program after another while it is looked at what came of the
//! first. Pure bookkeeping.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use askbox_policy::CanonicalPath;

/// The starts that were let go on and are looked at still, of each process in their order.
#[derive(Debug, Default)]
pub(super) struct Lately(HashMap<u32, VecDeque<Entry>>);

/// One start.
#[derive(Debug)]
struct Entry {
    id: u64,
    files: Vec<CanonicalPath>,
    is_over: bool,
}

impl Entry {
    fn names(&self, runs: &Path) -> bool {
        self.files.iter().any(|file| file.as_path() == runs)
    }
}

impl Lately {
    /// A process was let start these files.
    pub(super) fn begin(&mut self, process: u32, id: u64, files: Vec<CanonicalPath>) {
        let entry = Entry {
            id,
            files,
            is_over: false,
        };
        self.0.entry(process).or_default().push_back(entry);
    }

    /// Whether a process was let start this file by one of its starts, or a later one.
    pub(super) fn allows(&self, process: u32, id: u64, runs: &Path) -> bool {
        let entries = self.0.get(&process).into_iter().flatten();
        let mut since = entries.skip_while(|entry| entry.id != id);
        since.any(|entry| entry.names(runs))
    }

    /// Whether a process was let start this file by this very start.
    pub(super) fn names(&self, process: u32, id: u64, runs: &Path) -> bool {
        let mut entries = self.0.get(&process).into_iter().flatten();
        let entry = entries.find(|entry| entry.id == id);
        entry.is_some_and(|entry| entry.names(runs))
    }

    /// Nobody looks at a start any more. What came after one that is looked at stays.
    pub(super) fn end(&mut self, process: u32, id: u64) {
        let Some(entries) = self.0.get_mut(&process) else {
            return;
        };
        if let Some(entry) = entries.iter_mut().find(|entry| entry.id == id) {
            entry.is_over = true;
        }
        while entries.front().is_some_and(|entry| entry.is_over) {
            entries.pop_front();
        }
        if entries.is_empty() {
            self.0.remove(&process);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str) -> Vec<CanonicalPath> {
        vec![CanonicalPath::new(Path::new(name)).unwrap()]
    }

    #[test]
    fn what_came_later_is_allowed_for_as_long_as_an_earlier_one_is_looked_at() {
        let mut lately = Lately::default();
        lately.begin(7, 1, files("/a"));
        lately.begin(7, 2, files("/b"));
        lately.begin(8, 3, files("/c"));
        let allows = |lately: &Lately, id, runs: &str| lately.allows(7, id, Path::new(runs));
        assert!(allows(&lately, 1, "/a") && allows(&lately, 1, "/b") && allows(&lately, 2, "/b"));
        assert!(!allows(&lately, 2, "/a"), "before it");
        assert!(!allows(&lately, 1, "/c"), "another process");
        assert!(lately.names(7, 1, Path::new("/a")));
        assert!(!lately.names(7, 1, Path::new("/b")), "a later one");
        lately.end(7, 2);
        assert!(allows(&lately, 1, "/b"));
        lately.end(7, 1);
        assert!(!allows(&lately, 1, "/a"));
        lately.end(8, 3);
        assert!(lately.0.is_empty());
        lately.end(8, 3);
    }
}
