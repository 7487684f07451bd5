//! How often each rule and grant decided, and when last, and since when rules are there: a convenience for whoever tidies up,
//! never a base for a decision. Counted under the lock that a decision holds anyway; kept in usage.json, which is written at
//! most once a minute.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_paths::own_file;
use askbox_policy::{Basis, Moment, Policy, RuleId};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::gate::Gate;
use crate::limits;

/// The format that this version writes, and the only one that it reads.
const VERSION: u32 = 1;

/// How often something decided, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Requests that it decided.
    pub hits: u64,
    /// When it decided the last of them, in milliseconds since 1970.
    pub last_used_ms: u64,
}

/// What is counted, by the names of rules and grants.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    counted: HashMap<String, Usage>,
    /// When rules came into force, in milliseconds since 1970; those that came while no daemon ran are not here.
    added: HashMap<String, u64>,
    /// Where it is kept; nowhere until [`Gate::keep_usage`].
    file: Option<PathBuf>,
    is_behind: bool,
    written_at: Option<Instant>,
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    used: HashMap<String, Usage>,
    #[serde(default)]
    added: HashMap<String, u64>,
}

impl Uses {
    /// Remembers since when the rules are there that were not there before.
    pub(crate) fn note_new(&mut self, before: &Policy, after: &Policy, now: &Moment) {
        let known: HashSet<&RuleId> = before.rules().map(|rule| &rule.id).collect();
        for rule in after.rules().filter(|rule| !known.contains(&rule.id)) {
            self.added.insert(rule.id.0.clone(), now.wall_ms);
            self.is_behind = true;
        }
    }

    /// Counts a request that this decided. Flags are of one run, and what is no rule and no grant has no name.
    pub(crate) fn count(&mut self, basis: &Basis, now: &Moment) {
        let id = match basis {
            Basis::Managed(id) | Basis::Rule(id) | Basis::Unasked(Some(id)) => &id.0,
            Basis::Grant(id) => &id.0,
            Basis::Credential(_)
            | Basis::Startup(_)
            | Basis::Flag(_)
            | Basis::Profile(_)
            | Basis::SettingsCopy
            | Basis::BlockList(_)
            | Basis::Preset
            | Basis::Unusable(_)
            | Basis::AutoApprove
            | Basis::Lockdown
            | Basis::NonInteractive
            | Basis::NoRule
            | Basis::ForbiddenAddress(_)
            | Basis::Upstream(_)
            | Basis::Neighbour(_)
            | Basis::Malformed(_)
            | Basis::NotTcp(_)
            | Basis::Unasked(None) => return,
        };
        let usage = match self.counted.get_mut(id) {
            Some(usage) => usage,
            None => self.counted.entry(id.clone()).or_default(),
        };
        usage.hits = usage.hits.saturating_add(1);
        usage.last_used_ms = now.wall_ms;
        self.is_behind = true;
    }

    fn is_due(&self) -> bool {
        self.is_behind
            && self
                .written_at
                .is_none_or(|written| limits::USAGE_EVERY <= written.elapsed())
    }
}

impl Gate {
    /// Goes on counting from what this file holds, and keeps the counts there. One that cannot be read counts as empty.
    /// Blocks.
    pub fn keep_usage(&self, file: PathBuf) {
        let (counted, added) = load(&file).unwrap_or_else(|reason| {
            tracing::warn!(file = %file.display(), %reason, "how often rules decided is counted anew");
            Loaded::default()
        });
        let mut state = self.state();
        state.uses.counted = counted;
        state.uses.added = added;
        state.uses.file = Some(file);
    }

    /// How often rules and grants decided, by their names.
    pub fn usage(&self) -> HashMap<String, Usage> {
        self.state().uses.counted.clone()
    }

    /// When rules came into force, in milliseconds since 1970, by their names; without those that nobody saw coming.
    pub fn rules_added(&self) -> HashMap<String, u64> {
        self.state().uses.added.clone()
    }

    /// Writes the counts if they are behind and were not written within the last minute.
    pub(crate) async fn store_usage_if_due(&self) {
        if self.state().uses.is_due() {
            self.store_usage().await;
        }
    }

    /// Writes the counts if they are behind. Those of rules and grants that are gone are dropped. A file that cannot be
    /// written is tried again after a minute.
    pub async fn store_usage(&self) {
        let _turn = self.0.usage_writer.lock().await;
        let (file, counted, added, policy, grants) = {
            let mut state = self.state();
            let state = &mut *state;
            let Some(file) = state.uses.file.clone().filter(|_| state.uses.is_behind) else {
                return;
            };
            state.uses.is_behind = false;
            state.uses.written_at = Some(Instant::now());
            let grants = state.rules.matching(|_| true);
            (
                file,
                state.uses.counted.clone(),
                state.uses.added.clone(),
                Arc::clone(state.rules.policy()),
                grants,
            )
        };
        let written = tokio::task::spawn_blocking(move || {
            let rules = policy.rules().map(|rule| rule.id.0.as_str());
            let known: HashSet<&str> = rules
                .chain(grants.iter().map(|grant| grant.id.0.as_str()))
                .collect();
            let (used, unused): (HashMap<_, _>, HashMap<_, _>) = counted
                .into_iter()
                .partition(|(id, _)| known.contains(id.as_str()));
            let (added, forgotten): (HashMap<_, _>, HashMap<_, _>) =
                added.into_iter().partition(|(id, _)| known.contains(id.as_str()));
            let gone: HashSet<String> = unused.into_keys().chain(forgotten.into_keys()).collect();
            let stored = Stored {
                version: VERSION,
                used,
                added,
            };
            let written = serde_json::to_vec(&stored)
                .map_err(std::io::Error::other)
                .and_then(|json| own_file::replace_unsynced(&file, &json));
            (written, gone)
        });
        let (written, gone) = match written.await {
            Ok((written, gone)) => (written, gone),
            Err(ended) => (Err(std::io::Error::other(ended)), HashSet::new()),
        };
        let mut state = self.state();
        let state = &mut *state;
        // One of them may have been made again meanwhile.
        let grants = state.rules.matching(|grant| gone.contains(&grant.id.0));
        let rules = state.rules.policy().rules().map(|rule| rule.id.0.as_str());
        let back: HashSet<&str> = rules
            .chain(grants.iter().map(|grant| grant.id.0.as_str()))
            .collect();
        let is_gone = |id: &String| gone.contains(id) && !back.contains(id.as_str());
        state.uses.counted.retain(|id, _| !is_gone(id));
        state.uses.added.retain(|id, _| !is_gone(id));
        if let Err(error) = written {
            tracing::warn!(%error, "how often rules decided is not stored");
            state.uses.is_behind = true;
        }
    }
}

/// What the file holds: uses, and since when rules are there.
type Loaded = (HashMap<String, Usage>, HashMap<String, u64>);

fn load(file: &Path) -> Result<Loaded, String> {
    let Some(text) = own_file::read(file, limits::USAGE_FILE_BYTES).map_err(|error| error.to_string())?
    else {
        return Ok(Loaded::default());
    };
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if stored.version == VERSION {
        Ok((stored.used, stored.added))
    } else {
        Err(format!(
            "format {}, and this Askbox knows {VERSION}",
            stored.version
        ))
    }
}
