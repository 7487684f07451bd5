//! The rules of the repository itself: layers, who may use which external crate, sizes, words. All invariants that a
//! reader should be able to rely on without reading everything.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod files;
mod layers;
mod licences;

use std::path::{Path, PathBuf};

/// The checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
