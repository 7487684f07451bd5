//! A few threads for work that may block for as long as a sandboxed program likes. Whoever waits for it waits until a
//! deadline and no longer; a thread that is held up is written off and replaced, up to a limit.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// Threads that work.
const THREADS: usize = 4;

/// Jobs that may wait for a thread; what comes beyond fails at once.
const QUEUE: usize = 256;

/// Threads that may be held up at once and are replaced; those beyond are not, so a program that holds them all up gets
/// no more of them.
const HELD_UP: usize = 32;

/// Stack of each thread; the work is shallow, and there may be many.
const STACK: usize = 256 * 1024;

/// The threads. Clones share them; they end when the last clone is dropped and their job is done.
#[derive(Clone, Default)]
pub struct Pool {
    shared: Arc<Owner>,
}

/// Ends the threads when the last handle goes.
#[derive(Default)]
struct Owner(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    running: HashMap<u64, Running>,
    last_id: u64,
    /// Threads that wait for work.
    idle: usize,
    /// Threads that are not written off.
    threads: usize,
    /// Threads that are.
    held_up: usize,
    ended: bool,
}

struct Job {
    late: Instant,
    work: Box<dyn FnOnce() + Send>,
}

struct Running {
    late: Instant,
    written_off: bool,
}

impl Pool {
    /// Runs a job on one of the threads. `None` when it is not done within `deadline`, when too many wait already, or
    /// when it panics. A late job goes on without anybody listening; it is handed the moment of its deadline so that it
    /// can end by itself. Needs a tokio runtime with time.
    pub async fn run<T: Send + 'static>(
        &self,
        deadline: Duration,
        job: impl FnOnce(Instant) -> T + Send + 'static,
    ) -> Option<T> {
        let late = Instant::now() + deadline;
        let (reply, answer) = oneshot::channel();
        let work = Box::new(move || {
            if !reply.is_closed() {
                // An error says that nobody waits any more.
                drop(reply.send(job(late)));
            }
        });
        self.shared.0.submit(Job { late, work })?;
        match tokio::time::timeout_at(late.into(), answer).await {
            Ok(answer) => answer.ok(),
            Err(_elapsed) => {
                self.shared.0.replace_held_up();
                None
            }
        }
    }
}

impl Shared {
    fn submit(self: &Arc<Self>, job: Job) -> Option<()> {
        let mut state = self.lock();
        self.write_off(&mut state);
        if QUEUE <= state.queue.len() {
            return None;
        }
        state.queue.push_back(job);
        if state.idle < state.queue.len() && state.threads < THREADS {
            self.start(&mut state);
        }
        drop(state);
        self.work.notify_one();
        Some(())
    }

    fn replace_held_up(self: &Arc<Self>) {
        let mut state = self.lock();
        self.write_off(&mut state);
    }

    /// Writes off every thread whose job is late, and starts others for what is queued.
    fn write_off(self: &Arc<Self>, state: &mut State) {
        let now = Instant::now();
        let room = HELD_UP.saturating_sub(state.held_up);
        let late = state
            .running
            .values_mut()
            .filter(|job| job.late <= now && !job.written_off)
            .take(room);
        let written_off = late.map(|job| job.written_off = true).count();
        state.held_up += written_off;
        state.threads -= written_off;
        while state.threads < THREADS && state.idle < state.queue.len() {
            if !self.start(state) {
                return;
            }
        }
    }

    /// Starts a thread; counts it as idle, since it takes a job as soon as it runs. Returns whether there is one.
    fn start(self: &Arc<Self>, state: &mut State) -> bool {
        let shared = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name("askbox-process".to_owned())
            .stack_size(STACK);
        let started = thread.spawn(move || shared.work());
        match started {
            Ok(_detached) => {
                state.threads += 1;
                state.idle += 1;
                true
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "no thread to look at processes"
                );
                false
            }
        }
    }

    /// What a thread does. It is idle when it comes here.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            if state.ended {
                return;
            }
            let Some(job) = state.queue.pop_front() else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if job.late <= Instant::now() {
                continue;
            }
            state.idle -= 1;
            state.last_id += 1;
            let id = state.last_id;
            state.running.insert(
                id,
                Running {
                    late: job.late,
                    written_off: false,
                },
            );
            drop(state);
            // The caller learns of a panic by the reply that never comes; the thread is as good as before.
            let _panicked = catch_unwind(AssertUnwindSafe(job.work));
            state = self.lock();
            if state.running.remove(&id).is_some_and(|job| job.written_off) {
                state.held_up -= 1;
                return;
            }
            state.idle += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ended = true;
        state.queue.clear();
        drop(state);
        self.0.work.notify_all();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.0.lock();
        f.debug_struct("Pool")
            .field("threads", &state.threads)
            .field("idle", &state.idle)
            .field("held_up", &state.held_up)
            .field("queued", &state.queue.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
