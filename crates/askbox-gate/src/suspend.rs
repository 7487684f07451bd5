//! Suspend: a program that waits for a person waits in the kernel, some where it cannot be frozen, and the machine would not sleep.
//! So before it does, all that wait are denied, and their questions are listed as missed, to be answered for the next time. Nobody
//! waits there for a question about growth: its session is frozen already, and stays so.

use askbox_policy::{Kind, WhyMissed};
use tokio::time::Instant;

use crate::denial::DeniedBy;
use crate::gate::{Gate, State};
use crate::limits::{SUSPEND_SETTLE, SUSPENDING};
use crate::questions::open::{Open, Stage};

impl Gate {
    /// The machine is about to sleep, or it has slept, or does not after all: denies what waits, and until then what would be asked.
    /// Returns when what waited has heard of it.
    pub async fn suspend(&self, begins: bool) {
        {
            let mut state = self.state();
            state.suspending_until = begins.then(|| Instant::now() + SUSPENDING);
            if begins {
                let now = self.0.clock.now();
                // An answer on its way tells those that wait in a moment.
                let ends =
                    |question: &Open| question.stage != Stage::Answering && question.key.kind != Kind::Growth;
                for id in state.book.ids(ends) {
                    self.miss(&mut state, id, WhyMissed::Suspended, &DeniedBy::Suspended, &now);
                }
            }
        }
        self.log_changes().await;
        if begins {
            let mut waiting = self.0.waiting.subscribe();
            // Whoever is denied later than that keeps the machine awake for as long.
            drop(tokio::time::timeout(SUSPEND_SETTLE, waiting.wait_for(|count| *count == 0)).await);
        }
    }
}

impl State {
    /// Whether the machine is about to sleep. The clock stands still while it does.
    pub(crate) fn is_suspending(&self) -> bool {
        self.suspending_until.is_some_and(|until| Instant::now() < until)
    }
}
