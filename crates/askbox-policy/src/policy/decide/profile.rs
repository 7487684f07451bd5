//! What a session's profile adds to the rules: nothing, while the profile itself is not allowed in that session.

use super::View;
use super::said::{By, Said, keep};
use crate::grant_set::GrantSet;
use crate::policy::{Policy, SessionRules};
use crate::profile::SessionProfile;
use crate::request::{Process, Request, Target};
use crate::rule::{Effect, Pattern};
use crate::verdict::{Basis, Verdict};

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
        if let Verdict::Allow(_) = self.decide_profile(view, profile, session, grants) {
            keep(own, best);
        }
    }

    /// What the session's profile says where nothing else speaks: that it refuses the request, or that it would allow it and a
    /// person has to be asked about the profile first.
    pub(super) fn profile_verdict(
        &self,
        view: View<'_>,
        session: &SessionRules,
        grants: &GrantSet,
    ) -> Option<Verdict> {
        let profile = session.profile.as_ref()?;
        let basis = || Basis::Profile(profile.name.clone());
        if profile
            .refused
            .iter()
            .any(|pattern| pattern.matches(&view.request.target))
        {
            return Some(Verdict::Deny(basis()));
        }
        let would_allow =
            |pattern: &Pattern| pattern.matches(&view.request.target) && view.profile_opens(pattern);
        if !profile.patterns.iter().any(would_allow) {
            return None;
        }
        match self.decide_profile(view, profile, session, grants) {
            Verdict::Ask(_) => Some(Verdict::Ask(basis())),
            Verdict::Allow(_) | Verdict::Deny(_) => None,
        }
    }

    fn decide_profile(
        &self,
        view: View<'_>,
        profile: &SessionProfile,
        session: &SessionRules,
        grants: &GrantSet,
    ) -> Verdict {
        // Whatever process asks: the profile is the session's.
        let request = Request {
            session: view.request.session.clone(),
            project: view.request.project.clone(),
            process: Process::unknown(),
            target: Target::Profile(profile.name.clone()),
        };
        self.decide(&request, session, grants, view.now, view.high_water_ms)
    }
}

impl View<'_> {
    /// A profile opens its login by the exact path, since the question about it says so, and never what starts something
    /// outside.
    fn profile_opens(&self, pattern: &Pattern) -> bool {
        match self.guard {
            None => true,
            Some(guard) => guard.is_refused() && pattern.names(guard.path),
        }
    }
}
