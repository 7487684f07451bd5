//! Waiting for a person: the place in the queue, its time-out, and the announcement of the question. Who is let through
//! is decided elsewhere.

use std::time::Duration;

use askbox_audit::{Durability, Outcome};
use askbox_policy::{Basis, Request};

use crate::denial::DeniedBy;
use crate::event::GateEvent;
use crate::gate::{Gate, State};
use crate::questions::QuestionId;
use crate::questions::book::{Ticket, Waiting};
use crate::questions::open::{Stage, Told};
use crate::record;

/// The place of a requester in the queue; given up when it goes away.
struct WaitingPlace<'a> {
    gate: &'a Gate,
    ticket: Ticket,
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        self.gate.give_up(self.ticket);
    }
}

impl Gate {
    /// Waits for what a question leads to, at most for `hold`. What is new on it is logged and shown.
    pub(crate) async fn wait(&self, waiting: Waiting, hold: Duration, asked: Vec<(Request, Basis)>) -> Told {
        let Waiting { ticket, mut told, .. } = waiting;
        let _place = WaitingPlace { gate: self, ticket };
        if !asked.is_empty() {
            self.announce(ticket, asked);
        }
        let answered = tokio::select! {
            biased;
            answered = &mut told => answered,
            () = tokio::time::sleep(hold) => {
                if self.give_up(ticket) {
                    return Told::Denied(DeniedBy::TimedOut);
                }
                // It was answered at the last moment.
                told.await
            }
        };
        answered.unwrap_or(Told::Denied(DeniedBy::TimedOut))
    }

    /// Logs each Ask and then shows the question. In a task of its own: a requester that goes away meanwhile must not
    /// leave a question that nobody was told about.
    fn announce(&self, ticket: Ticket, asked: Vec<(Request, Basis)>) {
        let gate = self.clone();
        tokio::spawn(async move {
            for (request, basis) in asked {
                let entry = record::verdict(&request, Outcome::Ask, basis.to_string(), Some(ticket.question));
                if let Err(error) = gate.0.log.record(entry, Durability::Unsynced).await {
                    tracing::error!(%error, "a question is withdrawn because it cannot be logged");
                    gate.withdraw(&mut gate.state(), ticket.question, &request.target);
                }
            }
            let mut state = gate.state();
            let Some(question) = state.book.get_mut(ticket.question) else {
                return;
            };
            if std::mem::replace(&mut question.announced, true) {
                gate.tell_changed(&state, ticket.question);
            } else {
                gate.tell(GateEvent::QuestionOpened(question.view()));
            }
        });
    }

    /// Takes a waiter off its question; false when it was told already.
    fn give_up(&self, ticket: Ticket) -> bool {
        let now = self.0.clock.now();
        let mut state = self.state();
        self.expire_questions(&mut state, &now);
        let Some(question) = state.book.get_mut(ticket.question) else {
            return false;
        };
        let is_answering = question.stage == Stage::Answering;
        match question.leave(ticket.waiter) {
            Some(nobody_waits) => {
                if nobody_waits && !is_answering {
                    self.tell_changed(&state, ticket.question);
                }
                true
            }
            None => false,
        }
    }

    /// Shows how a question is now, if it was shown before.
    pub(crate) fn tell_changed(&self, state: &State, id: QuestionId) {
        if let Some(question) = state.book.get(id).filter(|question| question.announced)
            && 0 < self.0.events.receiver_count()
        {
            self.tell(GateEvent::QuestionChanged(question.view()));
        }
    }
}
