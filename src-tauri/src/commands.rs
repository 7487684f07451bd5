//! The one command of the windows, and what each of its requests does. A window may ask for what is listed here; everything
//! else that the daemon knows is for other front ends.
#![expect(
    clippy::let_underscore_must_use,
    reason = "in what Tauri makes of the command"
)]

use askbox_desktop::{WindowRequest, WindowResponse};
use askbox_paths::Paths;
use askbox_wire::{ErrorCode, Place, Request, WireError};
use tauri::{Manager, State, WebviewWindow};
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use crate::call::call;
use crate::hub::News;
use crate::{log, preferences, review, windows};

/// Does what a window asks for.
#[tauri::command]
pub(crate) async fn request(
    window: WebviewWindow,
    paths: State<'_, Paths>,
    news: State<'_, Sender<News>>,
    request: WindowRequest,
) -> Result<WindowResponse, WireError> {
    let app = window.app_handle();
    may_ask(window.label(), &request)?;
    match request {
        WindowRequest::Daemon(request) => {
            let response = call(&paths, of_a_window(*request)).await?;
            Ok(WindowResponse::Daemon(Box::new(response)))
        }
        WindowRequest::Link => {
            let (answer, link) = oneshot::channel();
            tell(&news, News::Link(answer)).await?;
            let link = link.await.map_err(|_ends| ending())?;
            windows::listens(app, window.label());
            Ok(WindowResponse::Link(link))
        }
        WindowRequest::Preferences => Ok(WindowResponse::Preferences(preferences::load(&paths))),
        WindowRequest::SetPreferences(chosen) => {
            let stored = preferences::store(paths.inner().clone(), chosen.clone()).await;
            stored.map_err(|error| {
                WireError::new(ErrorCode::Internal, format!("cannot keep your choices: {error}"))
            })?;
            tell(&news, News::Preferences(chosen.clone())).await?;
            Ok(WindowResponse::Preferences(chosen))
        }
        WindowRequest::TestNotification => {
            tell(&news, News::Test).await?;
            Ok(WindowResponse::Done)
        }
        WindowRequest::Show(show) => {
            tell(&news, News::Show(show)).await?;
            Ok(WindowResponse::Done)
        }
        WindowRequest::Close => {
            windows::close(app, window.label());
            Ok(WindowResponse::Done)
        }
        WindowRequest::Log(query) => log::read(&paths, log::Wanted::Events(query)).await,
        WindowRequest::PastSessions => log::read(&paths, log::Wanted::PastSessions).await,
        WindowRequest::Traffic(query) => log::read(&paths, log::Wanted::Traffic(query)).await,
        WindowRequest::ExportLog => log::read(&paths, log::Wanted::Export).await,
        WindowRequest::Review { session } => {
            let review = review::review(session, None).await?;
            Ok(WindowResponse::Review(review))
        }
        WindowRequest::Revert { session, paths } => {
            let review = review::review(session, Some(paths)).await?;
            Ok(WindowResponse::Review(review))
        }
    }
}

/// An answer from a window is logged as one, whatever the page says.
fn of_a_window(mut request: Request) -> Request {
    if let Request::Answer { place, .. } = &mut request {
        *place = Place::Window;
    }
    request
}

/// Whether a window may ask for this: the prompt for what a prompt needs, the main window for what a person does.
fn may_ask(label: &str, request: &WindowRequest) -> Result<(), WireError> {
    let is_for_prompt = match request {
        WindowRequest::Daemon(request) => {
            may_ask_daemon(request)?;
            matches!(
                **request,
                Request::Status | Request::Questions | Request::Missed | Request::Answer { .. }
            )
        }
        WindowRequest::Link | WindowRequest::Show(_) | WindowRequest::Close => true,
        WindowRequest::Log(_)
        | WindowRequest::PastSessions
        | WindowRequest::Traffic(_)
        | WindowRequest::Review { .. }
        | WindowRequest::Revert { .. }
        | WindowRequest::ExportLog
        | WindowRequest::Preferences
        | WindowRequest::SetPreferences(_)
        | WindowRequest::TestNotification => false,
    };
    if is_for_prompt || label == windows::MAIN {
        return Ok(());
    }
    Err(refused())
}

fn refused() -> WireError {
    WireError::new(ErrorCode::Refused, "this window may not ask for this")
}

/// Whether a person may ask the daemon for this in a window.
fn may_ask_daemon(request: &Request) -> Result<(), WireError> {
    match request {
        Request::Status
        | Request::Questions
        | Request::Missed
        | Request::Answer { .. }
        | Request::Rules
        | Request::AddRule(_)
        | Request::AddRules(_)
        | Request::ReplaceRule { .. }
        | Request::RemoveRule { .. }
        | Request::Grants
        | Request::Revoke(_)
        | Request::SetExpiry { .. }
        | Request::Pause { .. }
        | Request::Lockdown { .. }
        | Request::Settings
        | Request::ChangeSettings(_)
        | Request::ExportPolicy
        | Request::ImportPolicy { .. }
        | Request::Resume { .. }
        | Request::Sessions
        | Request::Inspect { .. }
        | Request::Stop(_)
        | Request::Kill(_)
        | Request::Thaw { .. }
        | Request::Trust { .. } => Ok(()),
        Request::Follow(_)
        | Request::Launch(_)
        | Request::Serve { .. }
        | Request::Started { .. }
        | Request::Ended { .. }
        | Request::Show(_)
        | Request::Shutdown => Err(refused()),
    }
}

async fn tell(news: &Sender<News>, what: News) -> Result<(), WireError> {
    news.send(what).await.map_err(|_ends| ending())
}

fn ending() -> WireError {
    WireError::new(ErrorCode::Stopping, "the app ends")
}
