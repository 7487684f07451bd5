//! Trusting a project's own file, and saying what that puts in force.

use askbox_audit::path_text;
use askbox_policy::{CanonicalPath, Limit, LimitChoices, PolicyFile, Preset, SwitchChoices};
use askbox_wire::{ErrorCode, OsText, Response, TrustOutcome, TrustView, TrustedSetting, WireError};
use tokio::task::spawn_blocking;

use super::rules;
use crate::daemon::Daemon;
use crate::views;

pub(super) async fn trust(daemon: &Daemon, directory: &OsText) -> Result<Response, WireError> {
    let wanted = directory.as_path().to_owned();
    let real = spawn_blocking(move || std::fs::canonicalize(wanted))
        .await
        .map_err(|_ended| stopping())?;
    let real = real
        .map_err(|error| WireError::new(ErrorCode::Refused, format!("cannot open the directory: {error}")))?;
    let project = CanonicalPath::new(&real)
        .ok_or_else(|| WireError::new(ErrorCode::Refused, "not a directory that can be trusted"))?;
    let file = daemon
        .trust(project)
        .await
        .map_err(|error| rules::refused(&error))?;
    let rules = file
        .content
        .iter()
        .flat_map(|content| &content.rules)
        .map(views::rule)
        .collect();
    let settings = file.content.iter().flat_map(settings).collect();
    Ok(Response::Trusted(TrustView {
        path: path_text(&file.path),
        digest: file.digest,
        rules,
        settings,
    }))
}

/// What a file says beside its rules, in the order of the documentation. Of what a session takes from a project's file
/// (`SessionRules::with_project_file`, `LimitSources::project`), limits only ever tighten.
fn settings(file: &PolicyFile) -> Vec<TrustedSetting> {
    let PolicyFile {
        preset,
        auto_approve,
        identity,
        switches,
        question_timeout_ms,
        default_expiry_ms,
        block_lists,
        upstream_proxy,
        upstream_resolve,
        limits,
        rules: _,
    } = file;
    let mut settings = Vec::new();
    if let Some(preset) = preset {
        let outcome = match preset {
            Preset::Minimal => TrustOutcome::Tightens,
            Preset::Moderate | Preset::Development => TrustOutcome::Loosens,
        };
        settings.push(setting("preset", preset.to_string(), outcome));
    }
    settings.extend(walls(*switches));
    settings.extend(bounds(limits));
    let ignored = [
        ("auto_approve", auto_approve.is_some()),
        ("identity", identity.is_some()),
        ("questions.timeout", question_timeout_ms.is_some()),
        ("questions.default_expiry", default_expiry_ms.is_some()),
        ("network.block_lists", !block_lists.is_empty()),
        ("network.upstream_proxy", upstream_proxy.is_some()),
        ("network.upstream_resolve", upstream_resolve.is_some()),
    ];
    settings.extend(
        ignored
            .into_iter()
            .filter(|(_, is_said)| *is_said)
            .map(|(name, _)| TrustedSetting {
                name: name.to_owned(),
                value: None,
                outcome: TrustOutcome::Ignored,
            }),
    );
    settings
}

fn walls(switches: SwitchChoices) -> impl Iterator<Item = TrustedSetting> {
    let SwitchChoices {
        nested_sandbox,
        debugger,
    } = switches;
    let named = [
        ("sandbox.nested_sandbox", nested_sandbox),
        ("sandbox.debugger", debugger),
    ];
    named.into_iter().filter_map(|(name, is_down)| {
        let is_down = is_down?;
        let outcome = if is_down {
            TrustOutcome::Loosens
        } else {
            TrustOutcome::Tightens
        };
        Some(setting(name, is_down.to_string(), outcome))
    })
}

fn bounds(limits: &LimitChoices) -> impl Iterator<Item = TrustedSetting> {
    Limit::ALL.into_iter().filter_map(|limit| {
        let value = limit.text(limits)?;
        Some(setting(&format!("limits.{limit}"), value, TrustOutcome::Tightens))
    })
}

fn setting(name: &str, value: String, outcome: TrustOutcome) -> TrustedSetting {
    TrustedSetting {
        name: name.to_owned(),
        value: Some(value),
        outcome,
    }
}

fn stopping() -> WireError {
    WireError::new(ErrorCode::Stopping, "the daemon is ending")
}

#[cfg(test)]
mod tests;
