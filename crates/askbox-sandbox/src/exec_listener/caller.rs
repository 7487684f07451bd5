//! The process behind a start, told by its number and when it began: the number can pass on to another process, one of the
//! host too, while it is looked at or ended. Decides nothing.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::{Start, sys};

/// A process that starts a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    number: u32,
    /// In clock ticks since boot: a number does not pass on within one.
    began: u64,
}

impl Caller {
    /// The process of a thread, and a descriptor that can be read once it has ended ([`super::End`]), where one more may be open.
    /// It is the one that waits if [`super::Listener::is_waiting`] says so afterwards.
    pub fn of(thread: u32) -> io::Result<(Self, Option<OwnedFd>)> {
        // Only the first thread of a process can be held, and has its number. When another one starts a program, it becomes
        // the first.
        let (number, held) = if let Ok(held) = sys::hold(thread) {
            (thread, Some(held))
        } else {
            let number = process_of(thread).ok_or(io::ErrorKind::NotFound)?;
            (number, sys::hold(number).ok())
        };
        let began = began(number).ok_or(io::ErrorKind::NotFound)?;
        Ok((Self { number, began }, held))
    }

    /// Its number on the host, which is another process's when it has ended.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// What the thread that made a start is at, and the file that it runs, as its own mounts name it; `None` when it has
    /// ended. Once it has left the call, that file is what the start led to.
    pub fn state(&self, start: &Start) -> Option<(At, PathBuf)> {
        // In this order, since the first may change before the second is read.
        let at = self.of_thread(start, |thread| at(thread, start.call))?;
        let runs = self.of_thread(start, exe)?;
        self.is_there().then_some((at, runs))
    }

    /// What is found in the directory of a thread in /proc: of the one that made a start while that is there, since the first
    /// one may have ended before it; and afterwards of the first one, which it becomes.
    fn of_thread<T>(&self, start: &Start, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let number = self.number;
        [start.thread, number]
            .into_iter()
            .find_map(|thread| find(&format!("/proc/{number}/task/{thread}")))
    }

    /// Ends it.
    pub fn end(&self) {
        let Ok(held) = sys::hold(self.number) else {
            return;
        };
        if self.is_there() {
            match sys::kill(&held) {
                // ESRCH: it has ended by itself.
                Ok(()) | Err(_) => {}
            }
        }
    }

    /// How it ended, as wait(2) has it, while its parent has not heard of that (proc(5), field 52 of /proc/PID/stat).
    pub(super) fn unheard_status(&self) -> Option<i32> {
        let rest = stat(self.number)?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).copied();
        let is_it = field(3) == Some("Z") && field(22)?.parse() == Ok(self.began);
        if is_it { field(52)?.parse().ok() } else { None }
    }

    /// Whether its number is its own still. What was read by it before belongs to it, if so.
    fn is_there(&self) -> bool {
        began(self.number) == Some(self.began)
    }
}

/// What a thread is at after its start was let go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// It waits in the call: what runs is the program before. Only what its caller makes slow takes long.
    Start,
    /// It has the processor or waits for it, in the call or after it.
    Running,
    /// It has left the call.
    Other,
}

/// The file that a thread runs, as its own mounts name it.
pub fn runs(thread: u32) -> Option<PathBuf> {
    exe(&format!("/proc/{thread}"))
}

fn exe(directory: &str) -> Option<PathBuf> {
    let exe = fs::read_link(format!("{directory}/exe")).ok()?;
    let text = exe.as_os_str().as_bytes();
    let text = text.strip_suffix(b" (deleted)").unwrap_or(text);
    Some(PathBuf::from(OsStr::from_bytes(text)))
}

/// What a thread is at (proc(5), `/proc/PID/syscall`: the number of a call, `running`, or -1).
fn at(directory: &str, call: u32) -> Option<At> {
    let text = fs::read_to_string(format!("{directory}/syscall")).ok()?;
    Some(match text.split_ascii_whitespace().next() {
        Some("running") => At::Running,
        Some(number) if number == call.to_string() => At::Start,
        Some(_) | None => At::Other,
    })
}

/// The process that a thread belongs to (proc(5), Tgid in /proc/TID/status).
fn process_of(thread: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    line.trim().parse().ok()
}

/// When a process began (proc(5), field 22 of /proc/PID/stat).
fn began(process: u32) -> Option<u64> {
    stat(process)?.split_ascii_whitespace().nth(22 - 3)?.parse().ok()
}

/// What /proc/PID/stat says of a process, from field 3 on. The name before may hold anything, and ends at the last parenthesis.
fn stat(process: u32) -> Option<String> {
    let stat = fs::read(format!("/proc/{process}/stat")).ok()?;
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = str::from_utf8(stat.get(end + 1..)?).ok()?;
    Some(rest.to_owned())
}

#[cfg(test)]
mod tests;
