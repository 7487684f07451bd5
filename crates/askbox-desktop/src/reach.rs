//! Whether notifications reach the person. A server that says "actions" may show no buttons at all (dunst, mako), so only a
//! click that came back proves it; until then the prompt window stands in after a while without an answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::board::{Due, Server};

/// How long any server has to say that it shows something.
pub(crate) const REPLY_MS: u64 = 5_000;

/// How long an unproven server has for a first click on a question.
pub(crate) const PATIENCE_MS: u64 = 15_000;

/// What is known of the way to the person.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    server: Option<Server>,
    /// A click came back.
    is_proven: bool,
    /// Questions that the server was told to show, by their ids.
    offered: BTreeMap<String, Offered>,
    /// Those whose notification went away by itself.
    expired: BTreeSet<String>,
    /// Those for which the prompt window was opened: once each.
    prompted: BTreeSet<String>,
}

/// A question that the server was told to show.
#[derive(Clone, Copy, Debug)]
struct Offered {
    /// When it was first.
    at_ms: u64,
    /// Whether the server said that it does.
    is_confirmed: bool,
}

impl Reach {
    pub(crate) fn server(&mut self, server: Option<Server>) {
        if self.server != server {
            self.is_proven = false;
        }
        // What another was told, or let go, says nothing of this one.
        self.offered.clear();
        self.expired.clear();
        self.server = server;
    }

    pub(crate) fn has_server(&self) -> bool {
        self.server.is_some()
    }

    pub(crate) fn proven(&mut self) {
        self.is_proven = true;
    }

    pub(crate) fn offered(&mut self, question: &str, now_ms: u64) {
        let offered = Offered {
            at_ms: now_ms,
            is_confirmed: false,
        };
        self.offered.entry(question.to_owned()).or_insert(offered);
    }

    pub(crate) fn confirmed(&mut self, question: &str) {
        if let Some(offered) = self.offered.get_mut(question) {
            offered.is_confirmed = true;
        }
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
            let at = match (self.server, self.offered.get(id)) {
                (None, _) => 0,
                (Some(server), _) if !server.actions => 0,
                (Some(_), Some(offered)) if !offered.is_confirmed => offered.at_ms.saturating_add(REPLY_MS),
                (Some(_), _) if self.is_proven => continue,
                (Some(_), _) if self.expired.contains(id) => 0,
                (Some(_), Some(offered)) => offered.at_ms.saturating_add(PATIENCE_MS),
                // It was not shown yet.
                (Some(_), None) => continue,
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
