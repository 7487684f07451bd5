//! The one command of the windows. What it may ask for, and what comes of it, the app knows.
#![expect(
    clippy::let_underscore_must_use,
    reason = "in what Tauri makes of the command"
)]

use askbox_desktop::{WindowRequest, WindowResponse};
use askbox_wire::{ErrorCode, WireError};
use tauri::{Manager, State, WebviewWindow};

use crate::app_link::AppLink;
use crate::windows;

/// Has the app do what a window asks for.
#[tauri::command]
pub(crate) async fn request(
    window: WebviewWindow,
    link: State<'_, AppLink>,
    request: WindowRequest,
) -> Result<WindowResponse, WireError> {
    let app = window.app_handle();
    let which = windows::named(window.label())
        .ok_or_else(|| WireError::new(ErrorCode::Refused, "no such window may ask"))?;
    if request == WindowRequest::Close {
        windows::close(app, which);
        return Ok(WindowResponse::Done);
    }
    let is_first = request == WindowRequest::Link;
    let response = link.ask(which, request).await?;
    if is_first {
        windows::listens(app, which);
    }
    Ok(response)
}
