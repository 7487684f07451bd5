//! Taking grants back. What lived on them is cut at once. A log or a disk that fails is reported, but does not keep a
//! grant alive.

use askbox_audit::GrantChange;
use askbox_policy::{Grant, GrantId};

use crate::changes::Change;
use crate::event::GateEvent;
use crate::gate::Gate;
use crate::grants::{StoreError, is_lasting};
use crate::record;

/// Which grants to take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokeWhat {
    /// This one.
    Grant(GrantId),
    /// All of them.
    All,
}

/// Why a revocation is not complete. Except for an unknown grant, it has taken effect.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// There is no such grant.
    #[error("there is no grant {0}")]
    NoSuchGrant(GrantId),
    /// It is not in the log.
    #[error("revoked, but the log could not be written")]
    Log(#[source] askbox_audit::Error),
    /// It is still in grants.json, and would be back after a restart.
    #[error("revoked now, but not kept: it would hold again after a restart of the daemon")]
    Store(#[source] StoreError),
    /// The daemon is shutting down.
    #[error("the revocation was interrupted")]
    Interrupted,
}

impl Gate {
    /// Takes grants back and cuts what lived on them, *once* included. Returns how many there were.
    pub async fn revoke(&self, what: RevokeWhat) -> Result<usize, RevokeError> {
        let gate = self.clone();
        let task = tokio::spawn(async move { gate.take_back(what).await });
        task.await.unwrap_or(Err(RevokeError::Interrupted))
    }

    async fn take_back(&self, what: RevokeWhat) -> Result<usize, RevokeError> {
        let wanted = |grant: &Grant| match &what {
            RevokeWhat::Grant(id) => grant.id == *id,
            RevokeWhat::All => true,
        };
        let found: Vec<Grant> = self.state().rules.matching(wanted);
        if let RevokeWhat::Grant(id) = &what
            && found.is_empty()
        {
            return Err(RevokeError::NoSuchGrant(id.clone()));
        }
        let entries = found
            .iter()
            .map(|grant| record::grant(GrantChange::Revoked, grant))
            .collect();
        let logged = self.record_synced(entries).await;
        {
            let mut state = self.state();
            let now = self.0.clock.now();
            // Only what the log names: a grant that was given meanwhile was given after this.
            for grant in &found {
                state.rules.remove(&grant.id);
            }
            state.is_dirty |= found.iter().any(is_lasting);
            let change = match what {
                RevokeWhat::Grant(_) => Change::revoked(&found),
                RevokeWhat::All => Change::revoked_all(),
            };
            self.re_decide(&mut state, &change, &now);
        }
        if !found.is_empty() {
            self.tell(GateEvent::GrantsChanged);
        }
        self.log_changes().await;
        let stored = self.store().await;
        logged.map_err(RevokeError::Log)?;
        stored.map_err(RevokeError::Store)?;
        Ok(found.len())
    }
}
