//! Rules and the index that finds them.

use crate::policy::PatternIndex;
use crate::request::Target;
use crate::rule::Rule;

/// Rules in the order in which they were added, found by what they may match.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleIndex {
    rules: Vec<Rule>,
    index: PatternIndex,
}

impl RuleIndex {
    pub(super) fn insert(&mut self, rule: Rule) {
        let number = u32::try_from(self.rules.len()).expect("a file of limited size has far fewer rules");
        self.index.insert(&rule.pattern, number);
        self.rules.push(rule);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Calls `found` with every rule that may match the target.
    pub(super) fn each<'a>(&'a self, target: &Target, mut found: impl FnMut(&'a Rule)) {
        if self.rules.is_empty() {
            return;
        }
        self.index.each(target, |number| {
            if let Some(rule) = usize::try_from(number)
                .ok()
                .and_then(|number| self.rules.get(number))
            {
                found(rule);
            }
        });
    }
}
