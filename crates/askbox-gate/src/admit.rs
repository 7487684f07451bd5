//! Admission: one decision, one line in the log, and either a permit, a denial, or a wait for a person. The fast path
//! (allowed by the rules) takes one short lock, starts no task and does not look at processes.

use std::future::Future;
use std::time::Duration;

use askbox_audit::{Durability, GrantChange, Outcome};
use askbox_policy::{
    Allowed, Basis, Destination, Kind, Moment, Process, ProfileName, Request, SessionId, Target, Verdict,
};

use crate::denial::{Denial, DeniedBy};
use crate::denials::{Counted, Logged};
use crate::event::GateEvent;
use crate::gate::{Gate, State};
use crate::permits::{AdmittedBy, Permit};
use crate::questions::QuestionId;
use crate::questions::book::Waiting;
use crate::questions::open::Told;
use crate::record;
use crate::waiting::CountedWait;

/// What one look at the rules leads to.
pub(crate) enum Step {
    Admitted {
        permit: Permit,
        used: bool,
        /// For a file: set once this admission, or one like it, is an event.
        logged: Option<Logged>,
    },
    Denied {
        by: DeniedBy,
        question: Option<QuestionId>,
        log_changes: bool,
    },
    Identify,
    /// Its session's profile would allow it, and a person has to be asked about that.
    AskAboutProfile(ProfileName),
    Wait {
        waiting: Waiting,
        hold: Duration,
        /// What is new on the question, and why each is asked about.
        asked: Vec<(Request, Basis)>,
    },
}

impl State {
    /// Whether a denial is one more of a kind that is an event, whoever asks.
    fn is_counted(&self, request: &Request, basis: &Basis) -> bool {
        let by = DeniedBy::Basis(basis.clone()).to_string();
        let session = self.sessions.get(&request.session);
        session.is_some_and(|session| session.denials.is_known(&request.target, &by, None))
            && !self.rules.depends_on_process(request)
    }
}

impl Gate {
    /// Lets a request through, refuses it, or waits for a person. `identify` finds out about the process and is
    /// awaited only where that matters: before a question, and before a denial, which a rule for one program may be;
    /// never for a request that is simply allowed, nor when `request.process` is known.
    ///
    /// Files that a session was let through to before, and denials that are only counted, take no wait at all: the future
    /// is ready when it is polled first.
    ///
    /// Cancel-safe: dropping the future means that the requester is gone. Its question stays.
    pub async fn admit(
        &self,
        request: Request,
        identify: impl Future<Output = Process> + Send,
    ) -> Result<Permit, Denial> {
        self.admit_first(request, &[], identify).await
    }

    /// The same for the first of several things that one operation needs. A question about it lists the others as well, as far as
    /// they are to be asked about and belong on the same one, so that one answer is about all of them. Each of them has to be
    /// admitted by itself afterwards.
    pub async fn admit_first(
        &self,
        mut request: Request,
        others: &[Target],
        identify: impl Future<Output = Process> + Send,
    ) -> Result<Permit, Denial> {
        let mut identify = (request.process.pid == 0).then_some(identify);
        let mut was_answered = false;
        let mut counted = None;
        loop {
            let (permit, question, logged) = match self.step(&request, others, identify.is_some()) {
                Step::Identify => {
                    if let Some(identify) = identify.take() {
                        request.process = identify.await;
                    }
                    continue;
                }
                Step::AskAboutProfile(name) if !was_answered => {
                    was_answered = true;
                    self.ask_about_profile(&request, name).await?;
                    continue;
                }
                // It was allowed or denied just now, and that does not hold any more.
                Step::AskAboutProfile(_) => {
                    return Err(self.deny(&request, DeniedBy::Answered, None).await);
                }
                Step::Denied {
                    by,
                    question,
                    log_changes,
                } => {
                    if log_changes {
                        self.log_changes().await;
                    }
                    // Nobody hears that a datagram was denied, and equal denials are not counted any more.
                    if by == DeniedBy::SessionEnded && matches!(request.target, Target::Datagrams(_)) {
                        return Err(Denial {
                            target: request.target,
                            by,
                            question,
                        });
                    }
                    return Err(self.deny(&request, by, question).await);
                }
                Step::Admitted { permit, used, logged } => {
                    if used {
                        self.log_changes().await;
                    }
                    (permit, None, logged)
                }
                Step::Wait { waiting, hold, asked } => {
                    if request.target.kind() != Kind::Growth {
                        counted.get_or_insert_with(|| CountedWait::begin(self));
                    }
                    let question = Some(waiting.ticket.question);
                    match self.wait(waiting, hold, asked).await {
                        Told::Admitted(permit) => {
                            let logged = self.count(&mut self.state(), &request, permit.by());
                            (permit, question, logged)
                        }
                        Told::Denied(by) => return Err(self.deny(&request, by, question).await),
                    }
                }
            };
            if let Err(error) = self.log_admission(&request, permit.by(), question, logged).await {
                tracing::error!(%error, "a request is denied because it cannot be logged");
                return Err(Denial {
                    target: request.target,
                    by: DeniedBy::LogFailed,
                    question,
                });
            }
            // Something changed while it was logged: what was allowed a moment ago is looked at again.
            if !permit.is_revoked() {
                return Ok(permit);
            }
        }
    }

    /// Waits for what a person says about the profile that would allow a request. Whatever that is, the rules know it then; an
    /// error where nobody could be asked.
    async fn ask_about_profile(&self, request: &Request, name: ProfileName) -> Result<(), Denial> {
        let about = Request {
            target: Target::Profile(name),
            ..request.clone()
        };
        let process = std::future::ready(about.process.clone());
        match Box::pin(self.admit(about, process)).await {
            Ok(_)
            | Err(Denial {
                by: DeniedBy::Answered | DeniedBy::Basis(_),
                ..
            }) => Ok(()),
            Err(denial) => Err(self.deny(request, denial.by, denial.question).await),
        }
    }

    /// The latest time of day that was seen, in milliseconds since 1970: what ends by then has ended, even if the clock was set
    /// back.
    pub fn high_water_ms(&self) -> u64 {
        let now = self.0.clock.now();
        let mut state = self.state();
        state.rules.see(&now);
        state.rules.high_water_ms()
    }

    /// Where a session is connected to, as far as the gate let it.
    pub fn destinations(&self, session: &SessionId) -> Vec<Destination> {
        self.0.registry.destinations(session)
    }

    /// What the rules say now. No event, no question.
    pub fn peek(&self, request: &Request) -> Verdict {
        let now = self.0.clock.now();
        self.state().decide(request, &now)
    }

    /// Denies and logs what no rule can allow, such as a malformed request or a forbidden address, and what a rule denies by
    /// something else than the request itself. Counts as a use of that rule.
    pub async fn refuse(&self, request: &Request, basis: Basis) -> Denial {
        let now = self.0.clock.now();
        self.state().uses.count(&basis, &now);
        self.deny(request, DeniedBy::Basis(basis), None).await
    }

    /// The same, of what was refused already; `identify` finds out about the process, and is awaited only for the first of
    /// equal denials. Of a session that has ended nothing more is logged, since equal ones are not counted any more.
    pub async fn refuse_by(
        &self,
        mut request: Request,
        basis: Basis,
        identify: impl Future<Output = Process>,
    ) -> Denial {
        let is_counted = self.state().is_counted(&request, &basis);
        if !is_counted {
            request.process = identify.await;
        }
        if !self.state().rules.has_session(&request.session) {
            return Denial {
                target: request.target,
                by: DeniedBy::SessionEnded,
                question: None,
            };
        }
        self.refuse(&request, basis).await
    }

    /// One look at the rules, under the lock. `can_identify` says that the process is not known yet but could be.
    fn step(&self, request: &Request, others: &[Target], can_identify: bool) -> Step {
        let now = self.0.clock.now();
        let mut state = self.state();
        state.rules.see(&now);
        if !state.rules.has_session(&request.session) {
            return Step::Denied {
                by: DeniedBy::SessionEnded,
                question: None,
                log_changes: false,
            };
        }
        match state.decide(request, &now) {
            Verdict::Allow(allowed) => {
                let (permit, used) = self.permit(&mut state, request.clone(), allowed, &now);
                let logged = self.count(&mut state, request, permit.by());
                Step::Admitted { permit, used, logged }
            }
            // Rules take an unknown program for the one that they name, so knowing it can only turn this into an
            // allowance, and never an allowance into this.
            Verdict::Ask(_) if can_identify => Step::Identify,
            Verdict::Deny(ref basis) if can_identify && !state.is_counted(request, basis) => Step::Identify,
            Verdict::Deny(basis) => {
                state.uses.count(&basis, &now);
                let once = state.rules.once_of(&basis);
                Step::Denied {
                    by: DeniedBy::Basis(basis),
                    question: None,
                    log_changes: self.use_up(&mut state, once.as_ref()),
                }
            }
            Verdict::Ask(Basis::Profile(name)) => Step::AskAboutProfile(name),
            Verdict::Ask(basis) => self.ask(&mut state, request, others, basis, &now),
        }
    }

    /// A permit for what the rules allow; says whether that used a grant up.
    pub(crate) fn permit(
        &self,
        state: &mut State,
        request: Request,
        allowed: Allowed,
        now: &Moment,
    ) -> (Permit, bool) {
        state.uses.count(allowed.basis(), now);
        let once = state.rules.once_of(allowed.basis());
        let used = self.use_up(state, once.as_ref());
        let by = AdmittedBy::Rules(allowed);
        (
            self.0
                .registry
                .permit(&self.0.log, request, by, once.map(|id| vec![id])),
            used,
        )
    }

    fn use_up(&self, state: &mut State, once: Option<&askbox_policy::GrantId>) -> bool {
        let Some(grant) = state.rules.use_up(once) else {
            return false;
        };
        state.unlogged.push(record::grant(GrantChange::Used, &grant));
        self.tell(GateEvent::GrantsChanged);
        true
    }

    /// Counts an admission to a file; `None` for what is an event each time.
    fn count(&self, state: &mut State, request: &Request, by: &AdmittedBy) -> Option<Logged> {
        request.target.path()?;
        let session = state.sessions.get_mut(&request.session)?;
        let kind = (request.target.clone(), by.clone());
        let whose = (&request.session, &session.project);
        let counted = session.admissions.count(kind, whose, &mut state.unlogged);
        if counted.wakes {
            self.0.wake.notify_one();
        }
        Some(counted.logged)
    }

    /// Logs an admission, unless `logged` says that it only counts. Those of its kind that come meanwhile wait for the same
    /// event.
    async fn log_admission(
        &self,
        request: &Request,
        by: &AdmittedBy,
        question: Option<QuestionId>,
        logged: Option<Logged>,
    ) -> Result<(), askbox_audit::Error> {
        let record = async || {
            let entry = record::verdict(request, Outcome::Allow, by.to_string(), question);
            self.0.log.record(entry, Durability::Unsynced).await.map(drop)
        };
        let Some(logged) = logged else {
            return record().await;
        };
        let result = logged.get_or_try_init(record).await;
        result.map(drop).inspect_err(|_| {
            if let Some(session) = self.state().sessions.get_mut(&request.session) {
                session.admissions.forget(&(request.target.clone(), by.clone()));
            }
        })
    }

    /// Logs a denial, or counts one that was logged a moment ago.
    async fn deny(&self, request: &Request, mut by: DeniedBy, question: Option<QuestionId>) -> Denial {
        let reason = by.to_string();
        let counted = {
            let mut state = self.state();
            let session = state.sessions.get_mut(&request.session);
            session.map(|session| session.denials.count(request, &reason, question))
        };
        let counted = counted.unwrap_or(Counted {
            logged: Logged::default(),
            is_listed: true,
            wakes: false,
        });
        if counted.wakes {
            self.0.wake.notify_one();
        }
        // Those of its kind that come meanwhile wait for the same event.
        let logged = counted.logged.get_or_try_init(|| async {
            let entry = if counted.is_listed {
                record::verdict(request, Outcome::Deny, reason, question)
            } else {
                record::flood(&request.session, &request.project, 0)
            };
            self.0.log.record(entry, Durability::Unsynced).await.map(drop)
        });
        if let Err(error) = logged.await {
            tracing::error!(%error, "a denial is not in the log");
            by = DeniedBy::LogFailed;
        }
        Denial {
            target: request.target.clone(),
            by,
            question,
        }
    }
}
