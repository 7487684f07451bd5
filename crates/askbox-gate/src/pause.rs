//! A pause: for a while nobody is asked. What would be asked is denied at once and listed as missed; what rules decide is
//! decided as ever, and questions that are open stay open. It ends by the boot clock, which nobody can set.

use askbox_audit::DaemonChange;
use askbox_policy::Moment;

use crate::event::GateEvent;
use crate::gate::{Gate, State};
use crate::limits::PAUSE_MAX;
use crate::record;

/// Why there is no pause, or why it goes on.
#[derive(Debug, thiserror::Error)]
pub enum PauseError {
    /// It would be forgotten, and with it why everything fails.
    #[error("a pause is at most {} hours long", PAUSE_MAX.as_secs() / 3600)]
    TooLong,
    /// It cannot be logged, so nothing changed.
    #[error("nothing changed, since the log could not be written")]
    Log(#[source] askbox_audit::Error),
    /// The daemon is shutting down.
    #[error("the pause was interrupted")]
    Interrupted,
}

impl Gate {
    /// Asks nobody for so many milliseconds from now on, instead of what was paused before; `None` ends the pause.
    pub async fn pause(&self, for_ms: Option<u64>) -> Result<(), PauseError> {
        if for_ms.is_some_and(|for_ms| PAUSE_MAX.as_millis() < u128::from(for_ms)) {
            return Err(PauseError::TooLong);
        }
        let gate = self.clone();
        let task = tokio::spawn(async move {
            match for_ms {
                Some(for_ms) => gate.begin_pause(for_ms).await,
                None => gate.end_pause().await,
            }
        });
        task.await.unwrap_or(Err(PauseError::Interrupted))
    }

    /// Until when nobody is asked, in milliseconds since 1970 as the wall clock stands now; `None` where there is no pause.
    pub fn paused_until_ms(&self) -> Option<u64> {
        let now = self.0.clock.now();
        let left = self.state().pause_left_ms(&now)?;
        Some(now.wall_ms.saturating_add(left))
    }

    async fn begin_pause(&self, for_ms: u64) -> Result<(), PauseError> {
        let _turn = self.0.ends.lock().await;
        let detail = format!("nobody is asked for {} seconds", for_ms.div_ceil(1000));
        let entry = record::daemon(DaemonChange::Paused, &detail);
        self.record_synced(vec![entry]).await.map_err(PauseError::Log)?;
        {
            // Told under the lock, so that the news come in the order of what they tell.
            let mut state = self.state();
            let now = self.0.clock.now();
            state.pause_ends_boot_ms = Some(now.boot_ms.saturating_add(for_ms));
            self.tell(GateEvent::Paused {
                until_ms: Some(now.wall_ms.saturating_add(for_ms)),
            });
        }
        self.0.wake.notify_one();
        Ok(())
    }

    async fn end_pause(&self) -> Result<(), PauseError> {
        let _turn = self.0.ends.lock().await;
        if self.state().pause_ends_boot_ms.is_none() {
            return Ok(());
        }
        let entry = record::daemon(DaemonChange::PauseEnded, "a person ended it");
        self.record_synced(vec![entry]).await.map_err(PauseError::Log)?;
        let mut state = self.state();
        if state.pause_ends_boot_ms.take().is_some() {
            self.tell(GateEvent::Paused { until_ms: None });
        }
        Ok(())
    }

    /// Ends a pause whose time is over.
    pub(crate) fn expire_pause(&self, state: &mut State, now: &Moment) {
        if state.pause_ends_boot_ms.is_some() && state.pause_left_ms(now).is_none() {
            state.pause_ends_boot_ms = None;
            let entry = record::daemon(DaemonChange::PauseEnded, "its time was over");
            state.unlogged.push(entry);
            self.tell(GateEvent::Paused { until_ms: None });
        }
    }
}

impl State {
    /// How long nobody is asked yet; never 0.
    pub(crate) fn pause_left_ms(&self, now: &Moment) -> Option<u64> {
        let left = self.pause_ends_boot_ms?.checked_sub(now.boot_ms)?;
        (left != 0).then_some(left)
    }
}
