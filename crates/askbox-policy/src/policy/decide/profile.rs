//! What a session's profile adds to the rules: nothing, while the profile itself is not allowed in that session.

use super::{By, Said, View, keep};
use crate::grant_set::GrantSet;
use crate::policy::{Policy, SessionRules};
use crate::request::{Process, Request, Target};
use crate::rule::{Effect, Pattern};
use crate::verdict::Verdict;

impl Policy {
    /// What the session's profile allows, if that is allowed here itself.
    pub(super) fn weigh_profile<'a>(
        &self,
        view: View<'a>,
        session: &'a SessionRules,
        grants: &GrantSet,
        best: &mut Option<Said<'a>>,
    ) {
        let Some(profile) = &session.profile else { return };
        let mut own: Option<Said<'a>> = None;
        for pattern in &profile.patterns {
            if pattern.matches(&view.request.target)
                && view.profile_opens(pattern)
                && let Some(weight) = view.weight(pattern, false)
            {
                let by = By::Profile(&profile.name);
                keep(
                    Said {
                        weight,
                        effect: Effect::Allow,
                        by,
                    },
                    &mut own,
                );
            }
        }
        let Some(own) = own else { return };
        // Whatever process asks: the profile is the session's.
        let request = Request {
            session: view.request.session.clone(),
            project: view.request.project.clone(),
            process: Process::unknown(),
            target: Target::Profile(profile.name.clone()),
        };
        match self.decide(&request, session, grants, view.now, view.high_water_ms) {
            Verdict::Allow(_) => keep(own, best),
            Verdict::Deny(_) | Verdict::Ask(_) => {}
        }
    }
}

impl View<'_> {
    /// A profile opens its login by the exact path, since the question about it says so, and never what starts something
    /// outside.
    fn profile_opens(&self, pattern: &Pattern) -> bool {
        match self.guard {
            None => true,
            Some(guard) => guard.protection.is_refused && pattern.names(guard.path),
        }
    }
}
