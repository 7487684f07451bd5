use std::sync::mpsc;
use std::thread::ThreadId;

use super::*;

/// Long enough for a job that does nothing, however busy the machine is.
const AMPLE: Duration = Duration::from_secs(20);

/// A deadline that a job that never ends is bound to miss.
const SHORT: Duration = Duration::from_millis(5);

/// Holds up so many threads until the sender is dropped.
async fn hold_up(pool: &Pool, count: usize) -> Vec<mpsc::Sender<()>> {
    let mut holds = Vec::new();
    for _ in 0..count {
        let (hold, release) = mpsc::channel::<()>();
        let (running, is_running) = oneshot::channel();
        let late = pool.run(SHORT, move |_| {
            running.send(()).ok();
            release.recv().is_ok()
        });
        assert_eq!(late.await, None);
        // Where the machine was so slow that the job was never begun, nothing is held up.
        if is_running.await.is_ok() {
            holds.push(hold);
        }
    }
    holds
}

fn held_up(pool: &Pool) -> usize {
    pool.shared.0.lock().held_up
}

#[tokio::test]
async fn a_job_that_is_done_in_time_has_its_result() {
    let pool = Pool::default();
    assert_eq!(pool.run(AMPLE, |_| 7).await, Some(7));
}

#[tokio::test]
async fn a_job_learns_its_deadline() {
    let pool = Pool::default();
    let before = Instant::now();
    assert!(
        pool.run(AMPLE, |stop| stop)
            .await
            .is_some_and(|stop| before + AMPLE <= stop)
    );
}

#[tokio::test]
async fn jobs_share_few_threads() {
    let pool = Pool::default();
    let mut threads: Vec<ThreadId> = Vec::new();
    for _ in 0..50 {
        let thread = pool.run(AMPLE, |_| std::thread::current().id()).await.unwrap();
        if !threads.contains(&thread) {
            threads.push(thread);
        }
    }
    assert!(threads.len() <= THREADS, "{threads:?}");
}

#[tokio::test]
async fn threat_69_threads_that_are_held_up_are_replaced() {
    let pool = Pool::default();
    let holds = hold_up(&pool, THREADS * 3).await;
    assert_eq!(pool.run(AMPLE, |_| 7).await, Some(7));
    assert!(THREADS < holds.len(), "the machine is too slow for this test");
    assert_eq!(held_up(&pool), holds.len());
}

#[tokio::test]
async fn threads_are_replaced_up_to_a_limit_and_come_back() {
    let pool = Pool::default();
    let mut holds = Vec::new();
    while held_up(&pool) < HELD_UP || pool.shared.0.lock().running.len() < HELD_UP + THREADS {
        holds.extend(hold_up(&pool, 1).await);
    }
    assert_eq!(pool.run(SHORT, |_| 7).await, None);
    assert_eq!(held_up(&pool), HELD_UP);
    holds.clear();
    assert_eq!(pool.run(AMPLE, |_| 7).await, Some(7));
}

#[tokio::test]
async fn threat_69_a_full_queue_fails_at_once() {
    let pool = Pool::default();
    let mut holds = Vec::new();
    while pool.shared.0.lock().running.len() < HELD_UP + THREADS {
        holds.extend(hold_up(&pool, 1).await);
    }
    let start = Instant::now();
    let waiting: Vec<_> = (0..QUEUE)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run(AMPLE, |_| 7).await })
        })
        .collect();
    while pool.shared.0.lock().queue.len() < QUEUE {
        tokio::task::yield_now().await;
    }
    assert_eq!(pool.run(AMPLE, |_| 7).await, None);
    assert!(start.elapsed() < AMPLE);
    holds.clear();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), Some(7));
    }
}

#[tokio::test]
async fn a_job_that_nobody_waits_for_is_not_begun() {
    let pool = Pool::default();
    let mut holds = Vec::new();
    while pool.shared.0.lock().running.len() < HELD_UP + THREADS {
        holds.extend(hold_up(&pool, 1).await);
    }
    let (begun, is_begun) = oneshot::channel::<()>();
    let abandoned = tokio::spawn({
        let pool = pool.clone();
        async move { pool.run(AMPLE, move |_| begun.send(()).ok()).await }
    });
    while pool.shared.0.lock().queue.is_empty() {
        tokio::task::yield_now().await;
    }
    abandoned.abort();
    assert!(abandoned.await.is_err_and(|error| error.is_cancelled()));
    holds.clear();
    assert_eq!(pool.run(AMPLE, |_| 7).await, Some(7));
    assert!(is_begun.await.is_err());
}

#[tokio::test]
async fn a_panic_costs_no_thread() {
    let pool = Pool::default();
    for _ in 0..THREADS * 2 {
        assert_eq!(pool.run(AMPLE, |_| panic!("on purpose")).await, None::<()>);
    }
    assert_eq!(pool.run(AMPLE, |_| 7).await, Some(7));
    assert!(pool.shared.0.lock().threads <= THREADS);
}

#[tokio::test]
async fn threads_end_with_the_last_handle() {
    let pool = Pool::default();
    let (held, ended) = mpsc::channel::<()>();
    thread_local!(static HELD: std::cell::OnceCell<mpsc::Sender<()>> = const { std::cell::OnceCell::new() });
    pool.run(AMPLE, move |_| HELD.with(|slot| drop(slot.set(held))))
        .await
        .unwrap();
    drop(pool);
    assert_eq!(
        ended.recv_timeout(AMPLE),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
}
