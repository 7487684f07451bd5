//! Generates Tauri's context, and a permission for the one command that windows have.

use std::path::Path;

fn main() {
    if !Path::new("../ui/dist/index.html").exists() {
        println!(
            "cargo::error=the windows' pages are not built: run `npm ci && npm run build` in ui, or any `cargo xtask` task"
        );
    }
    let commands = tauri_build::AppManifest::new().commands(&["request"]);
    let attributes = tauri_build::Attributes::new().app_manifest(commands);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
}
