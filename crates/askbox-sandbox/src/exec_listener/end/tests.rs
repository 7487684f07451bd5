use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};

use super::*;

#[test]
fn the_words_of_wait_are_read() {
    for (status, end) in [
        (0, End::Exited(0)),
        (3 << 8, End::Exited(3)),
        (255 << 8, End::Exited(255)),
        (9, End::Killed(9)),
        (0x80 | 0x0b, End::Killed(11)),
    ] {
        assert_eq!(End::read(status), end, "{status:#x}");
    }
}

/// A shell that runs this once its input ends.
#[expect(clippy::disallowed_methods, reason = "a program of the system that waits")]
fn shell(script: &str) -> (Child, Caller, OwnedFd) {
    let script = format!("read nothing; {script}");
    let mut shell = Command::new("/bin/sh");
    let child = shell.args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
    let (caller, held) = Caller::of(child.id()).unwrap();
    (child, caller, held.unwrap())
}

#[test]
fn how_a_process_ended_is_known_before_its_parent_hears_of_it() {
    for (script, end) in [("exit 3", End::Exited(3)), ("kill -KILL $$", End::Killed(9))] {
        let (mut child, caller, held) = shell(script);
        assert_eq!(End::of(caller, held.as_fd()), None, "{script}");
        drop(child.stdin.take());
        let mut polled = [PollFd::new(held.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut polled, PollTimeout::NONE), Ok(1));
        assert_eq!(End::of(caller, held.as_fd()), Some(end), "{script}");
        child.wait().unwrap();
    }
}

#[test]
fn how_a_process_ended_is_known_afterwards_where_the_kernel_says_so() {
    let (mut child, caller, held) = shell("exit 3");
    child.wait().unwrap();
    let end = match sys::end_status(held.as_fd()) {
        Some(_) => End::Exited(3),
        None => End::Unknown,
    };
    assert_eq!(End::of(caller, held.as_fd()), Some(end));
}
