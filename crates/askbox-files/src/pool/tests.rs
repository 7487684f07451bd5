use std::sync::mpsc;
use std::time::Duration;

use super::*;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap()
}

/// Fills all places of a pool; what is sent back lets them go, each by being dropped.
fn hold(pool: &Pool) -> Vec<mpsc::Sender<()>> {
    let (start, started) = mpsc::channel();
    let held = (0..limits::AT_ONCE).map(|_| {
        let (release, released) = mpsc::channel::<()>();
        let start = start.clone();
        pool.run(move |place| {
            start.send(place).unwrap();
            // An error once the sender is gone.
            let _released = released.recv();
        });
        release
    });
    let held: Vec<_> = held.collect();
    for _ in 0..limits::AT_ONCE {
        assert_eq!(started.recv().unwrap(), Ok(()));
    }
    held
}

#[test]
fn work_waits_for_a_place_and_is_done_when_there_is_one() {
    let runtime = runtime();
    let pool = Pool::new(runtime.handle().clone(), limits::WAITING);
    let mut held = hold(&pool);
    let (done, is_done) = mpsc::channel();
    pool.run(move |place| done.send(place).unwrap());
    assert_eq!(
        is_done.recv_timeout(Duration::from_millis(50)),
        Err(mpsc::RecvTimeoutError::Timeout)
    );
    held.pop();
    assert_eq!(is_done.recv().unwrap(), Ok(()));
}

#[test]
fn a_pool_that_is_held_up_holds_no_other() {
    let runtime = runtime();
    let pool = Pool::new(runtime.handle().clone(), limits::WAITING);
    let _held = hold(&pool);
    let other = Pool::new(runtime.handle().clone(), limits::WAITING);
    let (done, is_done) = mpsc::channel();
    other.run(move |place| done.send(place).unwrap());
    assert_eq!(is_done.recv().unwrap(), Ok(()));
}

#[test]
fn more_than_may_wait_is_refused_at_once() {
    let runtime = runtime();
    let pool = Pool::new(runtime.handle().clone(), limits::WAITING);
    let held = hold(&pool);
    let (done, is_done) = mpsc::channel();
    for _ in 0..=limits::WAITING {
        let done = done.clone();
        pool.run(move |place| done.send(place).unwrap());
    }
    assert_eq!(is_done.recv().unwrap(), Err(Errno::EBUSY));
    drop(held);
    for _ in 0..limits::WAITING {
        assert_eq!(is_done.recv().unwrap(), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_a_place_for_ever() {
    let pool = Pool::new(Handle::current(), limits::WAITING);
    let _held = hold(&pool);
    let (done, is_done) = tokio::sync::oneshot::channel();
    pool.run(move |place| done.send(place).unwrap());
    assert_eq!(is_done.await.unwrap(), Err(Errno::ETIMEDOUT));
}

#[test]
fn a_panic_gives_its_place_back() {
    let runtime = runtime();
    let pool = Pool::new(runtime.handle().clone(), limits::WAITING);
    for _ in 0..limits::AT_ONCE {
        pool.run(|_place| panic!("on purpose"));
    }
    let (done, is_done) = mpsc::channel();
    pool.run(move |place| done.send(place).unwrap());
    assert_eq!(is_done.recv().unwrap(), Ok(()));
}
