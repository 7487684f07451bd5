//! The threads of a session's starts. One hears of a start and decides about it itself, since the kernel hands the processor from
//! the program that waits to the thread that waits for it and back; by way of a queue or another thread an answer takes several
//! times as long. Another one watches: it looks at what became of the starts that were let go on, and where the one that hears
//! is held up, it has a new one hear. It sleeps while nothing starts. Decides nothing.
//!
//! A look at a start takes as long as its program's memory does, so threads can be held up: as many as
//! [`limits::STARTS_READ`], and these belong to the session whose programs do that.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use askbox_sandbox::exec_listener::Heard;

use super::Serving;
use crate::limits;

/// Stack of each; a start that is decided at once goes through rules and the beginning of the log.
const STACK: usize = 512 * 1024;

/// Hears until it is dropped.
#[derive(Debug)]
pub(super) struct Threads {
    crew: Arc<Crew>,
    /// Its end is what the thread that hears is woken by.
    _stop: UnixStream,
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.crew.end();
    }
}

/// What the threads of a session know of each other.
#[derive(Debug, Default)]
pub(super) struct Crew {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    hearing: Hearing,
    /// Those that hear, or decide about what they heard.
    threads: usize,
    /// When what was let go on is to be looked at.
    look_at: Option<Instant>,
    watching: Watching,
    /// Nothing is to be heard any more.
    is_over: bool,
}

/// Whether somebody hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hearing {
    /// A thread will, as soon as it runs.
    #[default]
    Soon,
    /// One does.
    Yes,
    /// Nobody has since then.
    NotSince(Instant),
}

impl State {
    /// When it is time for another one to hear; `None` while one does.
    fn held_up_at(&self) -> Option<Instant> {
        match self.hearing {
            Hearing::NotSince(since) => Some(since + limits::START_HELD_UP),
            Hearing::Soon | Hearing::Yes => None,
        }
    }

    /// When there is something to do.
    fn next(&self) -> Option<Instant> {
        self.look_at.into_iter().chain(self.held_up_at()).min()
    }
}

/// What the one that watches is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Watching {
    /// It looks at something, or is about to.
    #[default]
    Awake,
    /// It sleeps until then.
    Until(Instant),
    /// It sleeps until it is woken.
    Asleep,
}

/// Starts the first threads.
pub(super) fn begin(serving: Arc<Serving>) -> io::Result<Threads> {
    let (stop, stopped) = UnixStream::pair()?;
    let stopped = Arc::new(stopped);
    let threads = Threads {
        crew: Arc::clone(&serving.crew),
        _stop: stop,
    };
    serving.crew.lock().threads = 1;
    spawn(&serving, &stopped)?;
    named().spawn(move || watch(&serving, &stopped))?;
    Ok(threads)
}

fn named() -> std::thread::Builder {
    let name = "askbox-starts".to_owned();
    std::thread::Builder::new().name(name).stack_size(STACK)
}

fn spawn(serving: &Arc<Serving>, stopped: &Arc<UnixStream>) -> io::Result<()> {
    let (serving, stopped) = (Arc::clone(serving), Arc::clone(stopped));
    named().spawn(move || hear(&serving, &stopped)).map(drop)
}

fn hear(serving: &Arc<Serving>, stopped: &UnixStream) {
    // For what a start has to wait for: timers, and tasks.
    let _runtime = serving.runtime.enter();
    while serving.crew.take_turn() {
        match serving.listener.hear(stopped.as_fd()) {
            Ok(Heard::Start(start)) => {
                serving.crew.give_turn();
                serving.answer(start);
            }
            Ok(Heard::Over) => return serving.crew.end(),
            Err(error) => {
                tracing::error!(%error, "starts of programs are not heard any more");
                return serving.crew.end();
            }
        }
    }
}

fn watch(serving: &Arc<Serving>, stopped: &Arc<UnixStream>) {
    let _runtime = serving.runtime.enter();
    while let Some(to_do) = serving.crew.rest() {
        if to_do.is_held_up
            && serving.crew.join()
            && let Err(error) = spawn(serving, stopped)
        {
            serving.crew.leave();
            tracing::warn!(%error, "no other thread to hear of starts");
        }
        let next = serving.look_at_due();
        serving.crew.has_looked(next);
    }
}

/// What there is to do for the one that watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ToDo {
    /// Nobody has heard for a while.
    is_held_up: bool,
}

impl Crew {
    /// Whether this thread is to hear. If not it is not needed: another one does.
    fn take_turn(&self) -> bool {
        let mut state = self.lock();
        if state.hearing == Hearing::Yes || state.is_over {
            state.threads -= 1;
            return false;
        }
        state.hearing = Hearing::Yes;
        true
    }

    /// This thread hears no more until its next turn.
    fn give_turn(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        state.hearing = Hearing::NotSince(now);
        self.wake(state, now + limits::START_HELD_UP);
    }

    /// Something was let go on, and is to be looked at then.
    pub(super) fn look_at(&self, due: Instant) {
        let mut state = self.lock();
        state.look_at = Some(state.look_at.map_or(due, |before| before.min(due)));
        self.wake(state, due);
    }

    /// The rest is to be looked at later, if there is any.
    fn has_looked(&self, next: Option<Instant>) {
        let mut state = self.lock();
        state.look_at = state.look_at.into_iter().chain(next).min();
    }

    /// Wakes the one that watches if it would sleep longer than until then: while starts follow each other it does not.
    fn wake(&self, mut state: MutexGuard<'_, State>, at: Instant) {
        let sleeps_longer = match state.watching {
            Watching::Awake => false,
            Watching::Until(until) => at < until,
            Watching::Asleep => true,
        };
        if sleeps_longer {
            state.watching = Watching::Awake;
            drop(state);
            self.wake.notify_all();
        }
    }

    /// Sleeps until there is something to look at, or nobody has heard for a while. `None` when all is over.
    fn rest(&self) -> Option<ToDo> {
        let mut state = self.lock();
        while !state.is_over {
            let now = Instant::now();
            let wanted = state.next();
            let Some(at) = wanted else {
                state.watching = Watching::Asleep;
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.watching = Watching::Awake;
                continue;
            };
            if at <= now {
                state.look_at = None;
                let is_held_up = state.held_up_at().is_some_and(|at| at <= now);
                if is_held_up {
                    state.hearing = Hearing::Soon;
                }
                return Some(ToDo { is_held_up });
            }
            state.watching = Watching::Until(at);
            let slept = self.wake.wait_timeout(state, at - now);
            (state, _) = slept.unwrap_or_else(PoisonError::into_inner);
            state.watching = Watching::Awake;
        }
        None
    }

    /// Counts one thread more; `false` when there are as many as may be.
    fn join(&self) -> bool {
        let mut state = self.lock();
        let may = state.threads < limits::STARTS_READ;
        state.threads += usize::from(may);
        may
    }

    fn leave(&self) {
        self.lock().threads -= 1;
    }

    fn end(&self) {
        self.lock().is_over = true;
        self.wake.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in there is left half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_hears_where_one_is_held_up_and_ends_when_it_is_not_needed() {
        let crew = Crew::default();
        assert!(crew.join());
        assert!(crew.take_turn());
        crew.give_turn();
        assert_eq!(crew.rest(), Some(ToDo { is_held_up: true }));
        assert!(crew.join());
        assert!(crew.take_turn());
        // The first is done.
        assert!(!crew.take_turn());
        assert_eq!(crew.lock().threads, 1);
        assert_eq!(crew.lock().hearing, Hearing::Yes);
    }

    #[test]
    fn one_that_hears_again_soon_is_not_held_up() {
        let crew = Crew::default();
        assert!(crew.join() && crew.take_turn());
        crew.give_turn();
        assert!(crew.take_turn());
        crew.look_at(Instant::now());
        assert_eq!(crew.rest(), Some(ToDo { is_held_up: false }));
        // What is not settled is looked at again.
        crew.has_looked(Some(Instant::now()));
        assert_eq!(crew.rest(), Some(ToDo { is_held_up: false }));
    }

    #[test]
    fn there_are_no_more_than_may_be() {
        let crew = Crew::default();
        let joined = (0..100).filter(|_| crew.join()).count();
        assert_eq!(joined, limits::STARTS_READ);
        crew.leave();
        assert!(crew.join());
    }

    #[test]
    fn the_end_wakes_whoever_sleeps_and_nobody_hears_after_it() {
        let crew = Crew::default();
        assert!(crew.join());
        std::thread::scope(|scope| {
            let watching = scope.spawn(|| crew.rest());
            crew.end();
            assert_eq!(watching.join().unwrap(), None);
        });
        assert!(!crew.take_turn());
        assert_eq!(crew.lock().threads, 0);
    }
}
