//! How the daemon is.

use askbox_audit::path_text;
use askbox_policy::display;
use askbox_wire::{ObstacleView, StatusView, VERSION, rfc3339};

use crate::daemon::Daemon;
use crate::limits;
use crate::views;

/// What is said of sessions whose connections are not captured.
fn by_proxy(sessions: usize) -> Option<String> {
    let who = match sessions {
        0 => return None,
        1 => "one session reaches".to_owned(),
        _ => format!("{sessions} sessions reach"),
    };
    Some(format!(
        "{who} the network by a proxy alone, so that programs that do not use it reach nothing; `askbox doctor` says whether this \
         machine can capture connections"
    ))
}

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
    warnings.extend(by_proxy(daemon.sessions.by_proxy()));
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
        log_unsigned: daemon.signing.why_not(&daemon.log),
        warnings,
    }
}
