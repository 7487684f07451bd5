//! Sessions that stand still, and how much more they may grow on disk.

use std::sync::atomic::Ordering;

use askbox_policy::SessionId;
use askbox_sandbox::leash::Order;
use askbox_wire::{SessionState, SessionView};

use super::Sessions;

/// What came of an order to a session.
#[derive(Debug)]
pub(crate) enum Ordered {
    /// It has it; this is how it is then.
    Given(Box<SessionView>),
    /// It is not in the state that the order is for, or there is no such session.
    NotMeant,
    /// It should have it, and cannot be told.
    Failed,
}

impl Sessions {
    /// Orders that nothing in a running session runs.
    pub(crate) fn freeze(&self, id: &SessionId) -> Ordered {
        self.order(id, SessionState::Running, Order::Freeze, SessionState::Frozen)
    }

    /// The same of a frozen one, for programs that went on by themselves.
    pub(crate) fn freeze_again(&self, id: &SessionId) {
        drop(self.order(id, SessionState::Frozen, Order::Freeze, SessionState::Frozen));
    }

    /// Whether it is frozen.
    pub(crate) fn is_frozen(&self, id: &SessionId) -> bool {
        self.lock()
            .get(id)
            .is_some_and(|session| session.view.state == SessionState::Frozen)
    }

    /// Learns by how much more a session may grow on disk once that is allowed; `None` is as much as its limit says.
    pub(crate) fn set_more(&self, id: &SessionId, disk_bytes: Option<u64>) {
        if let Some(session) = self.lock().get_mut(id) {
            session.disk_more = disk_bytes;
        }
    }

    /// Lets a session that grew by so much grow more, and orders that it goes on where it is frozen. Returns how it is then.
    pub(crate) fn grow(&self, id: &SessionId, grown: u64) -> Option<SessionView> {
        {
            let mut sessions = self.lock();
            let session = sessions.get_mut(id)?;
            let more = session.disk_more.take().unwrap_or(session.disk_step);
            let allowed = grown.saturating_add(more);
            session.view.limits.disk_bytes = Some(allowed).filter(|allowed| *allowed != u64::MAX);
            session.disk_allowance.store(allowed, Ordering::Release);
        }
        match self.order(id, SessionState::Frozen, Order::Thaw, SessionState::Running) {
            Ordered::Given(view) => Some(*view),
            Ordered::NotMeant | Ordered::Failed => None,
        }
    }

    fn order(&self, id: &SessionId, from: SessionState, order: Order, to: SessionState) -> Ordered {
        let mut sessions = self.lock();
        let Some(session) = sessions.get_mut(id).filter(|session| session.view.state == from) else {
            return Ordered::NotMeant;
        };
        let Some(leash) = &session.leash else {
            return Ordered::Failed;
        };
        if let Err(error) = order.send(leash) {
            tracing::warn!(%error, session = %id, "askbox-init cannot be told anything");
            return Ordered::Failed;
        }
        session.view.state = to;
        Ordered::Given(Box::new(session.view()))
    }
}
