//! How the daemon is.

use askbox_audit::path_text;
use askbox_policy::display;
use askbox_wire::{ObstacleView, StatusView, VERSION, rfc3339};

use crate::daemon::Daemon;
use crate::limits;
use crate::views;

pub(super) fn view(daemon: &Daemon) -> StatusView {
    let snapshot = daemon.policy.snapshot();
    let mut warnings = daemon.start_warnings.clone();
    warnings.extend(snapshot.warnings());
    warnings.extend(daemon.gate.lockdown_problem().map(|problem| {
        format!("everything is denied, since it cannot be read whether it is to be: {problem}; `askbox lockdown off` ends it")
    }));
    warnings.extend(daemon.sessions.unheard().into_iter().map(|session| {
        let session = display::text(&session.0, limits::NAME_SHOWN);
        format!("in session {session} starts of programs cannot be listened to, so outside the asking file system they ask nobody; `askbox doctor` says why")
    }));
    StatusView {
        version: VERSION.to_owned(),
        pid: std::process::id(),
        started: rfc3339(daemon.started_ms),
        sessions: daemon.sessions.count(),
        questions: daemon.gate.open_questions().len(),
        missed: daemon.gate.missed().len(),
        grants: daemon.gate.grants().len(),
        policy: views::policy(&snapshot),
        log: path_text(&daemon.paths.log()),
        paused_until_ms: daemon.gate.paused_until_ms(),
        lockdown: daemon.gate.is_locked_down(),
        obstacle: snapshot
            .obstacle()
            .map(|obstacle| ObstacleView {
                reason: obstacle.reason,
                hint: obstacle.hint,
            })
            .or_else(|| views::lockdown(&daemon.gate)),
        warnings,
    }
}
