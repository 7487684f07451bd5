//! What front ends ask for, one file for each topic. A request is answered once; whatever it does is done then.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use askbox_wire::{Peer, Request, Response, WireError};

use crate::connection::FrontEnd;
use crate::daemon::Daemon;
use crate::follow::Following;
use crate::session;

mod denying;
mod grants;
mod questions;
mod rules;
mod sessions;
mod settings;
mod status;
mod trust;

#[cfg(test)]
mod tests;

/// Does what a front end asks for. Descriptors that no request wants are closed here.
pub(crate) async fn handle(
    daemon: &Arc<Daemon>,
    peer: Peer,
    front_end: &mut FrontEnd,
    request: Request,
    descriptors: Vec<OwnedFd>,
) -> Result<Response, WireError> {
    match request {
        Request::Status => Ok(Response::Status(Box::new(status::view(daemon)))),
        Request::Questions => Ok(questions::open(daemon)),
        Request::Missed => Ok(questions::missed(daemon)),
        Request::Answer {
            id,
            revision,
            answer,
            place,
        } => questions::answer(daemon, &id, revision, answer, place).await,
        Request::KeepQuestion { id } => questions::keep(daemon, &id),
        Request::Rules => rules::list(daemon).await,
        Request::AddRule(rule) => rules::add(daemon, rule).await,
        Request::AddRules(rules) => rules::add_all(daemon, rules).await,
        Request::ReplaceRule { id, rule } => rules::replace(daemon, id, rule).await,
        Request::RemoveRule { id } => rules::remove(daemon, id).await,
        Request::Grants => Ok(grants::list(daemon)),
        Request::Revoke(what) => grants::revoke(daemon, what).await,
        Request::Pause { for_ms } => denying::pause(daemon, for_ms).await,
        Request::Suspend { begins } => {
            daemon.gate.suspend(begins).await;
            Ok(Response::Done)
        }
        Request::Lockdown { on } => denying::lockdown(daemon, on).await,
        Request::SetExpiry { grant, after_ms } => grants::set_expiry(daemon, grant, after_ms).await,
        Request::ExportPolicy => rules::export(daemon).await,
        Request::ImportPolicy { text } => rules::import(daemon, text).await,
        Request::Settings => Ok(settings::view(daemon)),
        Request::ChangeSettings(change) => settings::change(daemon, change).await,
        Request::Resume { session } => sessions::resume(daemon, session).await,
        Request::Sessions => Ok(sessions::list(daemon)),
        Request::Inspect { session, ended } => sessions::inspect(daemon, &session, ended).await,
        Request::Stop(what) => sessions::stop(daemon, what, sessions::How::Asked).await,
        Request::Kill(what) => sessions::stop(daemon, what, sessions::How::AtOnce).await,
        Request::Thaw { session, disk_bytes } => sessions::thaw(daemon, &session, disk_bytes).await,
        Request::OpenPort { session, port } => session::ports::open(daemon, &session, port).await,
        Request::ClosePort { session, port } => session::ports::close(daemon, &session, port).await,
        Request::Trust { directory } => trust::trust(daemon, &directory).await,
        Request::Follow(follow) => {
            front_end.following = Following::new(daemon, follow);
            Ok(Response::Done)
        }
        Request::Launch(request) => session::launch(daemon, peer, front_end, *request).await,
        Request::Serve { session, attached } => {
            session::serve(daemon, front_end, &session, &attached, descriptors).await
        }
        Request::Started { session, pid } => session::started(daemon, front_end, &session, pid).await,
        Request::Ended { session, status } => session::ended(daemon, front_end, &session, status).await,
        Request::Show(_) => Err(WireError::new(
            askbox_wire::ErrorCode::Malformed,
            "the daemon has no windows; the desktop app has",
        )),
        // The connection ends the daemon, once this answer is out.
        Request::Shutdown => Ok(Response::Done),
    }
}
