//! Files without a name that programs of a session hold open: removed, or made so. No walk of a directory finds them, and they take up
//! disk until the last descriptor is closed.

use std::collections::HashSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::time::Instant;

use super::{ProcessView, proc};
use crate::limits::GROWTH_WAIT;

/// The most processes that are looked at.
const PROCESSES: usize = 65_536;

/// What the kernel puts behind the name that such a file had, or never had (`proc_pid_fd(5)`).
const GONE: &[u8] = b" (deleted)";

/// Bytes of a block as stat(2) counts them.
const BLOCK: u64 = 512;

/// What they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unlinked {
    /// Bytes on disk, each file once.
    pub(crate) bytes: u64,
    /// Whether there is more than was looked at.
    pub(crate) is_cut: bool,
}

impl ProcessView {
    /// What all below the root of a session hold so on these devices. `None` where finding out takes longer than [`GROWTH_WAIT`].
    /// Needs a tokio runtime with time.
    pub(crate) async fn unlinked(&self, root: u32, devices: Vec<u64>) -> Option<Unlinked> {
        let look = move |stop| unlinked(root, &devices, stop);
        self.pool.run(GROWTH_WAIT, look).await
    }
}

/// Blocks.
fn unlinked(root: u32, devices: &[u64], stop: Instant) -> Unlinked {
    let mut found = Unlinked::default();
    let mut seen = HashSet::new();
    for pid in proc::family(root, PROCESSES, stop) {
        // Each thread may have descriptors of its own.
        for thread in proc::numbers(format!("/proc/{pid}/task")) {
            let descriptors = fs::read_dir(format!("/proc/{pid}/task/{thread}/fd"));
            for descriptor in descriptors.into_iter().flatten().filter_map(Result::ok) {
                if stop <= Instant::now() {
                    found.is_cut = true;
                    return found;
                }
                let place = descriptor.path();
                let is_gone =
                    fs::read_link(&place).is_ok_and(|name| name.as_os_str().as_bytes().ends_with(GONE));
                // What has a name is not looked at: its file system may hang.
                let Some(file) = is_gone.then(|| fs::metadata(&place).ok()).flatten() else {
                    continue;
                };
                let counts = file.is_file() && file.nlink() == 0 && devices.contains(&file.dev());
                if counts && seen.insert((file.dev(), file.ino())) {
                    found.bytes = found.bytes.saturating_add(file.blocks().saturating_mul(BLOCK));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_a_name_count_once_and_others_do_not() {
        let place = tempfile::tempdir_in(std::env::temp_dir()).unwrap();
        let device = fs::metadata(place.path()).unwrap().dev();
        let look = || {
            let stop = Instant::now() + GROWTH_WAIT;
            unlinked(std::process::id(), &[device], stop).bytes
        };
        let before = look();
        fs::write(place.path().join("named"), vec![1; 3 << 20]).unwrap();
        let named = fs::File::open(place.path().join("named")).unwrap();
        assert!(look() < before + (1 << 20));
        fs::remove_file(place.path().join("named")).unwrap();
        let again = named.try_clone().unwrap();
        assert!((before + (3 << 20)..before + (4 << 20)).contains(&look()));
        drop((named, again));
        assert!(look() < before + (1 << 20));
    }
}
