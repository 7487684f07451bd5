//! What each request of a window does. A window may ask for what is listed here; everything else that the daemon knows is for
//! other front ends.

use std::io::Write;

use askbox_desktop::channel::Window;
use askbox_desktop::notice::Tried;
use askbox_desktop::{Preferences, Strings, WindowRequest, WindowResponse, breadth};
use askbox_paths::Paths;
use askbox_wire::{ClientError, ErrorCode, Place, Request, Response, WireError};
use tokio::sync::mpsc::Sender;
use tokio::sync::{Mutex, oneshot};
use tokio::time::{Duration, timeout};

use crate::call::call;
use crate::hub::News;
use crate::{downloads, log, preferences, review};

/// How long a notification server has to say that it shows something.
const PATIENCE: Duration = Duration::from_secs(5);

/// Does what a window asks for. [`WindowRequest::Link`] is the hub's, [`WindowRequest::Close`] the window's own.
pub(crate) async fn answer(
    paths: &Paths,
    news: &Sender<News>,
    window: Window,
    request: WindowRequest,
) -> Result<WindowResponse, WireError> {
    may_ask(window, &request)?;
    match request {
        WindowRequest::Daemon(request) => {
            let response = call(paths, of_a_window(*request)).await?;
            Ok(WindowResponse::Daemon(Box::new(response)))
        }
        WindowRequest::Link | WindowRequest::Close => Err(refused()),
        WindowRequest::Preferences => Ok(WindowResponse::Preferences(preferences::load(paths))),
        WindowRequest::SetPreferences(mut chosen) => {
            let chosen = change(paths, news, |kept| {
                // A page may have asked for its choices before the size was changed in the other window.
                chosen.zoom = kept.zoom;
                if chosen.clone().mended() != chosen {
                    let reason = "a notification has at least one button, and each of them once";
                    return Err(WireError::new(ErrorCode::Refused, reason));
                }
                Ok(chosen)
            });
            Ok(WindowResponse::Preferences(chosen.await?))
        }
        WindowRequest::Zoom(step) => {
            let zoomed = change(paths, news, |kept| {
                let zoom = kept.zoom.after(step);
                Ok(Preferences { zoom, ..kept })
            });
            zoomed.await?;
            Ok(WindowResponse::Done)
        }
        WindowRequest::TestNotification => {
            try_out(news).await?;
            Ok(WindowResponse::Done)
        }
        WindowRequest::Show(show) => {
            tell(news, News::Show(show)).await?;
            Ok(WindowResponse::Done)
        }
        WindowRequest::Log(query) => log::read(paths, log::Wanted::Events(query)).await,
        WindowRequest::PastSessions => log::read(paths, log::Wanted::PastSessions).await,
        WindowRequest::Traffic(query) => log::read(paths, log::Wanted::Traffic(query)).await,
        WindowRequest::Breadth(rule) => {
            let breadth = breadth::of(&rule, paths.home());
            Ok(WindowResponse::Breadth(breadth))
        }
        WindowRequest::ExportLog => log::read(paths, log::Wanted::Export).await,
        WindowRequest::SavePolicy => save_policy(paths).await,
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

/// Changes what the person chose before, keeps it and lets it count: one change after the other, since each is of all choices.
async fn change(
    paths: &Paths,
    news: &Sender<News>,
    change: impl FnOnce(Preferences) -> Result<Preferences, WireError>,
) -> Result<Preferences, WireError> {
    static ONE_BY_ONE: Mutex<()> = Mutex::const_new(());
    let _turn = ONE_BY_ONE.lock().await;
    let chosen = change(preferences::load(paths))?;
    let stored = preferences::store(paths.clone(), chosen.clone()).await;
    stored
        .map_err(|error| WireError::new(ErrorCode::Internal, format!("cannot keep your choices: {error}")))?;
    tell(news, News::Preferences(chosen.clone())).await?;
    Ok(chosen)
}

/// Writes the text of policy.toml to a new file of the person's.
async fn save_policy(paths: &Paths) -> Result<WindowResponse, WireError> {
    let Response::PolicyText(text) = call(paths, Request::ExportPolicy).await? else {
        return Err(WireError::new(
            ErrorCode::Internal,
            ClientError::OutOfTurn.to_string(),
        ));
    };
    let paths = paths.clone();
    let write = move || {
        downloads::write(&paths, "policy", "toml", |mut file| {
            file.write_all(text.as_bytes()).map_err(|error| error.to_string())
        })
    };
    let written = tokio::task::spawn_blocking(write).await;
    written
        .unwrap_or_else(|error| Err(error.to_string()))
        .map_err(|why| WireError::new(ErrorCode::Internal, why))
}

/// Has a notification shown, and waits until the server says that it is.
async fn try_out(news: &Sender<News>) -> Result<(), WireError> {
    let (trial, tried) = oneshot::channel();
    tell(news, News::Test(trial)).await?;
    let tried = match timeout(PATIENCE, tried).await {
        Ok(tried) => tried.map_err(|_ends| ending())?,
        Err(_late) => Tried::Late,
    };
    match tried.complaint(&Strings::english()) {
        None => Ok(()),
        Some(complaint) => Err(WireError::new(ErrorCode::Refused, complaint)),
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
fn may_ask(window: Window, request: &WindowRequest) -> Result<(), WireError> {
    let is_for_prompt = match request {
        WindowRequest::Daemon(request) => {
            may_ask_daemon(request)?;
            matches!(
                **request,
                Request::Status
                    | Request::Questions
                    | Request::Missed
                    | Request::Answer { .. }
                    | Request::KeepQuestion { .. }
            )
        }
        WindowRequest::Link | WindowRequest::Show(_) | WindowRequest::Zoom(_) | WindowRequest::Close => true,
        WindowRequest::Log(_)
        | WindowRequest::PastSessions
        | WindowRequest::Traffic(_)
        | WindowRequest::Review { .. }
        | WindowRequest::Revert { .. }
        | WindowRequest::Breadth(_)
        | WindowRequest::ExportLog
        | WindowRequest::SavePolicy
        | WindowRequest::Preferences
        | WindowRequest::SetPreferences(_)
        | WindowRequest::TestNotification => false,
    };
    if is_for_prompt || window == Window::Main {
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
        | Request::KeepQuestion { .. }
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
        | Request::OpenPort { .. }
        | Request::ClosePort { .. }
        | Request::Trust { .. } => Ok(()),
        Request::Follow(_)
        | Request::Launch(_)
        | Request::Serve { .. }
        | Request::Started { .. }
        | Request::Ended { .. }
        | Request::Show(_)
        | Request::Suspend { .. }
        | Request::Shutdown => Err(refused()),
    }
}

async fn tell(news: &Sender<News>, what: News) -> Result<(), WireError> {
    news.send(what).await.map_err(|_ends| ending())
}

fn ending() -> WireError {
    WireError::new(ErrorCode::Stopping, "the app ends")
}

#[cfg(test)]
mod tests {
    use askbox_desktop::ZoomStep;
    use askbox_wire::{Show, View};

    use super::*;

    fn daemon(request: Request) -> WindowRequest {
        WindowRequest::Daemon(Box::new(request))
    }

    #[test]
    fn the_prompt_window_may_do_what_a_prompt_needs() {
        let show = WindowRequest::Show(Show {
            view: View::Questions,
            item: None,
        });
        let keep = daemon(Request::KeepQuestion { id: "q1".to_owned() });
        let zoom = WindowRequest::Zoom(ZoomStep::Larger);
        for request in [
            daemon(Request::Status),
            daemon(Request::Questions),
            keep,
            show,
            zoom,
        ] {
            assert_eq!(may_ask(Window::Prompt, &request), Ok(()), "{request:?}");
        }
        for request in [
            daemon(Request::Lockdown { on: false }),
            daemon(Request::Rules),
            WindowRequest::ExportLog,
            WindowRequest::SavePolicy,
            WindowRequest::SetPreferences(Preferences::default()),
        ] {
            assert!(may_ask(Window::Prompt, &request).is_err(), "{request:?}");
            assert_eq!(may_ask(Window::Main, &request), Ok(()), "{request:?}");
        }
    }

    #[test]
    fn no_window_may_do_what_is_for_other_front_ends() {
        for window in [Window::Main, Window::Prompt] {
            assert!(may_ask(window, &daemon(Request::Shutdown)).is_err());
        }
    }

    #[test]
    fn an_answer_from_a_window_is_logged_as_one() {
        let answer = |place| Request::Answer {
            id: "q1".to_owned(),
            revision: 1,
            answer: askbox_desktop::choice::answer(askbox_desktop::Button::AllowOnce, 0).unwrap(),
            place,
        };
        assert_eq!(of_a_window(answer(Place::CommandLine)), answer(Place::Window));
    }
}
