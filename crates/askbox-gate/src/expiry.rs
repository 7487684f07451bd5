//! Moving the end of a grant. A person's decision like an answer: it is in the log, synced, before it has an effect.

use askbox_audit::GrantChange;
use askbox_policy::limits::{GRANT_MS, ONCE_MS};
use askbox_policy::{Expiry, Grant, GrantId, Scope};

use crate::event::GateEvent;
use crate::gate::Gate;
use crate::grants::{StoreError, is_lasting};
use crate::record;

/// Why the end of a grant was not moved, or is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ExpiryError {
    /// There is no such grant, or it has ended.
    #[error("there is no grant {0}")]
    NoSuchGrant(GrantId),
    /// It would end at once, which is a revocation and looks like one in the log.
    #[error("a grant that shall end now is revoked")]
    Now,
    /// It would hold longer than an answer of its scope may.
    #[error("this grant can hold for at most {} minutes from now", .longest_ms / 60_000)]
    TooLong {
        /// The longest time that it can.
        longest_ms: u64,
    },
    /// The change cannot be logged, so it has no effect.
    #[error("the change cannot be logged and has no effect")]
    Log(#[source] askbox_audit::Error),
    /// It is not in grants.json: the old end would count after a restart.
    #[error("moved now, but not kept: the old end would count again after a restart of the daemon")]
    Store(#[source] StoreError),
    /// The daemon is shutting down.
    #[error("the change was interrupted")]
    Interrupted,
}

impl Gate {
    /// Lets a grant end `after_ms` from now, sooner or later than it would have. What lives on it is cut then.
    pub async fn set_expiry(&self, id: GrantId, after_ms: u64) -> Result<Grant, ExpiryError> {
        let gate = self.clone();
        // Takes effect once, even if the caller goes away.
        let task = tokio::spawn(async move { gate.move_end(id, after_ms).await });
        task.await.unwrap_or(Err(ExpiryError::Interrupted))
    }

    async fn move_end(&self, id: GrantId, after_ms: u64) -> Result<Grant, ExpiryError> {
        let turn = self.0.ends.lock().await;
        let found = self.grants().into_iter().find(|grant| grant.id == id);
        let Some(grant) = found else {
            return Err(ExpiryError::NoSuchGrant(id));
        };
        let longest_ms = match grant.scope {
            Scope::Once { .. } => ONCE_MS,
            Scope::Session(_) | Scope::Project(_) | Scope::Everywhere => GRANT_MS,
        };
        if after_ms == 0 {
            return Err(ExpiryError::Now);
        }
        if longest_ms < after_ms {
            return Err(ExpiryError::TooLong { longest_ms });
        }
        let expires = Expiry::after(&self.0.clock.now(), after_ms);
        let moved = Grant {
            expires: Some(expires.clone()),
            ..grant
        };
        self.record_synced(vec![record::grant(GrantChange::Moved, &moved)])
            .await
            .map_err(ExpiryError::Log)?;
        {
            let mut state = self.state();
            // It may have ended, been used up or been revoked while this was logged; that event is in the log then.
            if state.rules.set_expiry(&id, expires).is_none() {
                return Err(ExpiryError::NoSuchGrant(id));
            }
            state.is_dirty |= is_lasting(&moved);
        }
        drop(turn);
        self.tell(GateEvent::GrantsChanged);
        self.0.wake.notify_one();
        self.store().await.map_err(ExpiryError::Store)?;
        Ok(moved)
    }
}
