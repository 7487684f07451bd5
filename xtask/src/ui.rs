//! The windows' pages: their packages, build, checks, and the files that are generated for them and for the tray.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::machine;
use crate::steps::{Result, cargo, root, step, target};

/// Where the TypeScript types are.
const TYPES: &str = "ui/src/api/generated";

/// The tray's pictures: the name of each set, and the style it is drawn in. The tile has a ground of its own, since it is shown
/// where nobody says how the panel is.
const SETS: [(&str, &str); 3] = [
    ("light", "svg{color:#ffffff} .tile{display:none}"),
    ("dark", "svg{color:#202124} .tile{display:none}"),
    (
        "tile",
        "svg{color:#ffffff} .tile{fill:#202124;stroke:#9aa0a6;stroke-width:2} \
         .drawing{transform:translate(24px,24px) scale(0.74) translate(-24px,-24px)}",
    ),
];

/// The sizes of the tray's pictures and of the app's own, in pixels.
const TRAY_SIZE: &str = "48";
/// See [`TRAY_SIZE`].
const APP_SIZE: &str = "256";

/// Installs what the pages are built with, and builds them: the desktop app takes them in.
pub(crate) fn build() -> Result<()> {
    machine::install(machine::TO_BUILD_DESKTOP)?;
    machine::install_npm()?;
    install()?;
    step(
        "build the windows' pages",
        npm().args(["run", "--silent", "build"]),
    )
}

/// The packages of the lock file, unless they are there already.
fn install() -> Result<()> {
    let pages = root().join("ui");
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    // npm writes this file when it is done.
    let installed = modified(&pages.join("node_modules/.package-lock.json"));
    if installed.is_some() && modified(&pages.join("package-lock.json")) <= installed {
        return Ok(());
    }
    let install = ["ci", "--no-audit", "--no-fund", "--loglevel", "error"];
    step("install the packages of the windows' pages", npm().args(install))
}

/// Types, behaviour and accessibility of the pages.
pub(crate) fn check() -> Result<()> {
    fresh_types()?;
    step(
        "check the windows' pages",
        npm().args(["run", "--silent", "check"]),
    )?;
    step("group ui", npm().args(["run", "--silent", "test"]))
}

/// Writes what is generated: types from the wire, pictures from their drawings.
pub(crate) fn generate() -> Result<()> {
    machine::install(machine::TO_RUN)?;
    machine::install(machine::TO_DRAW)?;
    let types = root().join(TYPES);
    match fs::remove_dir_all(&types) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(format!("{TYPES}: {error}")),
        Ok(()) | Err(_) => {}
    }
    write_types(&types)?;
    pictures()
}

fn write_types(directory: &Path) -> Result<()> {
    let run = [
        "run",
        "--quiet",
        "--locked",
        "--package",
        "askbox-desktop",
        "--features",
        "typescript",
        "--bin",
        "askbox-types",
        "--",
    ];
    step(
        "write the types of the wire",
        cargo().current_dir(root()).args(run).arg(directory),
    )
}

/// That the types are those of the wire as it is.
fn fresh_types() -> Result<()> {
    let fresh = target()?.join("fresh-types");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))?;
    }
    write_types(&fresh)?;
    let mut compare = Command::new("diff");
    compare
        .args(["--recursive", "--brief"])
        .arg(root().join(TYPES))
        .arg(&fresh);
    step("the types are fresh (else: cargo xtask generate)", &mut compare)
}

fn pictures() -> Result<()> {
    let icons = root().join("icons");
    let draw = |drawing: &Path, size: &str, style: &str, picture: &Path| {
        let sheet = target()?.join("style.css");
        fs::write(&sheet, style).map_err(|error| error.to_string())?;
        step(
            &format!("draw {}", picture.display()),
            Command::new("rsvg-convert")
                .args(["--width", size, "--height", size, "--stylesheet"])
                .arg(sheet)
                .arg(drawing)
                .arg("--output")
                .arg(picture),
        )
    };
    draw(
        &icons.join("askbox.svg"),
        APP_SIZE,
        "svg{}",
        &icons.join("askbox.png"),
    )?;
    let drawings = fs::read_dir(icons.join("tray")).map_err(|error| error.to_string())?;
    for drawing in drawings.flatten().map(|entry| entry.path()) {
        let Some(name) = drawing.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        if drawing.extension().is_some_and(|extension| extension == "svg") {
            for (set, style) in SETS {
                draw(
                    &drawing,
                    TRAY_SIZE,
                    style,
                    &drawing.with_file_name(format!("{name}-{set}.png")),
                )?;
            }
        }
    }
    Ok(())
}

fn npm() -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(root().join("ui"));
    npm
}
