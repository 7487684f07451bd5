//! How long a session may run. While it is frozen its time stands still: nothing in it could use it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The time of one session.
#[derive(Debug)]
pub(super) struct RunTime(watch::Sender<Option<Instant>>);

/// Who waits until it is over.
#[derive(Debug)]
pub(super) struct Over(watch::Receiver<Option<Instant>>);

/// What was left of it when it was held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left(Option<Duration>);

impl RunTime {
    /// Begins now. Without a limit it is never over.
    pub(super) fn begin(milliseconds: Option<u64>) -> (Self, Over) {
        let end = milliseconds.map(|time| Instant::now() + Duration::from_millis(time));
        let (sender, receiver) = watch::channel(end);
        (Self(sender), Over(receiver))
    }

    /// Stands still until it goes on.
    pub(super) fn hold(&self) -> Left {
        let end = self.0.send_replace(None);
        Left(end.map(|end| end.saturating_duration_since(Instant::now())))
    }

    /// Goes on with what was left.
    pub(super) fn go_on(&self, Left(left): Left) {
        self.0.send_replace(left.map(|left| Instant::now() + left));
    }
}

impl Over {
    /// Returns when the time is over.
    pub(super) async fn wait(mut self) {
        loop {
            let end = *self.0.borrow_and_update();
            let is_over = async {
                match end {
                    Some(end) => sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = is_over => return,
                changed = self.0.changed() => {
                    if changed.is_err() {
                        // Nobody looks after the session any more.
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    #[tokio::test(start_paused = true)]
    async fn the_time_of_a_frozen_session_stands_still() {
        let (time, over) = RunTime::begin(Some(MINUTE));
        let began = Instant::now();
        let waiting = tokio::spawn(over.wait());
        tokio::time::advance(Duration::from_secs(50)).await;
        let left = time.hold();
        tokio::time::advance(Duration::from_secs(1000)).await;
        assert!(!waiting.is_finished());
        time.go_on(left);
        waiting.await.unwrap();
        assert_eq!(began.elapsed().as_secs(), 1060);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_without_a_limit_has_all_the_time() {
        let (time, over) = RunTime::begin(None);
        let waiting = tokio::spawn(over.wait());
        let left = time.hold();
        time.go_on(left);
        tokio::time::advance(Duration::from_secs(1_000_000)).await;
        assert!(!waiting.is_finished());
    }
}
