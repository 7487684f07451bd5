//! What `askbox review` needs of a session: a record of how its project was, made before its program starts and reduced at
//! its end to what changed; and the look-out for guarded names while it runs. A session does not depend on either.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use askbox_audit::{Durability, SessionChange};
use askbox_paths::own_file;
use askbox_policy::{Project, SessionId};
use askbox_sandbox::guards::Before;
use askbox_sandbox::review::Record;
use askbox_sandbox::watch::{Flag, Happened, Lookout};
use askbox_wire::Event;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::{entry, made};
use crate::daemon::Daemon;
use crate::limits;
use crate::watcher::Events;

/// The look-out of a session. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Watching(AbortHandle);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Looks at the project of a session, keeps what it finds, and looks out from then on. To be waited for before the program
/// starts. Gives the look-out, where there can be one.
pub(super) fn begin(
    daemon: &Arc<Daemon>,
    id: &SessionId,
    project: &Project,
    before: Before,
) -> JoinHandle<Option<Watching>> {
    let (daemon, id, project) = (Arc::clone(daemon), id.clone(), project.clone());
    tokio::spawn(async move {
        let followed = daemon.watcher.follow();
        let looking = spawn_blocking({
            let (daemon, id) = (Arc::clone(&daemon), id.clone());
            move || {
                // Watched first, so that nothing falls between.
                let followed = followed.and_then(|(watches, happened)| {
                    let lookout = Lookout::begin(watches, before.roots());
                    let lookout = lookout.inspect_err(|error| {
                        tracing::warn!(%error, session = %id, "what the session makes is not noticed while it runs");
                    });
                    Some((lookout.ok()?, happened))
                });
                keep(&daemon, &id, &before);
                followed
            }
        });
        let Ok(Ok(followed)) = timeout(limits::REVIEW_WAIT, looking).await else {
            tracing::warn!(session = %id, "there will be no review: looking at the project takes too long");
            return None;
        };
        let (lookout, happened) = followed?;
        let looking_out = tokio::spawn(look_out(daemon, id, project, lookout, happened));
        Some(Watching(looking_out.abort_handle()))
    })
}

fn keep(daemon: &Daemon, id: &SessionId, before: &Before) {
    let record = Record::take(id.0.clone(), before, daemon.clock.now().wall_ms);
    let kept = record.map_err(|error| error.to_string()).and_then(|record| {
        let json = record.to_json().map_err(|error| error.to_string())?;
        own_file::replace_unsynced(&daemon.paths.review(&id.0), &json).map_err(|error| error.to_string())
    });
    if let Err(error) = kept {
        tracing::warn!(error, session = %id, "there will be no review");
    }
}

/// Tells of guarded names that appear or change.
async fn look_out(
    daemon: Arc<Daemon>,
    id: SessionId,
    project: Project,
    mut lookout: Lookout,
    mut happened: Events,
) {
    loop {
        let events: Arc<[Happened]> = match happened.recv().await {
            Ok(events) => events,
            Err(RecvError::Lagged(_)) => Arc::new([Happened::Overflow]),
            Err(RecvError::Closed) => return,
        };
        let is_overflow = events.contains(&Happened::Overflow);
        let hearing = spawn_blocking(move || {
            let flags = lookout.hear(&events);
            (lookout, flags)
        });
        let Ok(Ok((back, flags))) = timeout(limits::REVIEW_WAIT, hearing).await else {
            tracing::warn!(session = %id, "looking at the project takes too long: what is made is seen at the end");
            return;
        };
        lookout = back;
        if !flags.is_empty() {
            tell(&daemon, &id, &project, &flags).await;
        }
        if is_overflow {
            sleep(limits::LOOK_AGAIN_REST).await;
        }
    }
}

async fn tell(daemon: &Daemon, id: &SessionId, project: &Project, flags: &[Flag]) {
    let shown = flags.iter().map(|flag| {
        let name = made::name(&flag.path, Path::new(""));
        let what = if flag.was_there { "changed" } else { "created" };
        format!("{what} {name}")
    });
    let names: Vec<String> = shown.collect();
    for detail in made::details(names.iter().map(String::as_str)) {
        let entry = entry(id, project, SessionChange::Flagged, Some(detail));
        // Nothing takes effect by it, so nobody waits for the disk.
        if let Err(error) = daemon.log.record(entry, Durability::Unsynced).await {
            tracing::error!(%error, session = %id, "what the session made is not in the log");
        }
    }
    daemon.tell(Event::Flagged {
        session: id.clone(),
        names: made::notice(&names),
    });
}

/// Reduces the record of a session to what changed. One whose program never ran has none.
pub(super) async fn end(daemon: &Arc<Daemon>, id: &SessionId, has_run: bool) {
    let ending = spawn_blocking({
        let (daemon, id) = (Arc::clone(daemon), id.clone());
        move || {
            let path = daemon.paths.review(&id.0);
            if has_run {
                reduce(&daemon, &path)
            } else {
                fs::remove_file(&path).map_err(|error| error.to_string())
            }
        }
    });
    match timeout(limits::REVIEW_WAIT, ending).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::warn!(error, session = %id, "the review is not complete"),
        Ok(Err(_)) | Err(_) => tracing::warn!(session = %id, "the review is not complete: it takes too long"),
    }
    // Nobody waits for that.
    let reviews = daemon.paths.reviews();
    spawn_blocking(move || forget_old(&reviews, SystemTime::now()));
}

fn reduce(daemon: &Daemon, path: &Path) -> Result<(), String> {
    let json = own_file::read(path, Record::MOST_BYTES).map_err(|error| error.to_string())?;
    let json = json.ok_or("there is no record")?;
    let record = Record::from_json(&json).map_err(|error| error.to_string())?;
    let now = daemon.clock.now().wall_ms;
    let record = record
        .end(daemon.home.as_path(), now)
        .map_err(|error| error.to_string())?;
    let json = record.to_json().map_err(|error| error.to_string())?;
    own_file::replace_unsynced(path, &json).map_err(|error| error.to_string())
}

/// Removes records that are old, or more than are kept.
fn forget_old(directory: &Path, now: SystemTime) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let dated = entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())));
    let mut records: Vec<(SystemTime, _)> = dated.collect();
    records.sort_by(|one, other| other.cmp(one));
    let is_old = |time: &SystemTime| {
        now.duration_since(*time)
            .is_ok_and(|age| limits::REVIEWS_KEPT_FOR < age)
    };
    for (number, (time, path)) in records.iter().enumerate() {
        if (limits::REVIEWS_KEPT <= number || is_old(time))
            && let Err(error) = fs::remove_file(path)
        {
            tracing::warn!(%error, "an old review stays");
        }
    }
}

#[cfg(test)]
mod tests;
