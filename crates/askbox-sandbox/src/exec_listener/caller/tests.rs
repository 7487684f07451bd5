use std::process::{Command, Stdio};
use std::sync::mpsc;

use super::*;

#[expect(clippy::disallowed_methods, reason = "a program of the system that waits")]
fn sleeping() -> std::process::Child {
    Command::new("/bin/cat").stdin(Stdio::piped()).spawn().unwrap()
}

fn start(thread: u32, call: libc::c_long) -> Start {
    Start {
        id: 0,
        call: u32::try_from(call).unwrap(),
        thread,
        directory: libc::AT_FDCWD,
        path: 0,
        flags: 0,
    }
}

#[test]
fn a_process_is_ended_and_says_nothing_afterwards() {
    let mut child = sleeping();
    let caller = Caller::of(child.id()).unwrap().0;
    assert_eq!(caller.number(), child.id());
    let execve = start(child.id(), libc::SYS_execve);
    let cat = fs::canonicalize("/bin/cat").unwrap();
    assert_eq!(caller.state(&execve).unwrap().1, cat);
    caller.end();
    child.wait().unwrap();
    assert_eq!(caller.state(&execve), None);
    assert!(Caller::of(child.id()).is_err(), "nobody has that number");
}

#[test]
fn who_has_the_number_of_another_process_is_let_alone() {
    let mut child = sleeping();
    let caller = Caller::of(child.id()).unwrap().0;
    let before = Caller {
        began: caller.began - 1,
        ..caller
    };
    let execve = start(child.id(), libc::SYS_execve);
    assert_eq!(before.state(&execve), None);
    before.end();
    assert!(caller.state(&execve).is_some());
    assert_eq!(child.try_wait().unwrap(), None);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_call_that_takes_long_is_told_from_its_end() {
    let mut child = sleeping();
    let caller = Caller::of(child.id()).unwrap().0;
    let at = |call| caller.state(&start(caller.number(), call)).unwrap().0;
    while at(libc::SYS_read) != At::Start {
        std::thread::yield_now(); // It is on its way there.
    }
    assert_eq!(at(libc::SYS_execve), At::Other);
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn a_thread_that_computes_may_be_in_any_call() {
    let (tell, hear) = mpsc::channel();
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            tell.send(nix::unistd::gettid()).unwrap();
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        let thread = hear.recv().unwrap().as_raw().cast_unsigned();
        let caller = Caller::of(thread).unwrap().0;
        while caller.state(&start(thread, libc::SYS_execve)).unwrap().0 != At::Running {
            std::thread::yield_now(); // It tells still.
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn any_thread_stands_for_its_process() {
    let (tell, hear) = mpsc::channel();
    let (leave, stay) = mpsc::channel::<()>();
    let other = std::thread::spawn(move || {
        tell.send(nix::unistd::gettid()).unwrap();
        stay.recv().unwrap_err();
    });
    let thread = hear.recv().unwrap().as_raw().cast_unsigned();
    let own = std::process::id();
    assert_ne!(thread, own);
    let caller = Caller::of(thread).unwrap().0;
    assert_eq!(caller.number(), own);
    let waits = start(thread, libc::SYS_futex);
    while caller.state(&waits).unwrap().0 != At::Start {
        std::thread::yield_now(); // It is on its way there.
    }
    drop(leave);
    other.join().unwrap();
}
