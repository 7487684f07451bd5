//! `cargo xtask screenshots`: pictures of everything that the desktop app shows, for people to look at. A test of the desktop
//! group takes them when it is told where to.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::steps::{Result, root, step};
use crate::{machine, test, ui};

/// The pictures that are kept with the source.
const PICTURES: &str = "tests/desktop/screenshots";

/// Takes them anew.
pub(crate) fn run() -> Result<ExitCode> {
    for packages in [machine::TO_RUN, machine::TO_TEST, machine::TO_PICTURE] {
        machine::install(packages)?;
    }
    machine::open_fuse()?;
    ui::build()?;
    let binaries = test::stage()?;
    // The ordinary user may write nothing in a checkout that is root's.
    let taken = binaries.join("pictures");
    fs::create_dir(&taken).map_err(|error| format!("{}: {error}", taken.display()))?;
    if machine::is_root()? {
        let give = &mut Command::new("chown");
        step(
            "let the tests write pictures",
            give.arg(machine::TEST_USER).arg(&taken),
        )?;
    }
    let mut command = machine::as_ordinary_user(&binaries.join("desktop"))?;
    command
        .env("ASKBOX_TEST_BINARIES", &binaries)
        .env("ASKBOX_SCREENSHOTS", &taken)
        .arg("screenshots::");
    step("take pictures", &mut command)?;
    keep(&taken, &root().join(PICTURES)).map_err(|error| format!("{PICTURES}: {error}"))?;
    Ok(ExitCode::SUCCESS)
}

fn keep(taken: &Path, kept: &Path) -> std::io::Result<()> {
    fs::create_dir_all(kept)?;
    for picture in fs::read_dir(taken)? {
        let picture = picture?;
        fs::copy(picture.path(), kept.join(picture.file_name()))?;
    }
    Ok(())
}
