//! What of the host beside files and hosts (sockets, services of the session bus) a session is offered: which rules may offer
//! something, and whether it is offered. What is usable on this machine is decided beside each kind.

use askbox_policy::{Rule, SessionId, Target, Verdict};
use askbox_wire::WireError;

use super::{Planning, refused_by};

/// Who wants something offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A flag of this run: it is told what keeps it from being heeded.
    Flag,
    /// A rule: it goes without where it cannot be heeded.
    Rule,
}

impl Planning {
    /// Flags, then rules that hold for this session.
    pub(super) fn wishes(&self) -> impl Iterator<Item = (&Rule, By)> {
        let flags = self.rules.flags.iter().map(|rule| (rule, By::Flag));
        let rules = self.policy.rules().filter(|rule| self.is_for_us(rule));
        flags.chain(rules.map(|rule| (rule, By::Rule)))
    }

    /// Whether something usable is offered; programs that want it may still be asked about.
    ///
    /// # Errors
    ///
    /// It is denied although a flag wants it, which is named as this text.
    pub(super) fn is_offered(
        &self,
        id: &SessionId,
        target: Target,
        by: By,
        flag: &str,
    ) -> Result<bool, WireError> {
        match (self.situation().judge(id, target), by) {
            (Verdict::Allow(_) | Verdict::Ask(_), _) => Ok(true),
            (Verdict::Deny(basis), By::Flag) => Err(refused_by(&basis, flag)),
            (Verdict::Deny(_), By::Rule) => Ok(false),
        }
    }
}
