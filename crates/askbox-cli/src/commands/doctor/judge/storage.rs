//! What is wrong with Askbox's own directories or its log. Pure.

use std::path::Path;

use askbox_policy::display;
use nix::sys::stat::Mode;

use super::super::Check;
use super::super::machine::{Entry, Found, Log, Opened, Owner, Place};
use crate::limits::{LEAST_SPACE, SAID};
use crate::output;

const DIRECTORIES: &str = "directories";

const LOG: &str = "log";

/// One check for each directory that is not as it should be, or one for all.
pub(super) fn directories(places: &[Place], root: Option<&Place>, above: &[Place]) -> Vec<Check> {
    let own = places
        .iter()
        .filter_map(|place| unwell(DIRECTORIES, "directory", place));
    // The daemon takes the right to write there from the group too; who shares what lies above is the user's business.
    let root = root.and_then(|place| open_to(0o022, place));
    let above = above.iter().filter_map(|place| open_to(0o002, place));
    let unwell: Vec<Check> = own.chain(root).chain(above).collect();
    if unwell.is_empty() {
        vec![Check::ok(DIRECTORIES, "can be written, by this user alone")]
    } else {
        unwell
    }
}

/// Without the log nothing is allowed.
pub(super) fn log(log: &Log) -> Check {
    if let Some(check) = unwell(LOG, "file", &log.place) {
        return check;
    }
    let path = shown(&log.place.path);
    match &log.opened {
        Opened::Readable => Check::ok(LOG, path),
        Opened::NotTried => Check::ok(LOG, "none yet; it begins with the first session"),
        Opened::Newer(reason) => Check::problem(LOG, path, output::safe_sentence(reason), "update Askbox"),
        Opened::Forbidden { path: closed, reason } => Check::problem(
            LOG,
            path,
            output::safe_sentence(reason),
            format!("chmod 600 {}", output::typed(closed)),
        ),
        Opened::Failed(reason) => Check::problem(
            LOG,
            path,
            output::safe_sentence(reason),
            "askbox daemon --restart, which keeps a broken log aside and begins a new one",
        ),
    }
}

/// What is wrong with it, and the one fix.
fn unwell(name: &'static str, kind: &str, place: &Place) -> Option<Check> {
    let path = output::typed(&place.path);
    let problem = |cause: &str, fix: String| Some(Check::problem(name, shown(&place.path), cause, fix));
    match &place.found {
        Found::Unknown(reason) => {
            let fix = format!("look at what lies above it: namei -l {path}");
            problem(&output::safe_sentence(reason), fix)
        }
        // Who owns what lies above, and with which mode, is the system's business.
        Found::Nothing { nearest, entry } => {
            let (nearest, typed) = (shown(nearest), output::typed(nearest));
            if !entry.writable || !entry.right_type {
                let cause = format!("it is not there and cannot be made in {nearest}");
                problem(&cause, format!("make {nearest} a directory that you can write"))
            } else if full(entry) {
                problem(FULL, format!("free some space: df -h {typed}"))
            } else {
                None
            }
        }
        Found::Entry(entry) => {
            let (cause, fix) = wrong(entry, kind, &path)?;
            problem(&cause, fix)
        }
    }
}

/// What is wrong with a directory above, where some of these bits of its mode are set: whoever may move what lies in it may put
/// rules of theirs in the place of yours.
fn open_to(others: u32, place: &Place) -> Option<Check> {
    let Found::Entry(Entry { mode, owner, .. }) = place.found else {
        return None;
    };
    // Who owns a sticky directory may still move what others made in it.
    if mode & others == 0 || mode & Mode::S_ISVTX.bits() != 0 && owner != Owner::Other {
        return None;
    }
    let (who, flag) = match mode & others {
        0o002 => ("every user", "o-w"),
        0o020 => ("its group", "g-w"),
        _ => ("every user", "go-w"),
    };
    let cause = format!("{who} can put a directory in the place of Askbox's (mode {mode:03o})");
    let sudo = if owner == Owner::Us { "" } else { "sudo " };
    let fix = format!("{sudo}chmod {flag} {}", output::typed(&place.path));
    Some(Check::problem(DIRECTORIES, shown(&place.path), cause, fix))
}

/// What is wrong with something that is there, and the one fix.
fn wrong(entry: &Entry, kind: &str, path: &str) -> Option<(String, String)> {
    let Entry {
        right_type,
        owner,
        mode,
        writable,
        ..
    } = *entry;
    let (needed, whole) = if kind == "file" {
        (0o600, "600")
    } else {
        (0o700, "700")
    };
    let (cause, fix) = if !right_type {
        let cause = format!("something else than a {kind} has this name");
        (cause, format!("move it away: mv {path} {path}.old"))
    } else if owner != Owner::Us {
        let fix = format!("give it to you: sudo chown -R \"$(id -u)\" {path}");
        ("it belongs to another user".to_owned(), fix)
    } else if mode & 0o022 != 0 {
        let cause = format!("others can change it (mode {mode:03o})");
        (cause, format!("chmod {whole} {path}"))
    } else if mode & needed != needed {
        let cause = format!("you cannot use it (mode {mode:03o})");
        (cause, format!("chmod {whole} {path}"))
    } else if !writable {
        let fix = format!("find out why its file system is read-only: findmnt -T {path}");
        ("it cannot be written although its mode allows it".to_owned(), fix)
    } else if full(entry) {
        (FULL.to_owned(), format!("free some space: df -h {path}"))
    } else {
        return None;
    };
    Some((cause, fix))
}

/// Whole, since it is to be typed.
fn shown(path: &Path) -> String {
    display::path(path, SAID)
}

/// Why a log cannot be written, most often.
const FULL: &str = "next to no space is left on its file system";

fn full(entry: &Entry) -> bool {
    entry.free.is_some_and(|free| free < LEAST_SPACE)
}

#[cfg(test)]
mod tests;
