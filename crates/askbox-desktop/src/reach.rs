//! Whether notifications reach the person. A server that says "actions" may show no buttons at all (dunst, mako), so only a
//! click that came back proves it; until then the prompt window stands in after a while without an answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::board::{Due, Server};

/// How long an unproven server has for a first click on a question.
pub(crate) const PATIENCE_MS: u64 = 15_000;

/// What is known of the way to the person.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    server: Option<Server>,
    /// A click came back.
    is_proven: bool,
    /// When a question was first shown, by its id.
    offered: BTreeMap<String, u64>,
    /// Those whose notification went away by itself.
    expired: BTreeSet<String>,
    /// Those for which the prompt window was opened: once each.
    prompted: BTreeSet<String>,
}

impl Reach {
    pub(crate) fn server(&mut self, server: Option<Server>) {
        if self.server != server {
            self.is_proven = false;
        }
        self.server = server;
    }

    pub(crate) fn has_server(&self) -> bool {
        self.server.is_some()
    }

    pub(crate) fn proven(&mut self) {
        self.is_proven = true;
    }

    pub(crate) fn offered(&mut self, question: &str, now_ms: u64) {
        self.offered.entry(question.to_owned()).or_insert(now_ms);
    }

    pub(crate) fn expired(&mut self, question: &str) {
        self.expired.insert(question.to_owned());
    }

    pub(crate) fn retain(&mut self, is_open: impl Fn(&str) -> bool) {
        self.offered.retain(|id, _| is_open(id));
        self.expired.retain(|id| is_open(id));
        self.prompted.retain(|id| is_open(id));
    }

    pub(crate) fn due<'a>(&mut self, open: impl Iterator<Item = &'a str>, now_ms: u64) -> Due {
        let (mut due, mut next): (Vec<&str>, Option<u64>) = (Vec::new(), None);
        for id in open.filter(|id| !self.prompted.contains(*id)) {
            let at = match self.server {
                None => 0,
                Some(server) if !server.actions => 0,
                Some(_) if self.is_proven => continue,
                Some(_) if self.expired.contains(id) => 0,
                Some(_) => match self.offered.get(id) {
                    Some(offered) => offered.saturating_add(PATIENCE_MS),
                    // It was not shown yet.
                    None => continue,
                },
            };
            if at <= now_ms {
                due.push(id);
            } else {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        self.prompted.extend(due.iter().map(|id| (*id).to_owned()));
        match due.first() {
            Some(first) => Due::Now((*first).to_owned()),
            None => next.map_or(Due::Never, Due::At),
        }
    }
}
