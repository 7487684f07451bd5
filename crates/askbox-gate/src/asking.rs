//! Asking: how a request comes to wait on a question, with what is asked about beside it, and when it is turned away instead. What
//! the rules decide by themselves does not get here.

use std::time::Duration;

use askbox_audit::SessionChange;
use askbox_policy::answer::FIRST_REVISION;
use askbox_policy::{Basis, Kind, Moment, Request, Target, Verdict, WhyMissed};
use tokio::time::Instant;

use crate::admit::Step;
use crate::denial::DeniedBy;
use crate::event::GateEvent;
use crate::gate::{Gate, State};
use crate::limits;
use crate::questions::book::{Full, How, Place, Raising};
use crate::questions::group::GroupKey;
use crate::questions::meter::Measured;
use crate::questions::missed::Entry as MissedEntry;
use crate::questions::{Member, Missed, Question};
use crate::record;

impl State {
    /// What of these the rules ask about as well, on the same question as the request, and why.
    fn asked_beside(
        &mut self,
        (request, key): (&Request, &GroupKey),
        others: &[Target],
        now: &Moment,
    ) -> Vec<(Request, Basis)> {
        let ask = |target: &Target| {
            let other = Request {
                target: target.clone(),
                ..request.clone()
            };
            match self.decide(&other, now) {
                Verdict::Ask(basis) if GroupKey::of(&other, self.rules.policy().lists()) == *key => {
                    Some((other, basis))
                }
                Verdict::Ask(_) | Verdict::Allow(_) | Verdict::Deny(_) => None,
            }
        };
        others.iter().filter_map(ask).collect()
    }
}

impl Gate {
    /// Puts a request on its question, with what is asked about beside it, or says why it cannot wait.
    pub(crate) fn ask(
        &self,
        state: &mut State,
        request: &Request,
        others: &[Target],
        basis: Basis,
        now: &Moment,
    ) -> Step {
        let mut hold = Duration::from_millis(state.rules.policy().settings().question_timeout_ms);
        if request.target.kind() == Kind::Growth {
            hold = hold.max(limits::GROWTH_HOLD);
        }
        let limit = state.rules.policy().settings().questions_per_minute;
        let is_paused = state.pause_left_ms(now).is_some();
        if state.is_suspending() && request.target.kind() != Kind::Growth {
            return self.turn_away(state, request, basis, now, WhyMissed::Suspended, false);
        }
        let key = GroupKey::of(request, state.rules.policy().lists());
        let beside = state.asked_beside((request, &key), others, now);
        let Some(session) = state.sessions.get_mut(&request.session) else {
            return Step::Denied {
                by: DeniedBy::SessionEnded,
                question: None,
                log_changes: false,
            };
        };
        let place = state.book.place(request, &key);
        // What is asked already may be waited for; anything else would show something new.
        if is_paused && !matches!(place, Place::Member(_)) {
            return self.turn_away(state, request, basis, now, WhyMissed::Paused, false);
        }
        // A session that grows has at most one such question, and ends where that is denied.
        let is_growth = matches!(request.target, Target::Growth(_));
        if place == Place::New && !is_growth {
            match session
                .meter
                .count(Instant::now(), usize::try_from(limit).unwrap_or(usize::MAX))
            {
                Measured::Fine => {}
                Measured::Quiet => {
                    return self.turn_away(state, request, basis, now, WhyMissed::Quiet, false);
                }
                Measured::TurnsQuiet => {
                    let entry = record::session(&request.session, &session.project, SessionChange::Quiet);
                    state.unlogged.push(entry);
                    self.tell(GateEvent::SessionQuiet(request.session.clone()));
                    return self.turn_away(state, request, basis, now, WhyMissed::Quiet, true);
                }
            }
        }
        let raising = Raising {
            key: &key,
            basis: &basis,
            project: &session.project,
            session_name: &session.name,
            hold,
            now,
        };
        match state.book.raise(request, place, raising) {
            Ok(waiting) => {
                self.0.wake.notify_one();
                let question = waiting.ticket.question;
                let mut asked = Vec::new();
                match waiting.how {
                    How::Joined { was_abandoned: true } => self.tell_changed(state, question),
                    How::Joined { was_abandoned: false } => {}
                    How::Listed => {
                        asked = beside;
                        asked.retain(|(other, basis)| {
                            let raising = Raising { basis, ..raising };
                            state.book.list_beside(question, other, raising)
                        });
                        asked.insert(0, (request.clone(), basis));
                    }
                }
                Step::Wait { waiting, hold, asked }
            }
            Err(full) => self.no_room(state, request, basis, now, full),
        }
    }

    /// What happens to a request that there is no room for.
    fn no_room(&self, state: &mut State, request: &Request, basis: Basis, now: &Moment, full: Full) -> Step {
        let id = match full {
            Full::Questions => {
                return self.turn_away(state, request, basis, now, WhyMissed::TooMany, false);
            }
            Full::Members(id) => {
                self.tell_changed(state, id);
                id
            }
            Full::Waiters(id) => id,
        };
        Step::Denied {
            by: DeniedBy::TooMany,
            question: Some(id),
            log_changes: false,
        }
    }

    /// Lists a request as missed that is not even asked about.
    fn turn_away(
        &self,
        state: &mut State,
        request: &Request,
        basis: Basis,
        now: &Moment,
        why: WhyMissed,
        log_changes: bool,
    ) -> Step {
        let by = match why {
            WhyMissed::Quiet => DeniedBy::Quiet,
            WhyMissed::Paused => DeniedBy::Paused,
            WhyMissed::Suspended => DeniedBy::Suspended,
            WhyMissed::Lockdown => DeniedBy::Basis(Basis::Lockdown),
            WhyMissed::TooMany => DeniedBy::TooMany,
            WhyMissed::TimedOut => DeniedBy::TimedOut,
            WhyMissed::SessionEnded => DeniedBy::SessionEnded,
            WhyMissed::LogFailed => DeniedBy::LogFailed,
        };
        let key = GroupKey::of(request, state.rules.policy().lists());
        let member = Member {
            target: request.target.clone(),
            process: request.process.clone(),
            basis,
            waiting: 0,
            since: FIRST_REVISION,
        };
        if let Some(joined) = state.missed.join(&key, &member, why) {
            if let Some(missed) = joined.grown {
                self.tell(GateEvent::Missed(missed));
            }
            return Step::Denied {
                by,
                question: Some(joined.id),
                log_changes,
            };
        }
        let id = state.book.next_id();
        let session = state.sessions.get(&request.session);
        let question = Question {
            id,
            revision: FIRST_REVISION,
            kind: key.kind,
            session: request.session.clone(),
            project: request.project.clone(),
            session_name: session.map(|session| session.name.clone()).unwrap_or_default(),
            members: vec![member],
            group: key.group.to_string(),
            unlisted: 0,
            raised_ms: now.wall_ms,
            expires_ms: now.wall_ms,
        };
        let missed = Missed {
            question,
            why,
            missed_ms: now.wall_ms,
        };
        self.tell(GateEvent::Missed(missed.clone()));
        let entry = MissedEntry {
            key,
            missed,
            reserved_until: None,
        };
        self.list_missed(state, entry);
        Step::Denied {
            by,
            question: Some(id),
            log_changes,
        }
    }
}
