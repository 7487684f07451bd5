//! Where programs are put for an ordinary user, who may not be able to look into root's checkout. The places have fixed names
//! in a directory that everybody may write, so each is used only when nobody else can have a hand in it.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::machine;
use crate::steps::Result;

/// Everybody may read and execute, its owner alone may write.
const MODE: u32 = 0o755;

/// A directory of this user, made where it is not there. One that somebody else made, that others may write, or a link, is
/// refused. The directory above is sticky, so that one of ours stays ours.
pub(crate) fn directory(path: &str) -> Result<PathBuf> {
    let failed = |error: io::Error| format!("{path}: {error}");
    match DirBuilder::new().mode(MODE).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    let is_ours = metadata.is_dir() && metadata.uid() == machine::user_id()? && metadata.mode() & 0o022 == 0;
    if !is_ours {
        return Err(format!(
            "{path} is not a directory that you alone can change; look at it, and remove it"
        ));
    }
    // The umask may have taken more away.
    fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(failed)?;
    Ok(path.into())
}

/// The same with nothing in it.
pub(crate) fn empty_directory(path: &str) -> Result<PathBuf> {
    let old = directory(path)?;
    fs::remove_dir_all(old).map_err(|error| format!("{path}: {error}"))?;
    directory(path)
}

/// Copies a program into a directory of [`directory`]. One that runs cannot be written, but its name can be given to another.
pub(crate) fn put(program: &Path, directory: &Path, name: &str) -> Result<()> {
    let target = directory.join(name);
    let fresh = directory.join(format!("{name}.new"));
    let copy = || {
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut from = fs::File::open(program)?;
        let mut to = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&fresh)?;
        io::copy(&mut from, &mut to)?;
        to.set_permissions(Permissions::from_mode(MODE))?;
        fs::rename(&fresh, &target)
    };
    copy().map_err(|error| format!("{} to {}: {error}", program.display(), target.display()))
}

#[cfg(test)]
mod tests;
