//! The two directories of a test: one on the asking file system, one native, on the same file system of the host.

use std::fs;
use std::path::PathBuf;

use askbox_tests::{Finished, Running, World};

/// A session may do everything below it, and gets to it by the asking file system.
const ASKING: &str = "~/a";

/// A world with both.
pub(crate) struct Place {
    pub(crate) world: World,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { world: World::new() };
        for directory in [place.asking(), place.native()] {
            fs::create_dir(directory).unwrap();
        }
        place
    }

    /// The directory that asks in a session.
    pub(crate) fn asking(&self) -> PathBuf {
        self.world.home().join("a")
    }

    /// The native one, in the project.
    pub(crate) fn native(&self) -> PathBuf {
        self.world.project().join("n")
    }

    /// Copies a program from beside the tests into the project, where a session can start it. Returns its path.
    pub(crate) fn bring(&self, program: &str) -> PathBuf {
        let binaries =
            std::env::var_os("ASKBOX_TEST_BINARIES").expect("`cargo xtask test` says where the binaries are");
        let from = PathBuf::from(binaries).join(program);
        let to = self.world.project().join(program);
        fs::copy(&from, &to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        to
    }

    /// Runs a program in a session, to its end.
    pub(crate) fn inside(&self, variables: &[&str], words: &[&str]) -> Finished {
        let mut command = self.world.askbox(&["run", "--quiet", "--non-interactive"]);
        for allow in ["--allow-read", "--allow-write", "--allow-execute"] {
            command.args([allow, ASKING]);
        }
        for variable in variables {
            command.args(["--env", variable]);
        }
        Running::start({
            command.arg("--").args(words);
            command
        })
        .finish()
    }
}
