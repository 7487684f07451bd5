//! Datagrams for which a session has no room, as its log hears of them: at once that some are dropped, and then how many more, once in
//! a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::time::sleep;

use crate::SessionNetwork;
use crate::limits::DROPPED_EVENT_EVERY;
use crate::rejected::End;
use crate::session::Session;

/// What there is no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// One more flow.
    Flow,
    /// One more datagram that waits.
    Waiting,
}

/// Those of one session that the log has not heard of.
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    flows: AtomicU64,
    waiting: AtomicU64,
    some: Notify,
    end: End,
    is_over: AtomicBool,
}

impl Dropped {
    /// Counts one.
    pub(super) fn count(&self, lack: Lack) {
        let counter = match lack {
            Lack::Flow => &self.flows,
            Lack::Waiting => &self.waiting,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.some.notify_one();
    }

    /// Whether nothing more is going to be told.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Waits until everything that was dropped by now is logged, and nothing more is going to be.
    pub(crate) async fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.end.reach().await;
    }

    /// Tells the log until the end is wanted, or for as long as the future lives.
    pub(super) async fn tell(self: Arc<Self>, session: Arc<Session>) {
        loop {
            tokio::select! {
                () = self.some.notified() => {}
                () = self.end.wanted() => break,
            }
            self.tell_now(&session).await;
            tokio::select! {
                () = sleep(DROPPED_EVENT_EVERY) => {}
                () = self.end.wanted() => break,
            }
        }
        self.tell_now(&session).await;
        self.end.reached();
    }

    async fn tell_now(&self, session: &Session) {
        let SessionNetwork {
            session: id, project, ..
        } = &session.network;
        let taken = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        if let Some(detail) = words(taken(&self.flows), taken(&self.waiting)) {
            session.gate.tell_full(id, project, detail).await;
        }
    }
}

#[cfg(test)]
impl Dropped {
    /// Those without a flow, and those that found no room to wait, of which nobody was told.
    pub(super) fn now(&self) -> (u64, u64) {
        (
            self.flows.load(Ordering::Relaxed),
            self.waiting.load(Ordering::Relaxed),
        )
    }
}

/// What an event says; `None` where nothing was dropped.
fn words(flows: u64, waiting: u64) -> Option<String> {
    let lacks = [
        (flows, "there is no room for one more flow of datagrams"),
        (waiting, "more datagrams wait than there is room for"),
    ];
    let said: Vec<String> = lacks
        .into_iter()
        .filter(|(dropped, _)| 0 < *dropped)
        .map(|(dropped, lack)| format!("{lack}; dropped: {dropped}"))
        .collect();
    (!said.is_empty()).then(|| said.join(", and "))
}

#[cfg(test)]
mod tests {
    use askbox_audit::Event;

    use super::*;
    use crate::world::World;

    #[test]
    fn an_event_says_what_there_was_no_room_for_and_how_many_were_dropped() {
        assert_eq!(words(0, 0), None);
        assert_eq!(
            words(3, 0).as_deref(),
            Some("there is no room for one more flow of datagrams; dropped: 3")
        );
        assert_eq!(
            words(1, 2).as_deref(),
            Some(
                "there is no room for one more flow of datagrams; dropped: 1, and more datagrams wait than there is room for; \
                 dropped: 2"
            )
        );
    }

    fn told(world: &World) -> Vec<String> {
        let full = |event: Event| event.detail.filter(|_| event.action.as_deref() == Some("full"));
        world.events().into_iter().filter_map(full).collect()
    }

    #[tokio::test]
    async fn the_first_is_told_at_once_and_what_follows_is_one_event() {
        let world = World::new("", &[]);
        let dropped = Arc::<Dropped>::default();
        let telling = tokio::spawn(Arc::clone(&dropped).tell(Arc::clone(&world.session)));
        dropped.count(Lack::Flow);
        while told(&world).is_empty() {
            tokio::task::yield_now().await;
        }
        for _ in 0..5 {
            dropped.count(Lack::Flow);
            dropped.count(Lack::Waiting);
        }
        // At the end of the session, however soon that is.
        dropped.end().await;
        telling.await.unwrap();
        assert_eq!(told(&world), [words(1, 0).unwrap(), words(5, 5).unwrap()]);
        assert!(dropped.is_over());
    }

    #[tokio::test]
    async fn an_end_without_any_is_silent() {
        let world = World::new("", &[]);
        let dropped = Arc::<Dropped>::default();
        let telling = tokio::spawn(Arc::clone(&dropped).tell(Arc::clone(&world.session)));
        dropped.end().await;
        telling.await.unwrap();
        assert_eq!(told(&world), Vec::<String>::new());
    }
}
