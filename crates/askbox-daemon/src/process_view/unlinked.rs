//! Files without a name that programs of a session hold open: removed, or made so. No walk of a directory finds them, and they take up
//! disk until the last descriptor is closed.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use askbox_sandbox::growth::{BLOCK, Held};

use super::proc;
use super::usage::PROCESSES;

/// What the kernel puts behind the name that such a file had, or never had (`proc_pid_fd(5)`).
const GONE: &[u8] = b" (deleted)";

/// No such process: errno(3), for which std has no kind, and which is the same number on every Linux.
const ESRCH: i32 = 3;

/// What all below the root of a session hold so on these devices, bwrap and askbox-init left out, which let nobody look and hold nothing.
/// Each file counts once; cut where not all could be looked at until `stop`. Blocks.
pub(crate) fn unlinked(root: u32, devices: &[u64], stop: Instant) -> Held {
    let family = proc::family(root, PROCESSES, stop);
    let is_cut = PROCESSES <= family.len();
    let is_ours = |pid: u32| pid == root || proc::stat(pid).is_none_or(|stat| stat.parent == root);
    let mut held = held_by(family.into_iter().filter(|pid| !is_ours(*pid)), devices, stop);
    held.is_cut |= is_cut;
    held
}

fn held_by(pids: impl Iterator<Item = u32>, devices: &[u64], stop: Instant) -> Held {
    let mut found = Held::default();
    let mut seen = HashSet::new();
    for pid in pids {
        // Each thread may have descriptors of its own.
        for thread in proc::numbers(format!("/proc/{pid}/task")) {
            let descriptors = match fs::read_dir(format!("/proc/{pid}/task/{thread}/fd")) {
                Ok(descriptors) => descriptors,
                Err(error) => {
                    found.is_cut |= !has_ended(&error);
                    continue;
                }
            };
            for descriptor in descriptors.filter_map(Result::ok) {
                if stop <= Instant::now() {
                    found.is_cut = true;
                    return found;
                }
                let place = descriptor.path();
                // What has a name is not looked at: its file system may hang.
                let Some(file) = may_be_gone(&place).then(|| fs::metadata(&place).ok()).flatten() else {
                    continue;
                };
                let counts = file.is_file() && file.nlink() == 0 && devices.contains(&file.dev());
                if counts && seen.insert((file.dev(), file.ino())) {
                    found.bytes = found.bytes.saturating_add(file.blocks().saturating_mul(BLOCK));
                }
            }
        }
    }
    found.is_cut |= stop <= Instant::now();
    found
}

/// Whether a descriptor's file has no name, or one that is too long to be told.
fn may_be_gone(place: &Path) -> bool {
    match fs::read_link(place) {
        Ok(name) => name.as_os_str().as_bytes().ends_with(GONE),
        Err(error) => !has_ended(&error),
    }
}

/// Whether that is what is heard of a process or a descriptor that is not there any more.
fn has_ended(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use super::*;

    /// Held while files are counted: all tests are one process, and those of the one would be counted by the other.
    static COUNTING: Mutex<()> = Mutex::new(());

    #[test]
    fn files_without_a_name_count_once_and_others_do_not() {
        let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
        let place = tempfile::tempdir().unwrap();
        let device = fs::metadata(place.path()).unwrap().dev();
        let look = || {
            let stop = Instant::now() + Duration::from_mins(1);
            held_by([std::process::id()].into_iter(), &[device], stop).bytes
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

    #[test]
    fn a_name_that_is_too_long_to_be_told_hides_no_file() {
        let _alone = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
        let place = tempfile::tempdir().unwrap();
        let device = fs::metadata(place.path()).unwrap().dev();
        let before = std::env::current_dir().unwrap();
        let deep = "d".repeat(250);
        std::env::set_current_dir(place.path()).unwrap();
        for _ in 0..17 {
            fs::create_dir(&deep).unwrap();
            std::env::set_current_dir(&deep).unwrap();
        }
        fs::write("file", vec![1; 3 << 20]).unwrap();
        let file = fs::File::open("file").unwrap();
        fs::remove_file("file").unwrap();
        std::env::set_current_dir(before).unwrap();
        let held = held_by(
            [std::process::id()].into_iter(),
            &[device],
            Instant::now() + Duration::from_mins(1),
        );
        assert!(3 << 20 <= held.bytes, "{held:?}");
        drop(file);
    }
}
