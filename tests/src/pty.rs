//! A terminal of a test: a program runs in it as if a person sat there, types, looks at the screen and resizes it.
//! Must not interpret what the program prints.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

use crate::run::started_by;

/// How long a test looks at a screen that does not change. For a hung program, not for a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal and the program that has it as its controlling terminal. Dropping it hangs up and kills the program.
#[derive(Debug)]
pub struct Terminal {
    keys: Option<File>,
    closed: Arc<AtomicBool>,
    slave: Option<OwnedFd>,
    shown: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    child: Child,
    before: Termios,
}

/// A program that has left its terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Everything that was shown.
    pub shown: String,
    /// Whether the terminal has the modes that it had before.
    pub modes_restored: bool,
}

impl Terminal {
    /// Starts a program in a terminal of 24 rows and 80 columns, as the leader of a session of its own. Arguments,
    /// environment and directory are the command's; its standard streams are the terminal.
    pub fn start(command: &Command) -> Self {
        // Close-on-exec, or programs of other tests keep the window open.
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
        unlockpt(&master).unwrap();
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlag::O_NOCTTY.bits())
            .open(ptsname_r(&master).unwrap())
            .unwrap();
        let (master, slave) = (File::from(OwnedFd::from(master)), OwnedFd::from(slave));
        set_size(&slave, 24, 80);
        let before = tcgetattr(&slave).unwrap();
        let end = || Stdio::from(slave.try_clone().unwrap());
        // setsid(1) because only a new session's leader can take a controlling terminal; it becomes the program. Without
        // env(1), a run of the tests that ignores hang-ups (nohup) or Ctrl-C (a background job of a script) would hand that down.
        let words = ["--ctty", "env", "--default-signal=HUP,INT,QUIT"];
        let mut leader = started_by("setsid", &words, command);
        leader.stdin(end()).stdout(end()).stderr(end());
        let child = leader.spawn().unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let closed = Arc::new(AtomicBool::new(false));
        let (mut screen, kept, end) = (master.try_clone().unwrap(), shown.clone(), closed.clone());
        let reader = std::thread::spawn(move || {
            let mut chunk = vec![0; 64 * 1024];
            while !end.load(Ordering::SeqCst) {
                let ready = poll(
                    &mut [PollFd::new(screen.as_fd(), PollFlags::POLLIN)],
                    PollTimeout::from(50_u8),
                );
                if ready == Ok(0) {
                    continue;
                }
                // EIO when nobody has the other end any more.
                let Ok(length @ 1..) = screen.read(&mut chunk) else {
                    break;
                };
                kept.lock().unwrap().extend_from_slice(&chunk[..length]);
            }
        });
        Self {
            keys: Some(master),
            closed,
            slave: Some(slave),
            shown,
            reader: Some(reader),
            child,
            before,
        }
    }

    /// Presses keys. Ctrl-C is `\x03`, Ctrl-D `\x04`, Enter `\r`.
    pub fn press(&mut self, keys: &str) {
        self.keys.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Everything shown so far, control sequences and all.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    /// Looks at the screen until this was shown.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(text, |shown| shown.contains(text));
    }

    /// Looks at everything shown so far until it satisfies.
    pub fn wait_until(&self, what: &str, satisfies: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !satisfies(&self.shown()) {
            assert!(Instant::now() < end, "never shown: {what}\n{:?}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Changes the window's size, as a window manager would.
    pub fn resize(&self, rows: u16, columns: u16) {
        set_size(self.slave.as_ref().unwrap(), rows, columns);
    }

    /// Whether the terminal hands out whole lines, as it did at first.
    pub fn is_as_before(&self) -> bool {
        is_same(&tcgetattr(self.slave.as_ref().unwrap()).unwrap(), &self.before)
    }

    /// Process id of the program.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// Closes the window, which hangs up on the program, and waits for its end. Returns its exit code.
    pub fn close(mut self) -> Option<i32> {
        self.closed.store(true, Ordering::SeqCst);
        self.reader.take().unwrap().join().unwrap();
        self.slave = None;
        self.keys = None;
        self.wait().code()
    }

    /// Waits for the end of the program, and for everything that it showed.
    pub fn finish(mut self) -> Left {
        let status = self.wait();
        let modes_restored = self.is_as_before();
        self.slave = None;
        self.reader.take().unwrap().join().unwrap();
        let code = status.code().or(status.signal().map(|signal| 128 + signal));
        Left {
            code,
            shown: self.shown(),
            modes_restored,
        }
    }

    fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "does not end; shown: {:?}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn set_size(terminal: &OwnedFd, rows: u16, columns: u16) {
    let status = Command::new("stty")
        .args(["rows", &rows.to_string(), "columns", &columns.to_string()])
        .stdin(terminal.try_clone().unwrap())
        .status();
    assert!(status.unwrap().success());
}

/// Whether both have the same modes. Not `==`, which compares the kernel's and C's view of control characters too.
fn is_same(one: &Termios, other: &Termios) -> bool {
    one.local_flags == other.local_flags
        && one.input_flags == other.input_flags
        && one.output_flags == other.output_flags
        && one.control_flags == other.control_flags
        && one.control_chars == other.control_chars
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
