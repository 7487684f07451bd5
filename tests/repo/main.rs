//! The rules of the repository itself: layers, who may use which external crate, sizes, words. All invariants that a
//! reader should be able to rely on without reading everything.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod files;
mod layers;
mod licences;

use std::path::PathBuf;

/// The checkout. As cargo says when it runs this: where two checkouts share a target directory, what it said when it built
/// this is of either.
fn root() -> PathBuf {
    let own = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    own.parent().unwrap().to_owned()
}
