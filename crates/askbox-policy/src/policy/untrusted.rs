//! What of a project's file counts only once the user trusts it. For telling people; what counts is decided by the origin of
//! its rules, and by `with_project_file`.

use super::{Policy, SessionRules};
use crate::path_pattern::CanonicalPath;
use crate::policy_file::PolicyFile;
use crate::rule::Effect;

/// The parts of a project's file that would open something, were it trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unheeded {
    /// How many rules allow something.
    pub rules: usize,
    /// Whether its preset is wider than the one in force.
    pub preset: bool,
    /// Whether it takes a wall down that stands.
    pub switches: bool,
}

impl Policy {
    /// What of this file does not count in a session that has not got it yet, as long as it is not trusted.
    pub fn unheeded(&self, file: &PolicyFile, project: &CanonicalPath, session: &SessionRules) -> Unheeded {
        let with = |trusted| {
            let session = session.clone();
            session.with_project_file(file.clone(), project, trusted, self)
        };
        let (without, with) = (with(false), with(true));
        let (stands, falls) = (self.switches_of(&without), self.switches_of(&with));
        let wanted = file.switches.settled();
        let allows = file.rules.iter().filter(|rule| rule.effect == Effect::Allow);
        Unheeded {
            rules: allows.count(),
            preset: self.preset_of(&without) < self.preset_of(&with),
            switches: wanted.nested_sandbox && falls.nested_sandbox && !stands.nested_sandbox
                || wanted.debugger && falls.debugger && !stands.debugger,
        }
    }
}
