//! Files that the app writes for the person, in the download directory: new ones, never over what is there.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

use askbox_desktop::WindowResponse;
use askbox_paths::Paths;
use askbox_policy::display;

/// Writes a file of this kind and says where it is, or why it is not.
pub(crate) fn write(
    paths: &Paths,
    kind: &str,
    extension: &str,
    fill: impl FnOnce(File) -> Result<(), String>,
) -> Result<WindowResponse, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = format!("askbox-{kind}-{}.{extension}", now.as_secs());
    let path = paths.downloads().join(name);
    let new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    let filled = new.map_err(|error| error.to_string()).and_then(fill);
    let shown = display::path(&path, display::MAX_PATH);
    match filled {
        Ok(()) => Ok(WindowResponse::Written { file: shown }),
        Err(why) => Err(format!("cannot write {shown}: {why}")),
    }
}
