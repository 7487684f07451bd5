//! What follows when a session grew on disk by as much as it may: nothing in it runs while the gate is asked whether it may grow
//! more. Where nobody allows that, it ends like one that met another limit.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use askbox_audit::{Durability, SessionChange};
use askbox_gate::{Denial, DeniedBy, Permit};
use askbox_policy::resource_limits::Size;
use askbox_policy::{
    Answer, Basis, Duration, Growth, Kind, Process, Request, Resource, SessionId, Target, Verdict, display,
};
use askbox_sandbox::growth;
use askbox_wire::{ErrorCode, Response, WireError};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::super::table::Ordered;
use super::super::{entry, not_now, tell};
use super::run_time::RunTime;
use super::{Kept, kill, record};
use crate::daemon::Daemon;
use crate::limits;
use crate::views;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grew {
    /// It goes on, or somebody else has told it what to do.
    GoesOn,
    /// It was ended.
    Ended,
}

/// Asks whether a session that grew by so much may grow more, and does what comes of it.
pub(super) async fn ask(
    daemon: &Arc<Daemon>,
    (kept, root): (&Kept, u32),
    run_time: &RunTime,
    grown: u64,
) -> Grew {
    let request = request(kept, grown, free(kept).await);
    let verdict = daemon.gate.peek(&request);
    let admitted = daemon.gate.admit(request, ready(Process::unknown()));
    tokio::pin!(admitted);
    if let Verdict::Allow(_) = verdict {
        // Nothing has to stop for what is allowed already, unless that was taken back just now.
        if let Ok(admitted) = timeout(limits::TOLD_WAIT, &mut admitted).await {
            return follow(daemon, kept, grown, admitted).await;
        }
    }
    match daemon.sessions.freeze(&kept.id) {
        Ordered::Given(view) => tell(daemon, *view),
        Ordered::NotMeant => return Grew::GoesOn,
        Ordered::Failed => return end(daemon, kept, "It cannot be frozen").await,
    }
    if let Verdict::Ask(_) = verdict {
        drop(record(daemon, kept, Resource::Disk, &told(kept, "It is frozen")));
    }
    let left = run_time.hold();
    let came = tokio::select! {
        admitted = &mut admitted => follow(daemon, kept, grown, admitted).await,
        () = is_not_frozen(daemon, &kept.id) => Grew::GoesOn,
        () = goes_on(daemon, kept, root) => end(daemon, kept, "It went on although it was frozen").await,
    };
    run_time.go_on(left);
    came
}

/// Ends a session that does not stand still while it has to.
async fn end(daemon: &Arc<Daemon>, kept: &Kept, what: &str) -> Grew {
    let text = told(kept, what);
    super::tell(daemon, kept, Resource::Disk, &text).await;
    kill(daemon, kept, Resource::Disk, text).await;
    Grew::Ended
}

fn request(kept: &Kept, grown: u64, free_bytes: Option<u64>) -> Request {
    Request {
        session: kept.id.clone(),
        project: kept.project.clone(),
        process: Process::unknown(),
        target: Target::Growth(Growth {
            grown_bytes: grown,
            allowed_bytes: kept.disk_allowance.load(Ordering::Acquire),
            free_bytes,
        }),
    }
}

async fn free(kept: &Kept) -> Option<u64> {
    let directories = kept.directories.clone();
    let free = spawn_blocking(move || growth::free(&directories));
    timeout(limits::GROWTH_WAIT, free).await.ok()?.ok()?
}

async fn follow(daemon: &Arc<Daemon>, kept: &Kept, grown: u64, admitted: Result<Permit, Denial>) -> Grew {
    let by = match admitted {
        Ok(_permit) => {
            if let Some(view) = daemon.sessions.grow(&kept.id, grown) {
                tell(daemon, view);
            }
            return Grew::GoesOn;
        }
        Err(denial) => denial.by,
    };
    if by == DeniedBy::SessionEnded {
        return Grew::GoesOn;
    }
    let text = told(kept, &format!("It may not go on: {}", why(&by)));
    if by == DeniedBy::Answered {
        // Who said so need not be told.
        drop(record(daemon, kept, Resource::Disk, &text));
    } else {
        super::tell(daemon, kept, Resource::Disk, &text).await;
    }
    kill(daemon, kept, Resource::Disk, text).await;
    Grew::Ended
}

/// The limit that was met, and what follows.
fn told(kept: &Kept, what: &str) -> String {
    let limits = askbox_policy::ResourceLimits {
        disk_bytes: Some(kept.disk_allowance.load(Ordering::Acquire)),
        ..kept.limits
    };
    format!("{}. {what}", Resource::Disk.told(&limits))
}

/// What denied it, for people.
fn why(by: &DeniedBy) -> String {
    match by {
        DeniedBy::Answered => "that was the answer".to_owned(),
        DeniedBy::Basis(Basis::NonInteractive) => "nobody may be asked".to_owned(),
        DeniedBy::Basis(_)
        | DeniedBy::TimedOut
        | DeniedBy::Quiet
        | DeniedBy::Paused
        | DeniedBy::Suspended
        | DeniedBy::TooMany
        | DeniedBy::SessionEnded
        | DeniedBy::LogFailed => by.to_string(),
    }
}

/// Resolves when programs of a frozen session run all the same. A stop is lifted by SIGCONT, which a program can have sent to
/// itself by a timer: it is stopped again, and where that does not help, the session has to end.
async fn goes_on(daemon: &Daemon, kept: &Kept, root: u32) {
    let (mut before, mut runs) = (None, 0);
    while runs < limits::FROZEN_RUNS {
        sleep(limits::USAGE_REST).await;
        let Some(usage) = daemon.processes.usage(root).await else {
            continue;
        };
        // What was under way in the kernel when it was frozen has ended by the first look.
        if before.is_some_and(|before| before < usage.ticks) {
            runs += 1;
            daemon.sessions.freeze_again(&kept.id);
        }
        before = Some(usage.ticks);
    }
}

/// Resolves when a frozen session was told to end.
async fn is_not_frozen(daemon: &Daemon, id: &SessionId) {
    while daemon.sessions.is_frozen(id) {
        sleep(limits::USAGE_REST).await;
    }
}

/// Lets a frozen session go on, and grow by so much more or by as much as its limit says. That is an answer to the question
/// about it, with an amount.
pub(crate) async fn thaw(
    daemon: &Daemon,
    id: &SessionId,
    disk_bytes: Option<u64>,
) -> Result<Response, WireError> {
    let frozen = daemon.sessions.kept(id).ok_or_else(|| not_now(id))?;
    let questions = daemon.gate.open_questions().into_iter();
    let is_about = |session: &SessionId, kind: Kind| session == id && kind == Kind::Growth;
    let mut questions = questions.filter(|question| is_about(&question.session, question.kind));
    let Some(question) = questions.next().filter(|_| daemon.sessions.is_frozen(id)) else {
        let id = display::text(&id.0, limits::NAME_SHOWN);
        return Err(WireError::new(
            ErrorCode::Refused,
            format!("session {id} is not frozen"),
        ));
    };
    let detail = disk_bytes.map(|bytes| format!("{} more on disk", Size(bytes)));
    let entry = entry(id, &frozen.project, SessionChange::Thawed, detail);
    let logged = daemon.log.record(entry, Durability::Synced).await;
    logged.map_err(|error| views::log_failed(&error))?;
    daemon.sessions.set_more(id, disk_bytes);
    let answer = Answer {
        allow: true,
        duration: Duration::Once,
        widen: false,
        everywhere: false,
    };
    let answered = daemon
        .gate
        .answer(question.id, question.revision, answer, "thaw")
        .await;
    match answered {
        Ok(_) => Ok(Response::Done),
        Err(error) => {
            daemon.sessions.set_more(id, None);
            Err(WireError::new(ErrorCode::Refused, views::chain(&error)))
        }
    }
}

#[cfg(test)]
mod tests;
