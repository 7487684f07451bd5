//! What is not as it was. Pure.

use std::collections::BTreeSet;

use super::scan::Scan;
use super::scope::Scope;
use super::{Change, Part, Place, State};

/// One look, and where it was looked.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) scope: &'a Scope,
    pub(super) scan: &'a Scan,
}

/// Compares two looks at the same bases; `now` looks wherever `before` did.
pub(super) fn compare(before: &Look<'_>, now: &Look<'_>) -> Vec<Change> {
    let places: BTreeSet<&Place> = before.scan.items.keys().chain(now.scan.items.keys()).collect();
    let changes = places.into_iter().filter_map(|place| {
        let (part, now) = match now.scan.items.get(place) {
            Some((part, state)) => (*part, state.clone()),
            // It may be among what was not looked at.
            None if is_cut(now, place) => return None,
            None => (before.scan.items.get(place)?.0, State::Absent),
        };
        let was = was(before, place, part);
        let is_listed = match (&was, part) {
            (Some(was), _) => !was.is_like(&now),
            (None, Part::Guarded | Part::Named) => true,
            // In a project with more directories than are looked at, that would be most of them.
            (None, Part::Scripts | Part::Program) => false,
        };
        is_listed.then(|| Change {
            place: place.clone(),
            part,
            before: was,
            now: now.without_text(),
        })
    });
    changes.collect()
}

/// How a place was; `None` where that is not known.
fn was(before: &Look<'_>, place: &Place, part: Part) -> Option<State> {
    if let Some((_, state)) = before.scan.items.get(place) {
        return Some(state.clone());
    }
    let was_looked_at = match (before.scope.root_of(place), part) {
        (Some(_), _) => !is_cut(before, place),
        // It may have been there, and obeyed by nobody.
        (None, Part::Named) => false,
        // A repository or a directory that was not there, or it would be in the scope.
        (None, Part::Guarded | Part::Scripts | Part::Program) => !before.scope.is_cut,
    };
    was_looked_at.then_some(State::Absent)
}

fn is_cut(look: &Look<'_>, place: &Place) -> bool {
    let root = look.scope.root_of(place);
    root.is_some_and(|root| look.scan.cut.contains(root))
}
