//! The policy on disk and in force: policy.toml, an administrator's files, block-lists, trusted project files.
//!
//! A broken file keeps its last good content and is reported; nothing here ever falls open. A change of rules is in the
//! log, synced, before it is in force. When the log fails, only one that tightens comes into force; any other waits until it
//! can be logged. What somebody else writes into policy.toml in the very moment of a change of ours comes into force with it
//! and has no event of its own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use askbox_audit::{Durability, Entry, PolicyChange, RuleChange};
use askbox_paths::own_file::KeptAside;
use askbox_policy::limits::POLICY_FILE_BYTES;
use askbox_policy::policy_file::{self, EditError};
use askbox_policy::rule::Origin;
use askbox_policy::{CanonicalPath, Policy, Rule, RuleId};
use askbox_wire::Event;
use tokio::task::spawn_blocking;

use crate::daemon::Daemon;
use crate::error::Error;

mod aliases;
mod edit;
mod files;
mod obeyed;
mod search;
mod settings;
mod snapshot;
mod trust;

pub(crate) use edit::ChangeError;
pub(crate) use files::{PolicySource, SourceState};
pub(crate) use obeyed::obeyed_files;
pub(crate) use search::names;
pub(crate) use snapshot::{Places, Snapshot};
use trust::Trusted;
pub(crate) use trust::{PROJECT_FILE, ProjectFile, Trust, hexadecimal};

/// The policy of this machine and user.
#[derive(Debug)]
pub(crate) struct PolicyStore {
    places: Places,
    snapshot: Mutex<Arc<Snapshot>>,
    /// The directories of the PATH that was learnt last.
    search: Mutex<Vec<PathBuf>>,
    trusted_path: PathBuf,
    trusted: Mutex<Trusted>,
    /// Held by whoever changes any of it, so that changes follow one another.
    changing: tokio::sync::Mutex<()>,
}

/// Why rules were not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The file was not changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The change cannot be logged, so it has no effect.
    #[error("the change cannot be logged and has no effect")]
    Log(#[source] askbox_audit::Error),
    /// The rule that another shall become stands in the file already.
    #[error("rule {0} says that already")]
    Twice(RuleId),
    /// A block-list that would keep every session from starting.
    #[error("{0}")]
    List(String),
    /// A project has no file to trust.
    #[error("there is no {0}")]
    NoProjectFile(String),
    /// A project's file cannot be trusted as it is.
    #[error("{0}")]
    Project(String),
    /// The daemon is ending.
    #[error("the change was interrupted")]
    Interrupted,
}

impl PolicyStore {
    /// Reads everything; a broken list of trusted files is kept aside. Blocks.
    pub(crate) fn open(places: Places, trusted_path: PathBuf) -> Result<(Self, Option<KeptAside>), Error> {
        let snapshot = Mutex::new(Arc::new(Snapshot::read(&places, None)));
        let (trusted, kept_aside) = Trusted::load(&trusted_path).map_err(|source| Error::Trusted {
            path: trusted_path.clone(),
            source,
        })?;
        let store = Self {
            places,
            snapshot,
            search: Mutex::default(),
            trusted_path,
            trusted: Mutex::new(trusted),
            changing: tokio::sync::Mutex::default(),
        };
        Ok((store, kept_aside))
    }

    /// The policy in force and what it was made from.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The policy in force.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.snapshot().policy)
    }

    /// Whether the user trusts a project's file as it is.
    pub(crate) fn trust_in(&self, file: &ProjectFile) -> Trust {
        self.trusted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .of(file)
    }

    fn put(&self, snapshot: Arc<Snapshot>) {
        *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}

impl Daemon {
    /// Looks whether anything changed on disk, and puts it in force.
    pub(crate) async fn check_policy(&self) {
        let _changing = self.policy.changing.lock().await;
        self.look_again().await;
    }

    /// The same for whoever is changing something.
    async fn look_again(&self) {
        let Some(after) = self.read_policy(true).await else {
            return;
        };
        let before = self.policy.snapshot();
        if before.says_the_same(&after) {
            if before.policy.lists().has_names_of(after.policy.lists()) {
                self.policy.put(after);
            } else {
                self.put_in_force(after).await;
            }
            return;
        }
        if let Err(error) = self.log_policy(&before, &after).await {
            if !after.only_tightens(&before) {
                tracing::error!(%error, "a change of the policy is not in the log and has no effect; it is tried again");
                return;
            }
            tracing::error!(%error, "a tighter policy is in force and not in the log");
        }
        self.put_in_force(after).await;
    }

    async fn put_in_force(&self, snapshot: Arc<Snapshot>) {
        self.policy.put(Arc::clone(&snapshot));
        self.gate.set_policy(Arc::clone(&snapshot.policy)).await;
        self.tell(Event::PolicyChanged(crate::views::policy(&snapshot)));
    }

    /// Writes rules into policy.toml and puts them in force. Those that stand there already stay once. Returns those
    /// that are new, as they stand there.
    pub(crate) async fn add_rules(&self, rules: Vec<Rule>) -> Result<Vec<Rule>, StoreError> {
        let _changing = self.policy.changing.lock().await;
        let snapshot = self.policy.snapshot();
        let mut new: Vec<Rule> = Vec::new();
        for rule in rules {
            let known = snapshot.user.rules().chain(&new).any(|one| one.id == rule.id);
            if !known {
                new.push(rule);
            }
        }
        if new.is_empty() {
            return Ok(new);
        }
        let written = new.clone();
        let changes = new.iter().map(|rule| (RuleChange::Added, rule.clone())).collect();
        self.change_rules(changes, move |text, context| {
            policy_file::append_rules(text, &written, context).map(Some)
        })
        .await?;
        Ok(new)
    }

    /// Puts a rule in the place of one in policy.toml, and in force. Returns whether that stood there.
    pub(crate) async fn replace_rule(&self, id: RuleId, rule: Rule) -> Result<bool, StoreError> {
        let _changing = self.policy.changing.lock().await;
        let snapshot = self.policy.snapshot();
        let Some(before) = snapshot.user.rules().find(|one| one.id == id) else {
            return Ok(false);
        };
        let is_other = rule.id != id;
        if is_other && snapshot.user.rules().any(|one| one.id == rule.id) {
            return Err(StoreError::Twice(rule.id));
        }
        let changes = vec![
            (RuleChange::Removed, before.clone()),
            (RuleChange::Added, rule.clone()),
        ];
        self.change_rules(changes, move |text, context| {
            policy_file::replace_rule(text, &id, &rule, context)
        })
        .await
    }

    /// Takes rules out of policy.toml. Returns those that stood there.
    pub(crate) async fn remove_rules(&self, ids: Vec<RuleId>) -> Result<Vec<Rule>, StoreError> {
        let _changing = self.policy.changing.lock().await;
        let snapshot = self.policy.snapshot();
        let file = snapshot.user.rules();
        let found: Vec<Rule> = file.filter(|rule| ids.contains(&rule.id)).cloned().collect();
        if found.is_empty() {
            return Ok(found);
        }
        let gone: Vec<RuleId> = found.iter().map(|rule| rule.id.clone()).collect();
        let removals = found
            .iter()
            .map(|rule| (RuleChange::Removed, rule.clone()))
            .collect();
        let removed = self.change_rules(removals, move |text, context| {
            let mut changed = None;
            for id in &gone {
                let before = changed.as_deref().unwrap_or(text);
                if let Some(after) = policy_file::remove_rule(before, id, context)? {
                    changed = Some(after);
                }
            }
            Ok(changed)
        });
        Ok(if removed.await? { found } else { Vec::new() })
    }

    /// The text of policy.toml as it is now; empty where there is none.
    pub(crate) async fn policy_text(&self) -> Result<String, StoreError> {
        let path = self.policy.places.user.clone();
        let read = spawn_blocking(move || match files::read(&path, POLICY_FILE_BYTES as u64) {
            Ok(found) => Ok(found.content),
            Err(_) if files::is_absent(&path) => Ok(String::new()),
            Err(source) => Err(ChangeError::Read { path, source }),
        });
        Ok(read.await.map_err(|_ended| StoreError::Interrupted)??)
    }

    /// Logs a change of rules, makes it, and puts it in force. A change that then cannot be made is logged as undone. Returns
    /// whether it was made: somebody else may have taken out what it was about.
    async fn change_rules(
        &self,
        changes: Vec<(RuleChange, Rule)>,
        edit: impl Fn(&str, &policy_file::Context) -> Result<Option<String>, EditError> + Send + 'static,
    ) -> Result<bool, StoreError> {
        self.log_rules(&changes).await.map_err(StoreError::Log)?;
        let done = self.change_file(edit).await;
        if let Ok(true) = done {
            let after = self.read_policy(false).await.ok_or(StoreError::Interrupted)?;
            self.put_in_force(after).await;
            return done;
        }
        let undone: Vec<_> = changes
            .into_iter()
            .map(|(change, rule)| (change.undone(), rule))
            .collect();
        if let Err(error) = self.log_rules(&undone).await {
            tracing::error!(%error, "a change of rules that failed stands in the log");
        }
        // Otherwise what somebody else wrote would be known a moment later.
        self.look_again().await;
        done
    }

    /// Changes policy.toml on disk alone. Returns whether that changed anything.
    async fn change_file(
        &self,
        edit: impl Fn(&str, &policy_file::Context) -> Result<Option<String>, EditError> + Send + 'static,
    ) -> Result<bool, StoreError> {
        let places = self.policy.places.clone();
        let changed = spawn_blocking(move || {
            let context = files::context(&places.home, Origin::Written);
            edit::change(&places.user, |text| edit(text, &context))
        });
        Ok(changed.await.map_err(|_ended| StoreError::Interrupted)??)
    }

    /// Trusts a project's file as it is now.
    pub(crate) async fn trust(&self, project: CanonicalPath) -> Result<ProjectFile, StoreError> {
        let _changing = self.policy.changing.lock().await;
        let home = self.home.clone();
        let shown = project.as_path().join(PROJECT_FILE).display().to_string();
        let file = spawn_blocking(move || ProjectFile::read(&project, &home)).await;
        let file = match file.map_err(|_ended| StoreError::Interrupted)? {
            Ok(Some(file)) => file,
            Ok(None) => return Err(StoreError::NoProjectFile(shown)),
            Err(error) => return Err(StoreError::Project(format!("cannot read {shown}: {error}"))),
        };
        if let Err(problems) = &file.content {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            return Err(StoreError::Project(format!("{shown}: {first}")));
        }
        let detail = format!("{} {}", askbox_audit::path_text(&file.path), file.digest);
        self.log_change(PolicyChange::Trusted, detail)
            .await
            .map_err(StoreError::Log)?;
        let path = self.policy.trusted_path.clone();
        let before = self
            .policy
            .trusted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let written = spawn_blocking(move || match before.with(&file, &path) {
            Ok(after) => Ok((after, file)),
            Err(source) => Err(ChangeError::Write { path, source }),
        });
        let (after, file) = written.await.map_err(|_ended| StoreError::Interrupted)??;
        *self.policy.trusted.lock().unwrap_or_else(PoisonError::into_inner) = after;
        Ok(file)
    }

    /// Reads the sources that changed; `None` when none did and `only_if_changed`, or when the daemon is ending.
    async fn read_policy(&self, only_if_changed: bool) -> Option<Arc<Snapshot>> {
        let (places, before) = (self.policy.places.clone(), self.policy.snapshot());
        let read = spawn_blocking(move || {
            let is_wanted = !only_if_changed || !before.is_current(&places);
            is_wanted.then(|| Arc::new(Snapshot::read(&places, Some(&before))))
        });
        read.await.ok().flatten()
    }

    /// The last entry waits for the disk, and with it all before it.
    async fn log_rules(&self, changes: &[(RuleChange, Rule)]) -> Result<(), askbox_audit::Error> {
        let Some((last, before)) = changes.split_last() else {
            return Ok(());
        };
        let entry = |(change, rule): &(RuleChange, Rule)| Entry::of_rule(*change, rule.clone());
        for one in before {
            self.log.record(entry(one), Durability::Unsynced).await?;
        }
        self.log
            .record(entry(last), Durability::Synced)
            .await
            .map(|_seq| ())
    }

    async fn log_change(&self, change: PolicyChange, detail: String) -> Result<(), askbox_audit::Error> {
        let entry = Entry::of_policy(change, detail);
        self.log.record(entry, Durability::Synced).await.map(|_seq| ())
    }

    /// Logs what changed on disk.
    async fn log_policy(&self, before: &Snapshot, after: &Snapshot) -> Result<(), askbox_audit::Error> {
        let ids = |snapshot: &Snapshot| -> Vec<RuleId> {
            snapshot.policy.rules().map(|rule| rule.id.clone()).collect()
        };
        let (old, new) = (ids(before), ids(after));
        let added = new.iter().filter(|id| !old.contains(id)).count();
        let removed = old.iter().filter(|id| !new.contains(id)).count();
        let summary = format!("{} rules, {added} added, {removed} removed", new.len());
        let mut entries = vec![(PolicyChange::Loaded, summary)];
        let warnings = before.warnings();
        let fresh = after
            .warnings()
            .into_iter()
            .filter(|warning| !warnings.contains(warning));
        entries.extend(fresh.map(|warning| (PolicyChange::Rejected, warning)));
        for (change, detail) in entries {
            tracing::info!(change = change.name(), %detail, "policy");
            self.log_change(change, detail).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
