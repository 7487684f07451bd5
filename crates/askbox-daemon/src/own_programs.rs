//! Askbox's own programs on this machine: what a command, a click or the next login starts outside. Says where they lie, and
//! neither reads nor starts one.

use std::fs;
use std::path::{Path, PathBuf};

/// By which people and Askbox itself start them.
const NAMES: [&str; 4] = ["askbox", "askbox-init", "askbox-tray", "askbox-windows"];

/// Those that this process is one of.
#[derive(Debug)]
pub(crate) struct OwnPrograms {
    files: Vec<PathBuf>,
}

impl OwnPrograms {
    /// What is beside this program, and askbox-init, which may lie elsewhere.
    pub(crate) fn find(init: &Path) -> Self {
        // One that was replaced since has another name there, in the same directory.
        let program = std::env::current_exe().ok();
        let directory = program.as_deref().and_then(Path::parent);
        let mut files: Vec<PathBuf> = directory.into_iter().flat_map(within).collect();
        files.push(init.to_owned());
        Self { files }
    }

    /// Their files, with those of these directories, in which a shell looks for them, and those beside the program of a front end.
    pub(crate) fn with_search<'a>(
        &self,
        directories: impl Iterator<Item = &'a Path>,
        front_end: Option<u32>,
    ) -> Vec<PathBuf> {
        let absolute = directories.filter(|directory| directory.is_absolute());
        let mut files: Vec<PathBuf> = absolute.flat_map(within).collect();
        let program = front_end.and_then(|process| fs::read_link(format!("/proc/{process}/exe")).ok());
        files.extend(
            program
                .as_deref()
                .and_then(Path::parent)
                .into_iter()
                .flat_map(within),
        );
        files.extend_from_slice(&self.files);
        files.sort_unstable();
        files.dedup();
        files
    }
}

/// Those in a directory.
pub(crate) fn within(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let files = NAMES.map(|name| directory.join(name));
    files.into_iter().filter(|file| file.is_file())
}
