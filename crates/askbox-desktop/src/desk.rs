//! What the app knows of the daemon: lists that one connection brought, kept current by its events. Asks for nothing.

use std::collections::BTreeSet;

use askbox_policy::SessionId;
use askbox_wire::{Event, MissedView, QuestionView, SessionView, StatusView};

/// The lists as they stood at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The daemon.
    pub status: StatusView,
    /// Open questions, oldest first.
    pub questions: Vec<QuestionView>,
    /// Missed questions, oldest first.
    pub missed: Vec<MissedView>,
    /// Sessions, oldest first.
    pub sessions: Vec<SessionView>,
}

/// Why there is no daemon to speak with. Harmless text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absence {
    /// What happened.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What the app knows.
#[derive(Clone, Debug)]
pub struct Desk {
    known: Result<Known, Absence>,
}

/// What it knows while there is a daemon.
#[derive(Clone, Debug)]
pub struct Known {
    /// The daemon, as it said last.
    pub status: StatusView,
    /// Open questions, oldest first.
    pub questions: Vec<QuestionView>,
    /// Missed questions, oldest first, as many as the daemon lists: it says what it drops.
    pub missed: Vec<MissedView>,
    /// Sessions, oldest first.
    pub sessions: Vec<SessionView>,
    /// Sessions that asked too much.
    pub quiet: BTreeSet<SessionId>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            known: Err(Absence::default()),
        }
    }
}

impl Desk {
    /// What is known, or why nothing is.
    pub fn known(&self) -> Result<&Known, &Absence> {
        self.known.as_ref()
    }

    /// The open questions; none without a daemon.
    pub fn questions(&self) -> &[QuestionView] {
        self.known.as_ref().map_or(&[], |known| &known.questions)
    }

    /// One of them.
    pub fn question(&self, id: &str) -> Option<&QuestionView> {
        self.questions().iter().find(|question| question.id == id)
    }

    /// The sessions; none without a daemon.
    pub fn sessions(&self) -> &[SessionView] {
        self.known.as_ref().map_or(&[], |known| &known.sessions)
    }

    /// A connection was made.
    pub fn connected(&mut self, snapshot: Snapshot) {
        let sessions = snapshot.sessions.iter();
        let quiet = sessions
            .filter(|session| session.quiet)
            .map(|session| session.id.clone());
        self.known = Ok(Known {
            quiet: quiet.collect(),
            status: snapshot.status,
            questions: snapshot.questions,
            missed: snapshot.missed,
            sessions: snapshot.sessions,
        });
    }

    /// The daemon says anew how it is.
    pub fn status(&mut self, status: StatusView) {
        if let Ok(known) = &mut self.known {
            known.status = status;
        }
    }

    /// The daemon lists the missed questions anew.
    pub fn missed(&mut self, missed: Vec<MissedView>) {
        if let Ok(known) = &mut self.known {
            known.missed = missed;
        }
    }

    /// The connection is gone.
    pub fn disconnected(&mut self, absence: Absence) {
        self.known = Err(absence);
    }

    /// Takes an event in. Events that came before the snapshot was taken do no harm.
    pub fn apply(&mut self, event: &Event) {
        if let Ok(known) = &mut self.known {
            known.apply(event);
        }
    }
}

impl Known {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::QuestionOpened(question) | Event::QuestionChanged(question) => self.put(question),
            Event::QuestionClosed { id, .. } => {
                self.questions.retain(|question| question.id != *id);
                self.missed.retain(|missed| missed.question.id != *id);
            }
            Event::Missed(missed) => self.miss(missed),
            Event::MissedDropped { id } => self.missed.retain(|missed| missed.question.id != *id),
            Event::SessionQuiet { session, quiet: true } => {
                self.quiet.insert(session.clone());
            }
            Event::SessionQuiet {
                session,
                quiet: false,
            } => {
                self.quiet.remove(session);
            }
            Event::Paused { until_ms } => self.status.paused_until_ms = *until_ms,
            Event::Lockdown { on } => self.status.lockdown = *on,
            Event::SessionChanged(session) => match self.sessions.iter_mut().find(|one| one.id == session.id)
            {
                Some(one) => one.clone_from(session),
                None => self.sessions.push(session.clone()),
            },
            Event::SessionEnded { session } => {
                self.sessions.retain(|one| one.id != *session);
                self.quiet.remove(session);
            }
            Event::PolicyChanged(policy) => self.status.policy.clone_from(policy),
            // The lists that these speak of are asked for where they are shown.
            Event::MissedChanged
            | Event::GrantsChanged
            | Event::Flagged { .. }
            | Event::LimitHit { .. }
            | Event::SessionStopping { .. }
            | Event::Refused { .. }
            | Event::Log(_)
            | Event::Lagged { .. }
            | Event::Stopping => {}
        }
    }

    /// A question as it is now. An event from before the snapshot may tell of an older revision.
    fn put(&mut self, question: &QuestionView) {
        match self.questions.iter_mut().find(|one| one.id == question.id) {
            Some(one) if one.revision <= question.revision => one.clone_from(question),
            Some(_) => {}
            None => self.questions.push(question.clone()),
        }
    }

    fn miss(&mut self, missed: &MissedView) {
        self.questions
            .retain(|question| question.id != missed.question.id);
        self.missed.retain(|one| one.question.id != missed.question.id);
        self.missed.push(missed.clone());
    }
}

#[cfg(test)]
mod tests;
