//! Changes of settings: in the log, synced, before policy.toml is touched.

use std::path::Path;

use askbox_audit::PolicyChange;
use askbox_policy::policy_file::{self, SettingsEdit};
use askbox_policy::{CanonicalPath, Kind};
use tokio::task::spawn_blocking;

use super::{StoreError, snapshot};
use crate::daemon::Daemon;

impl Daemon {
    /// Writes settings into policy.toml and puts them in force. An administrator's block-lists are in force anyway and are
    /// left out; a new one that cannot be read is refused, since no session would start.
    pub(crate) async fn change_settings(&self, mut edit: SettingsEdit) -> Result<(), StoreError> {
        let _changing = self.policy.changing.lock().await;
        let snapshot = self.policy.snapshot();
        if let Some(lists) = &mut edit.block_lists {
            lists.retain(|list| !snapshot.is_managed_list(list));
            let known = &snapshot.policy.settings().block_lists;
            let new: Vec<CanonicalPath> = lists
                .iter()
                .filter(|list| !known.contains(list))
                .cloned()
                .collect();
            let checked = spawn_blocking(move || new.iter().try_for_each(|list| readable(list.as_path())));
            checked.await.map_err(|_ended| StoreError::Interrupted)??;
        }
        if edit.is_empty() {
            return Ok(());
        }
        self.log_change(PolicyChange::Changed, summary(&edit))
            .await
            .map_err(StoreError::Log)?;
        let changed = self.change_file(move |text, context| {
            let changed = policy_file::change_settings(text, &edit, context)?;
            Ok((changed != text).then_some(changed))
        });
        if let Err(error) = changed.await {
            let detail = format!("the settings are as they were: {}", crate::views::chain(&error));
            if let Err(error) = self.log_change(PolicyChange::Rejected, detail).await {
                tracing::error!(%error, "a change of settings that failed stands in the log");
            }
            return Err(error);
        }
        let after = self.read_policy(false).await.ok_or(StoreError::Interrupted)?;
        self.put_in_force(after).await;
        Ok(())
    }
}

fn readable(path: &Path) -> Result<(), StoreError> {
    match snapshot::read_list(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError::List(format!(
            "the block-list {} cannot be read: {error}",
            path.display()
        ))),
    }
}

/// What is changed, for the log.
fn summary(edit: &SettingsEdit) -> String {
    let SettingsEdit {
        preset,
        auto_approve,
        question_timeout_ms,
        default_expiry_ms,
        block_lists,
        limits,
    } = edit;
    let kinds = |kinds: &Vec<Kind>| {
        kinds
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let paths = |paths: &Vec<CanonicalPath>| {
        let texts = paths.iter().map(|path| askbox_audit::path_text(path.as_path()));
        texts.collect::<Vec<_>>().join(", ")
    };
    let limits = limits.texts().map(|(limit, text)| match text {
        Some(text) => format!("limits.{limit} = {text}"),
        None => format!("limits.{limit} as the preset says"),
    });
    let parts = [
        preset.map(|preset| format!("preset = {preset}")),
        auto_approve
            .as_ref()
            .map(|approved| format!("auto_approve = [{}]", kinds(approved))),
        question_timeout_ms.map(|milliseconds| format!("question_timeout = {milliseconds} ms")),
        default_expiry_ms.map(|milliseconds| format!("default_expiry = {milliseconds} ms")),
        block_lists
            .as_ref()
            .map(|lists| format!("block_lists = [{}]", paths(lists))),
    ];
    parts
        .into_iter()
        .flatten()
        .chain(limits)
        .collect::<Vec<_>>()
        .join("; ")
}
