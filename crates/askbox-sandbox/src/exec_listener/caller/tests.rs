use std::process::{Command, Stdio};
use std::sync::mpsc;

use super::*;

#[expect(clippy::disallowed_methods, reason = "a program of the system that waits")]
fn sleeping() -> std::process::Child {
    Command::new("/bin/cat").stdin(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_process_that_is_held_is_ended_and_says_nothing_afterwards() {
    let mut child = sleeping();
    let caller = Caller::of(child.id()).unwrap();
    assert_eq!(caller.number(), child.id());
    assert!(!caller.has_ended());
    assert_eq!(caller.runs(), Some(fs::canonicalize("/bin/cat").unwrap()));
    caller.end();
    child.wait().unwrap();
    assert!(caller.has_ended());
    assert_eq!(caller.runs(), None);
    assert!(Caller::of(child.id()).is_err(), "nobody has that number");
}

#[test]
fn a_call_that_takes_long_is_told_from_its_end() {
    let mut child = sleeping();
    let caller = Caller::of(child.id()).unwrap();
    let thread = child.id();
    let start = |call| Start {
        id: 0,
        call,
        thread,
        directory: libc::AT_FDCWD,
        path: 0,
        flags: 0,
    };
    let number = |call: libc::c_long| start(u32::try_from(call).unwrap());
    while !caller.is_in(&number(libc::SYS_read)) {
        std::thread::yield_now(); // It is on its way there.
    }
    assert!(!caller.is_in(&number(libc::SYS_execve)));
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(!caller.is_in(&number(libc::SYS_read)));
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
    assert_eq!(Caller::of(thread).unwrap().number(), own);
    drop(leave);
    other.join().unwrap();
}
