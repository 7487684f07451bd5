//! How much a session grew on disk, from two measures that each say too much: what its file systems took on, whoever wrote
//! it, and what files of its directories hold that changed since it began, whatever they held before, with those that its programs hold
//! open and that have no name. The smaller one is never less than what it wrote and kept, unless as much is freed beside it in the same second.

use askbox_sandbox::growth::Held;

/// What is known about it.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// What each file system used at the last look, by device.
    used: Vec<(u64, u64)>,
    /// All that the file systems took on, without what was freed.
    taken_on: u64,
    /// The last look at files, and what had been taken on then.
    looked: (u64, u64),
}

impl Disk {
    /// What the file systems use now. The first time is the beginning.
    pub(super) fn see(&mut self, used: &[(u64, u64)]) {
        for (device, bytes) in used {
            match self.used.iter_mut().find(|(known, _)| known == device) {
                Some((_, before)) => {
                    self.taken_on = self.taken_on.saturating_add(bytes.saturating_sub(*before));
                    *before = *bytes;
                }
                None => self.used.push((*device, *bytes)),
            }
        }
    }

    /// The file systems that were looked at.
    pub(super) fn devices(&self) -> Vec<u64> {
        self.used.iter().map(|(device, _)| *device).collect()
    }

    /// What changed files hold, and those without a name. Where not all could be looked at, what was taken on has to do.
    pub(super) fn walked(&mut self, held: Held) {
        let bytes = if held.is_cut { self.taken_on } else { held.bytes };
        self.looked = (bytes, self.taken_on);
    }

    /// How much it grew, at most.
    pub(super) fn grown(&self) -> u64 {
        let (held, then) = self.looked;
        let since = self.taken_on.saturating_sub(then);
        self.taken_on.min(held.saturating_add(since))
    }
}

#[cfg(test)]
mod tests;
