//! Everything in a directory, one line each: attributes, where links lead, and content.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use nix::unistd::{Whence, lseek};

use super::apply::look as attributes;

/// How much of content is compared at once.
const CHUNK: usize = 65_536;

/// All of it, in order of names.
fn look_below(top: &Path, directory: &Path, lines: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return lines.push(format!(
            "{:?}: closed",
            directory.strip_prefix(top).unwrap().as_os_str()
        ));
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.strip_prefix(top).unwrap().as_os_str();
        let Ok(found) = fs::symlink_metadata(&path) else {
            lines.push(format!("{name:?}: closed"));
            continue;
        };
        let more = if found.is_symlink() {
            format!("{:?}", fs::read_link(&path))
        } else if found.is_file() {
            content(&path)
        } else {
            String::new()
        };
        lines.push(format!("{name:?}: {}; {more}", attributes(&found)));
        if found.is_dir() {
            look_below(top, &path, lines);
        }
    }
}

/// The same of a whole directory.
pub(super) fn look(top: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    look_below(top, top, &mut lines);
    lines
}

/// What is in a file other than zeros: where each run of one byte starts and how long it is. Which zeros are a hole is the file
/// system's own matter.
fn content(path: &Path) -> String {
    let Ok(file) = File::open(path) else {
        return "closed".to_owned();
    };
    let mut runs: Vec<(i64, i64, u8)> = Vec::new();
    let mut place = 0;
    while let Ok(data) = lseek(&file, place, Whence::SeekData) {
        let hole = lseek(&file, data, Whence::SeekHole).unwrap();
        let mut at = data;
        while at < hole {
            let mut bytes = vec![0; CHUNK.min(usize::try_from(hole - at).unwrap())];
            file.read_exact_at(&mut bytes, u64::try_from(at).unwrap())
                .unwrap();
            for run in bytes.chunk_by(|one, next| one == next) {
                let length = i64::try_from(run.len()).unwrap();
                let byte = *run.first().unwrap();
                match runs.last_mut() {
                    Some((start, before, same)) if *same == byte && *start + *before == at => {
                        *before += length;
                    }
                    _ if byte != 0 => runs.push((at, length, byte)),
                    _ => {}
                }
                at += length;
            }
        }
        place = hole;
    }
    format!("{runs:?}")
}
