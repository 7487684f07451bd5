//! What happens by itself: questions run out, grants and rules end, the wall clock's high-water mark is written.

use std::time::Duration;

use askbox_audit::GrantChange;
use tokio::time::Instant;

use crate::changes::Change;
use crate::event::GateEvent;
use crate::gate::{Gate, Session, State};
use crate::grants::is_lasting;
use crate::limits;
use crate::record;

impl Gate {
    /// Looks after everything that has an end. Runs until it is dropped; the daemon runs it once.
    pub async fn run(&self) {
        loop {
            let next = self.tick().await;
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = self.0.wake.notified() => {}
            }
        }
    }

    /// Does what is due, and says when to look again.
    async fn tick(&self) -> Instant {
        let ended = {
            let mut state = self.state();
            let now = self.0.clock.now();
            state.rules.see(&now);
            self.expire_questions(&mut state, &now);
            self.expire_pause(&mut state, &now);
            let has_lapsed = state.book.lapse(Instant::now());
            let ended = state.rules.expire(&now);
            state.unlogged.extend(
                ended
                    .iter()
                    .map(|grant| record::grant(GrantChange::Expired, grant)),
            );
            state.is_dirty |= ended.iter().any(is_lasting);
            state.log_counts();
            if state.rules.has_rule_expired(&now) || has_lapsed || !ended.is_empty() {
                self.re_decide(&mut state, &Change::default(), &now);
            }
            if state.is_high_water_behind() && limits::HIGH_WATER_EVERY <= state.stored_at.elapsed() {
                state.is_dirty = true;
            }
            !ended.is_empty()
        };
        if ended {
            self.tell(GateEvent::GrantsChanged);
        }
        self.log_changes().await;
        self.store_or_report().await;
        self.store_usage_if_due().await;
        self.next_look()
    }

    fn next_look(&self) -> Instant {
        let state = self.state();
        let now = self.0.clock.now();
        let instant = Instant::now();
        let mut next = instant + limits::HIGH_WATER_EVERY;
        if let Some(deadline) = state.book.next_deadline() {
            next = next.min(deadline);
        }
        let counts = |session: &Session| [session.denials.next_due(), session.admissions.next_due()];
        if let Some(due) = state.sessions.values().flat_map(counts).flatten().min() {
            next = next.min(due);
        }
        if let Some(left) = state.pause_left_ms(&now) {
            next = next.min(instant + Duration::from_millis(left).min(limits::CLOCK_CHECK));
        }
        if let Some(left) = state.rules.next_end_ms(&now) {
            // Nothing left and not ended: a denial that outlasts a clock that was set back.
            let left = if left == 0 {
                limits::CLOCK_CHECK
            } else {
                Duration::from_millis(left)
            };
            next = next.min(instant + left.min(limits::CLOCK_CHECK));
        }
        next
    }
}

impl State {
    /// Has the counts of what repeated logged that are due.
    fn log_counts(&mut self) {
        for (id, session) in &mut self.sessions {
            self.unlogged.extend(session.denials.due(id, &session.project));
            self.unlogged.extend(session.admissions.due(id, &session.project));
        }
    }
}
