//! Programs that others wrote, for tests: suites for the asking file system, and what drives fuzzers. Installed once, by cargo,
//! each at one version, into the user's cache: they are no part of the checkout, and cleaning it does not build them again.

use std::path::PathBuf;

use crate::steps::{Result, cargo, step};

/// A program in a crate of the same name.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    version: &'static str,
}

/// Both are under licences that bind who distributes them, which nobody does here.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "pjdfstest",
        version: "0.2.0",
    },
    Suite {
        name: "fsx",
        version: "0.3.2",
    },
];

/// Builds and runs fuzzers. MIT or Apache-2.0.
pub(crate) const FUZZ: Suite = Suite {
    name: "cargo-fuzz",
    version: "0.13.1",
};

/// The program of a suite; installs it where it is missing.
pub(crate) fn program(suite: &Suite) -> Result<PathBuf> {
    let place = cache()?.join(format!("{}-{}", suite.name, suite.version));
    let program = place.join("bin").join(suite.name);
    if !program.exists() {
        step(
            &format!("install {} {}", suite.name, suite.version),
            cargo()
                .args([
                    "install",
                    "--locked",
                    "--quiet",
                    "--version",
                    suite.version,
                    suite.name,
                ])
                .arg("--root")
                .arg(&place),
        )?;
    }
    Ok(program)
}

/// Where programs are kept that the tests run (XDG base directory specification).
fn cache() -> Result<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    let cache = cache.ok_or("there is neither XDG_CACHE_HOME nor HOME")?;
    Ok(cache.join("askbox-xtask"))
}
