//! Waiting for a person: the place in the queue, its time-out, and the announcement of the question. Who is let through
//! is decided elsewhere.

use std::time::Duration;

use askbox_audit::{Durability, Outcome};
use askbox_policy::{Basis, Request};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::denial::DeniedBy;
use crate::event::GateEvent;
use crate::gate::{Gate, State};
use crate::questions::QuestionId;
use crate::questions::book::{Ticket, Waiting};
use crate::questions::open::{Stage, Told};
use crate::record;

/// What is left to one that has waited for its time.
enum TimeIsUp {
    /// Somebody is at the question: its time ends then.
    KeptUntil(Instant),
    /// It is off the question and denied.
    Denied,
    /// It was told at the last moment.
    Told,
}

/// The place of a requester in the queue; given up when it goes away.
struct WaitingPlace<'a> {
    gate: &'a Gate,
    ticket: Ticket,
}

/// A request that waits for a person, until its requester is told what came of it.
pub(crate) struct CountedWait<'a>(&'a watch::Sender<usize>);

impl<'a> CountedWait<'a> {
    pub(crate) fn begin(gate: &'a Gate) -> Self {
        gate.0.waiting.send_modify(|count| *count += 1);
        Self(&gate.0.waiting)
    }
}

impl Drop for CountedWait<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        self.gate.take_off(&mut self.gate.state(), self.ticket);
    }
}

impl Gate {
    /// Waits for what a question leads to, at most for `hold`, or for as long as the question is kept for somebody. What is new on it
    /// is logged and shown.
    pub(crate) async fn wait(&self, waiting: Waiting, hold: Duration, asked: Vec<(Request, Basis)>) -> Told {
        let Waiting { ticket, mut told, .. } = waiting;
        let _place = WaitingPlace { gate: self, ticket };
        if !asked.is_empty() {
            self.announce(ticket, asked);
        }
        let mut until = Instant::now() + hold;
        let answered = loop {
            tokio::select! {
                biased;
                answered = &mut told => break answered,
                () = tokio::time::sleep_until(until) => match self.time_is_up(ticket) {
                    TimeIsUp::KeptUntil(end) => until = end,
                    TimeIsUp::Denied => return Told::Denied(DeniedBy::TimedOut),
                    TimeIsUp::Told => break told.await,
                }
            }
        };
        answered.unwrap_or(Told::Denied(DeniedBy::TimedOut))
    }

    /// Puts the end of an open question off because a person is at it: some time is left to decide then, within bounds
    /// ([`crate::limits::KEPT_FOR`], [`crate::limits::KEPT_AT_MOST`]). Decides nothing. False when the question is not open.
    pub fn keep_question(&self, id: QuestionId) -> bool {
        let now = self.0.clock.now();
        let mut state = self.state();
        self.expire_questions(&mut state, &now);
        let Some(question) = state.book.get_mut(id) else {
            return false;
        };
        if question.keep(Instant::now(), &now) {
            self.tell_changed(&state, id);
        }
        true
    }

    /// Logs each Ask and then shows the question. In a task of its own: a requester that goes away meanwhile must not
    /// leave a question that nobody was told about.
    fn announce(&self, ticket: Ticket, asked: Vec<(Request, Basis)>) {
        let gate = self.clone();
        tokio::spawn(async move {
            let mut is_logged = false;
            for (request, basis) in asked {
                let entry = record::verdict(&request, Outcome::Ask, basis.to_string(), Some(ticket.question));
                match gate.0.log.record(entry, Durability::Unsynced).await {
                    Ok(_) => is_logged = true,
                    Err(error) => {
                        tracing::error!(%error, "a question is withdrawn because it cannot be logged");
                        gate.withdraw(&mut gate.state(), ticket.question, &request.target);
                    }
                }
            }
            let mut state = gate.state();
            let question = state.book.get_mut(ticket.question);
            // Of one that others are on as well, they tell.
            let Some(question) = question.filter(|_| is_logged) else {
                return;
            };
            if std::mem::replace(&mut question.announced, true) {
                gate.tell_changed(&state, ticket.question);
            } else {
                gate.tell(GateEvent::QuestionOpened(question.view()));
            }
        });
    }

    /// Looks after a waiter whose own time is over.
    fn time_is_up(&self, ticket: Ticket) -> TimeIsUp {
        let mut state = self.state();
        let question = state.book.get(ticket.question);
        match question.and_then(|question| question.kept_until) {
            Some(end) if Instant::now() < end => TimeIsUp::KeptUntil(end),
            Some(_) | None if self.take_off(&mut state, ticket) => TimeIsUp::Denied,
            Some(_) | None => TimeIsUp::Told,
        }
    }

    /// Takes a waiter off its question; false when it was told already.
    fn take_off(&self, state: &mut State, ticket: Ticket) -> bool {
        let now = self.0.clock.now();
        self.expire_questions(state, &now);
        let Some(question) = state.book.get_mut(ticket.question) else {
            return false;
        };
        let is_answering = question.stage == Stage::Answering;
        match question.leave(ticket.waiter) {
            Some(nobody_waits) => {
                if nobody_waits && !is_answering {
                    self.tell_changed(state, ticket.question);
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
