//! Paths that only what names them opens: those on the two lists, and settings of which a copy can be shown.

use super::said::tightens;
use super::{View, flags, is_by_user, project_file};
use crate::builtin_lists::{Barrier, List, Protection};
use crate::grant_set::GrantSet;
use crate::path_pattern::CanonicalPath;
use crate::policy::{Policy, SessionRules};
use crate::request::Target;
use crate::rule::{Effect, Origin, Pattern};
use crate::verdict::{Allowed, Basis, Verdict};

/// A path and what keeps it closed.
#[derive(Clone, Copy)]
pub(super) struct Guard<'a> {
    pub(super) path: &'a CanonicalPath,
    pub(super) by: Shield,
}

/// What keeps a path closed.
#[derive(Clone, Copy)]
pub(super) enum Shield {
    /// One of the two lists.
    List(Protection),
    /// That a copy of it can be shown.
    Copy,
}

impl Guard<'_> {
    /// Whether it does not even ask.
    pub(super) fn is_refused(&self) -> bool {
        match self.by {
            Shield::List(protection) => match protection.barrier {
                Barrier::Question => false,
                Barrier::Refusal | Barrier::Final => true,
            },
            Shield::Copy => false,
        }
    }
}

impl Policy {
    /// The path of the target, if a list protects it or a copy of it can be shown.
    pub(super) fn guard<'a>(&self, target: &'a Target) -> Option<Guard<'a>> {
        let path = target.path()?;
        let by = match (self.lists.protects(target), target) {
            (Some(protection), _) => Shield::List(protection),
            (None, Target::Read(_)) => self.lists.redaction(path).map(|_| Shield::Copy)?,
            (None, _) => return None,
        };
        Some(Guard { path, by })
    }

    /// Whether only what names the target opens it.
    pub(in crate::policy) fn is_guarded(&self, target: &Target) -> bool {
        self.guard(target).is_some()
    }

    /// Step 2: the list's own verdict, unless flags, rules or grants that name the exact path say otherwise.
    pub(super) fn guarded(
        &self,
        view: View<'_>,
        protection: Protection,
        session: &SessionRules,
        grants: &GrantSet,
    ) -> Verdict {
        let Protection {
            list,
            barrier,
            reason,
        } = protection;
        let reason = reason.to_owned();
        let basis = match list {
            List::Startup => Basis::Startup(reason),
            List::Credential => Basis::Credential(reason),
        };
        let unless_said = match barrier {
            Barrier::Question => Verdict::Ask,
            Barrier::Refusal => Verdict::Deny,
            Barrier::Final => return Verdict::Deny(basis),
        };
        let said = flags(view, session).or_else(|| {
            let ours = self.rules_and_grants(view, session, grants);
            match project_file(view, session) {
                Some(project) if ours.is_none_or(|ours| tightens(project, ours)) => Some(project),
                Some(_) | None => ours,
            }
        });
        let Some(said) = said else {
            let by_profile = self.profile_verdict(view, session, grants);
            return by_profile.unwrap_or_else(|| unless_said(basis));
        };
        match (said.effect, barrier) {
            (Effect::Ask, _) => Verdict::Ask(basis),
            (Effect::Deny, Barrier::Refusal) => Verdict::Deny(basis),
            (Effect::Allow | Effect::Deny, _) => said.verdict(),
        }
    }

    /// Settings are shown as a copy without the secrets in them, which nobody has to be asked about, unless what names the
    /// very path opens them whole, or something closes them.
    pub(super) fn copied(&self, view: View<'_>, session: &SessionRules, grants: &GrantSet) -> Verdict {
        let verdict = self.unguarded(view, session, grants);
        match &verdict {
            Verdict::Ask(Basis::NoRule | Basis::Profile(_)) => {
                Verdict::Allow(Allowed::by(Basis::SettingsCopy))
            }
            Verdict::Allow(by) if matches!(by.basis(), Basis::Preset | Basis::AutoApprove) => {
                Verdict::Allow(Allowed::by(Basis::SettingsCopy))
            }
            // What opens the directory, or is a profile, opens the copy.
            Verdict::Deny(Basis::Preset) => {
                match self.unguarded(View { guard: None, ..view }, session, grants) {
                    Verdict::Allow(_) => Verdict::Allow(Allowed::by(Basis::SettingsCopy)),
                    other @ (Verdict::Ask(_) | Verdict::Deny(_)) => other,
                }
            }
            Verdict::Ask(_) | Verdict::Allow(_) | Verdict::Deny(_) => verdict,
        }
    }
}

impl View<'_> {
    /// Where a list protects the path, only what the user wrote or answered about that very path opens it.
    pub(super) fn may_speak(
        &self,
        effect: Effect,
        pattern: &Pattern,
        origin: Origin,
        for_program: bool,
    ) -> bool {
        let Some(guard) = self.guard else {
            // A profile opens credentials, and so does the ssh agent, which a project's file never does. Nor does it lift a limit.
            let is_for_user = matches!(
                pattern,
                Pattern::Profile(_) | Pattern::Neighbour(_) | Pattern::Growth(_)
            );
            return !(is_for_user && effect == Effect::Allow) || is_by_user(origin);
        };
        let opens = match effect {
            Effect::Deny => false,
            Effect::Allow => true,
            // Without a rule the credential list does not even ask.
            Effect::Ask => guard.is_refused(),
        };
        !opens || is_by_user(origin) && !for_program && pattern.names(guard.path)
    }
}
