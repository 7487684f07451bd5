//! `askbox-windows`: the windows of the desktop app, in a process of their own, so that the browser engine and its memory are
//! there only while somebody looks, and take nothing with them when they fail.
//!
//! `askbox-tray` starts it with a socket as standard input, on which it is told what to show; with that socket it ends. It
//! knows nothing by itself: what windows ask for goes to the app. Started with `prefetch` it shows nothing and ends at once.
#![forbid(unsafe_code)]

mod app_link;
mod commands;
mod prefetch;
mod windows;

use std::io::IsTerminal;
use std::process::ExitCode;

use askbox_desktop::channel::PREFETCH;
use tauri::RunEvent;

use app_link::AppLink;
use windows::{Pending, Size};

#[expect(clippy::print_stderr, reason = "a program that cannot start says why")]
fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_target(false)
        .init();
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let end = match words.as_slice() {
        [word] if word == PREFETCH => prefetch::run().map_err(Into::into),
        [] if !std::io::stdin().is_terminal() => run(),
        _ => {
            eprintln!("askbox-windows: it is a part of askbox-tray, which starts it");
            return ExitCode::from(2);
        }
    };
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("askbox-windows: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Shows windows until the app ends the connection.
#[expect(
    clippy::exit,
    reason = "in what Tauri generates, for a build without its assets"
)]
fn run() -> Result<(), Box<dyn std::error::Error>> {
    // The name by which desktops find the icon and the entry of a window.
    gtk::glib::set_prgname(Some("askbox"));
    gtk::glib::set_application_name("Askbox");
    let (link, lines) = AppLink::take()?;
    let app = tauri::Builder::default()
        .manage(link)
        .manage(Pending::default())
        .manage(Size::default())
        .invoke_handler(tauri::generate_handler![commands::request])
        .setup(move |app| {
            let handle = app.handle().clone();
            tauri::async_runtime::spawn(async move {
                app_link::follow(&handle, lines).await;
                handle.exit(0);
            });
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|_app, event| {
        // The last window is closed; the app says when the process ends.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(())
}
