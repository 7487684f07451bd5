//! A program of a test, while it runs and after.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A finished program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Everything it printed.
    pub stdout: String,
    /// Everything it complained about.
    pub stderr: String,
}

impl Finished {
    /// Panics with everything known unless the program succeeded.
    pub fn succeeded(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Panics with everything known unless the program failed by itself.
    pub fn failed(&self) -> &Self {
        assert!(
            self.code.is_some_and(|code| code != 0 && code != 125),
            "{self:#?}"
        );
        self
    }
}

/// The same command, started by another program that becomes it.
pub(crate) fn started_by(starter: &str, words: &[&str], command: &Command) -> Command {
    let mut whole = Command::new(starter);
    let variables = command.get_envs();
    whole
        .args(words)
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(variables.filter_map(|(name, value)| Some((name, value?))));
    if let Some(directory) = command.get_current_dir() {
        whole.current_dir(directory);
    }
    whole
}

/// Starts it; a program that was just written is still open for writing in children of other threads, until those have become
/// their programs (`ETXTBSY`, execve(2)).
fn spawn(command: &mut Command) -> io::Result<Child> {
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && Instant::now() < patience => {
                std::thread::yield_now();
            }
            spawned => return spawned,
        }
    }
}

/// A program that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Running {
    /// Starts it; its output is collected from now on.
    pub fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut command)
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        let collect = |mut source: Box<dyn Read + Send>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                drop(source.read_to_end(&mut bytes));
                bytes
            })
        };
        let stdout = collect(Box::new(child.stdout.take().unwrap()));
        let stderr = collect(Box::new(child.stderr.take().unwrap()));
        Self {
            child,
            stdout: Some(stdout),
            stderr: Some(stderr),
        }
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// Its standard input, when the command asked for a pipe.
    pub fn stdin(&mut self) -> &mut ChildStdin {
        self.child.stdin.as_mut().unwrap()
    }

    /// Writes to its standard input.
    pub fn type_in(&mut self, text: &str) {
        self.stdin().write_all(text.as_bytes()).unwrap();
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap();
        let text = |thread: Option<JoinHandle<Vec<u8>>>| {
            String::from_utf8_lossy(&thread.unwrap().join().unwrap()).into_owned()
        };
        Finished {
            code: status.code(),
            signal: status.signal(),
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
