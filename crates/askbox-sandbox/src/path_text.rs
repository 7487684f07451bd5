//! For `#[serde(with = "path_text")]` on a `PathBuf`: no byte of a path is lost on the way to the launch.

use std::path::{Path, PathBuf};

use askbox_wire::OsText;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes the path as an [`OsText`].
pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    OsText(path.as_os_str().to_owned()).serialize(serializer)
}

/// Reads the path from an [`OsText`].
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    OsText::deserialize(deserializer).map(PathBuf::from)
}
