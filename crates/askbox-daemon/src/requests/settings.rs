//! Settings: shown as they are in force, written in policy.toml alone.

use askbox_audit::path_text;
use askbox_policy::policy_file::{LimitsEdit, PolicyFile, SettingsEdit};
use askbox_policy::resource_limits::{self, LimitSources};
use askbox_policy::{CanonicalPath, Limit, ResourceLimits, Settings, UpstreamProxy};
use askbox_wire::{
    BlockListView, ErrorCode, LimitChange, LimitView, OsText, Response, SettingsChange, SettingsView,
    WireError,
};

use super::rules;
use crate::daemon::Daemon;
use crate::policy_store::Snapshot;
use crate::session::memory_of_machine;

pub(super) fn view(daemon: &Daemon) -> Response {
    Response::Settings(Box::new(settings(&daemon.policy.snapshot())))
}

pub(super) async fn change(daemon: &Daemon, change: SettingsChange) -> Result<Response, WireError> {
    let snapshot = daemon.policy.snapshot();
    let managed = managed(&snapshot);
    if let Some(name) = named(&change).into_iter().find(|name| managed.contains(name)) {
        return Err(
            WireError::new(ErrorCode::Refused, format!("{name} is set by your administrator"))
                .with_hint("askbox settings shows what is in force"),
        );
    }
    let edit = parse(change)?;
    daemon
        .change_settings(edit)
        .await
        .map_err(|error| rules::refused(&error))?;
    Ok(view(daemon))
}

fn settings(snapshot: &Snapshot) -> SettingsView {
    let settings = snapshot.policy.settings();
    let limits = resource_limits::in_force(
        LimitSources {
            user: settings.limits,
            managed: settings.managed_limits,
            ..LimitSources::default()
        },
        settings.preset,
        memory_of_machine(),
    );
    SettingsView {
        preset: settings.preset,
        auto_approve: settings.auto_approve.clone(),
        question_timeout_ms: settings.question_timeout_ms,
        default_expiry_ms: settings.default_expiry_ms,
        questions_per_minute: settings.questions_per_minute,
        block_lists: settings
            .block_lists
            .iter()
            .map(|path| BlockListView {
                path: path_text(path.as_path()),
                problem: snapshot.problem_of_list(path),
            })
            .collect(),
        limit_choices: Limit::ALL
            .map(|limit| limit_view(limit, settings, &limits))
            .to_vec(),
        limits,
        upstream_proxy: match &settings.upstream_proxy {
            UpstreamProxy::None => "none".to_owned(),
            UpstreamProxy::Environment => "environment".to_owned(),
            UpstreamProxy::Url(url) => url.to_string(),
        },
        managed: managed(snapshot).into_iter().map(str::to_owned).collect(),
        file: path_text(&snapshot.user.path),
    }
}

/// Who says what of one limit.
fn limit_view(limit: Limit, settings: &Settings, limits: &ResourceLimits) -> LimitView {
    let usual = limit.text(&settings.preset.limits());
    LimitView {
        limit,
        written: limit.text(&settings.limits),
        usual: usual.unwrap_or_else(|| limit.built_in()),
        managed: limit.text(&settings.managed_limits),
        in_force: limit.in_force(limits),
    }
}

/// The settings that an administrator made, by their names on the wire. Block-lists add up, so they are none of these.
fn managed(snapshot: &Snapshot) -> Vec<&'static str> {
    let is_set = |of: fn(&PolicyFile) -> bool| {
        snapshot
            .managed
            .iter()
            .filter_map(|one| one.good.as_ref())
            .any(of)
    };
    let names = [
        ("preset", is_set(|file| file.preset.is_some())),
        ("auto_approve", is_set(|file| file.auto_approve.is_some())),
        (
            "question_timeout_ms",
            is_set(|file| file.question_timeout_ms.is_some()),
        ),
        (
            "default_expiry_ms",
            is_set(|file| file.default_expiry_ms.is_some()),
        ),
    ];
    let set = names.into_iter().filter(|(_, is_set)| *is_set);
    set.map(|(name, _)| name).collect()
}

/// The settings that a change is about, by their names on the wire.
fn named(change: &SettingsChange) -> Vec<&'static str> {
    let SettingsChange {
        preset,
        auto_approve,
        question_timeout_ms,
        default_expiry_ms,
        block_lists,
        limits,
    } = change;
    let names = [
        ("preset", preset.is_some()),
        ("auto_approve", auto_approve.is_some()),
        ("question_timeout_ms", question_timeout_ms.is_some()),
        ("default_expiry_ms", default_expiry_ms.is_some()),
        ("block_lists", block_lists.is_some()),
        // An administrator's limits only tighten what is written.
        ("limits", !limits.is_empty()),
    ];
    let changed = names.into_iter().filter(|(_, is_changed)| *is_changed);
    changed.map(|(name, _)| name).collect()
}

fn parse(change: SettingsChange) -> Result<SettingsEdit, WireError> {
    let refuse = |reason: String| WireError::new(ErrorCode::Refused, reason);
    let path = |text: OsText| {
        let path = std::path::PathBuf::from(text);
        CanonicalPath::new(&path).ok_or_else(|| {
            refuse(format!(
                "{}: a block-list is an absolute path without `..`",
                path_text(&path).escape_debug()
            ))
        })
    };
    let lists = change.block_lists;
    let block_lists = lists.map(|lists| lists.into_iter().map(path).collect::<Result<_, _>>());
    let mut limits = LimitsEdit::default();
    for LimitChange { limit, value } in change.limits {
        let put = limits.put(limit, value.as_deref());
        put.map_err(|error| refuse(format!("{limit}: {error}")))?;
    }
    let edit = SettingsEdit {
        limits,
        preset: change.preset,
        auto_approve: change.auto_approve,
        question_timeout_ms: change.question_timeout_ms,
        default_expiry_ms: change.default_expiry_ms,
        block_lists: block_lists.transpose()?,
    };
    edit.checked().map_err(|error| refuse(error.to_string()))
}
