//! What one front end follows: the gate, the log, and the daemon's own news, as the wire's events.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;

use askbox_gate::GateEvent;
use askbox_policy::SessionId;
use askbox_wire::{Event, Follow, Topic};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::daemon::Daemon;
use crate::views;

/// The sources that a front end follows; empty at first.
#[derive(Debug, Default)]
pub(crate) struct Following {
    session: Option<SessionId>,
    topics: Vec<Topic>,
    /// Events to send before anything new.
    first: VecDeque<Event>,
    questions: Option<Receiver<GateEvent>>,
    log: Option<Receiver<Arc<askbox_audit::Event>>>,
    news: Option<Receiver<Arc<Event>>>,
}

impl Following {
    /// Follows this and nothing else from now on.
    pub(crate) fn new(daemon: &Daemon, follow: Follow) -> Self {
        let Follow { topics, session } = follow;
        let wants = |topic| topics.contains(&topic);
        // Subscribed before the open ones are listed, so that none falls between.
        let questions = wants(Topic::Questions).then(|| daemon.gate.subscribe());
        let open = if wants(Topic::Questions) {
            daemon.gate.open_questions()
        } else {
            Vec::new()
        };
        let shown_by = daemon.shown_by();
        let first = open
            .iter()
            .map(|question| Event::QuestionOpened(views::question(question, &shown_by)));
        let mut following = Self {
            first: first.collect(),
            log: wants(Topic::Log).then(|| daemon.log.subscribe()),
            news: [Topic::Sessions, Topic::Policy, Topic::Flagged, Topic::Limits]
                .into_iter()
                .any(wants)
                .then(|| daemon.news.subscribe()),
            questions,
            session,
            topics,
        };
        let mut first = std::mem::take(&mut following.first);
        first.retain(|event| following.is_wanted(event));
        following.first = first;
        following
    }

    /// The next event that is wanted. Pends for ever when nothing is followed. May be dropped at any time.
    pub(crate) async fn next(&mut self, daemon: &Daemon) -> Event {
        loop {
            if let Some(event) = self.first.pop_front() {
                return event;
            }
            let event = tokio::select! {
                event = receive(&mut self.questions) => event.map(|event| views::gate_event(&event, &daemon.shown_by())),
                event = receive(&mut self.log) => event.and_then(|event| log_event(&event)),
                event = receive(&mut self.news) => event.map(Arc::unwrap_or_clone),
            };
            match event {
                Ok(event) if !self.is_wanted(&event) => {}
                Ok(event) => return event,
                Err(missed) => return Event::Lagged { missed },
            }
        }
    }

    /// Whether topic and session fit.
    fn is_wanted(&self, event: &Event) -> bool {
        let (topic, session) = match event {
            Event::QuestionOpened(question) | Event::QuestionChanged(question) => {
                (Topic::Questions, Some(&question.session))
            }
            Event::Missed(missed) => (Topic::Questions, Some(&missed.question.session)),
            Event::SessionQuiet { session, .. } => (Topic::Questions, Some(session)),
            Event::QuestionClosed { .. }
            | Event::Paused { .. }
            | Event::Lockdown { .. }
            | Event::MissedDropped { .. }
            | Event::MissedChanged
            | Event::GrantsChanged => (Topic::Questions, None),
            Event::SessionChanged(session) => (Topic::Sessions, Some(&session.id)),
            Event::SessionEnded { session } | Event::SessionStopping { session, .. } => {
                (Topic::Sessions, Some(session))
            }
            Event::LimitHit { session, .. } => (Topic::Limits, Some(session)),
            Event::Flagged { session, .. } | Event::Refused { session, .. } => {
                (Topic::Flagged, Some(session))
            }
            Event::PolicyChanged(_) => (Topic::Policy, None),
            Event::Log(event) => {
                let session = event.get("session").and_then(|session| session.as_str());
                let other = self
                    .session
                    .as_ref()
                    .is_some_and(|own| session.is_some_and(|one| one != own.0));
                return self.topics.contains(&Topic::Log) && !other;
            }
            Event::Lagged { .. } | Event::Stopping => return true,
        };
        let other = self
            .session
            .as_ref()
            .is_some_and(|own| session.is_some_and(|one| one != own));
        self.topics.contains(&topic) && !other
    }
}

/// The next of one source: an event, or how many were missed. Pends for ever when it is not followed or has ended.
async fn receive<T: Clone>(source: &mut Option<Receiver<T>>) -> Result<T, u64> {
    let Some(receiver) = source else {
        return pending().await;
    };
    match receiver.recv().await {
        Ok(event) => Ok(event),
        Err(RecvError::Lagged(missed)) => Err(missed),
        Err(RecvError::Closed) => {
            *source = None;
            pending().await
        }
    }
}

/// An event that has no JSON form counts as missed.
fn log_event(event: &askbox_audit::Event) -> Result<Event, u64> {
    serde_json::to_value(event)
        .map(Event::Log)
        .map_err(|_unrepresentable| 1)
}
