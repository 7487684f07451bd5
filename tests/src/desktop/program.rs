//! A program of the desktop, with everything that it starts.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::run::started_by;
use crate::{World, eventually};

/// It runs in a process group of its own; dropping it kills the group. What it says is kept in a file of the world, which
/// stays when the test fails.
#[derive(Debug)]
pub struct Program {
    child: Child,
    output: PathBuf,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Program {
    /// Starts it.
    pub fn start(world: &World, command: &Command) -> Self {
        let mut command = leashed(command);
        let output = output(world, &command);
        let file = File::create(&output).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self {
            child: spawn(&mut command),
            output,
        }
    }

    /// Starts one that prints a line when it is ready, and returns that line.
    pub fn announced(world: &World, command: &Command) -> (Self, String) {
        let mut command = leashed(command);
        let output = output(world, &command);
        command
            .stdout(Stdio::piped())
            .stderr(File::create(&output).unwrap());
        let mut child = spawn(&mut command);
        let mut line = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut line).unwrap();
        let program = Self { child, output };
        assert!(!line.is_empty(), "it ended: {}", program.said());
        (program, line.trim_end().to_owned())
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap()).into_owned()
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it ends by itself. Returns its exit code, `None` for a signal.
    pub fn ends(mut self) -> Option<i32> {
        eventually("the program ends", || !self.is_running());
        self.child.wait().unwrap().code()
    }

    /// Whether nothing runs any more of what it started.
    pub fn is_alone(&self) -> bool {
        let group = self.pid();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let members = entries.filter(|entry| group_of(&entry.path()) == Some(group));
        members.count() == 1
    }

    /// A process of this name among those that it started, as the kernel names them.
    pub fn part(&self, name: &str) -> Option<i32> {
        let group = self.pid();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let mut members = entries.filter(|entry| group_of(&entry.path()) == Some(group));
        let part = members.find(|entry| {
            let called = fs::read_to_string(entry.path().join("comm"));
            called.is_ok_and(|called| called.trim_end() == name)
        });
        part.map(|entry| entry.file_name().to_str().unwrap().parse().unwrap())
    }

    /// The memory of its own, with that of what it started, in bytes: what was read from files is not in it, since its share of
    /// that depends on who else runs.
    pub fn memory(&self) -> u64 {
        self.sum("Pss_Anon:")
    }

    /// Its proportional set size, with that of what it started, in bytes: files included.
    pub fn set_size(&self) -> u64 {
        self.sum("Pss:")
    }

    /// A figure of the memory of all its processes.
    fn sum(&self, name: &str) -> u64 {
        let group = self.pid();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let members = entries.filter(|entry| group_of(&entry.path()) == Some(group));
        members.map(|entry| rolled_up(&entry.path(), name)).sum()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let killed = killpg(Pid::from_raw(self.pid()), Signal::SIGKILL);
        // It may have ended, with all that it started.
        let is_over = matches!(killed, Ok(()) | Err(Errno::ESRCH));
        assert!(is_over || std::thread::panicking(), "{self:?}: {killed:?}");
        drop(self.child.wait());
        let group = self.pid();
        let is_there = |entry: fs::DirEntry| group_of(&entry.path()) == Some(group);
        while fs::read_dir("/proc").unwrap().flatten().any(is_there) {
            std::thread::yield_now();
        }
    }
}

/// The command so that it dies with the thread of the test, even when that is killed.
fn leashed(command: &Command) -> Command {
    let mut leashed = started_by("setpriv", &["--pdeathsig", "KILL", "--"], command);
    leashed.stdin(Stdio::null()).process_group(0);
    leashed
}

fn spawn(command: &mut Command) -> Child {
    command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn output(world: &World, command: &Command) -> PathBuf {
    let program = command.get_args().nth(3).unwrap();
    let name = Path::new(program).file_name().unwrap().to_string_lossy();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    world.outside().join(format!("{name}-{number}.log"))
}

/// The process group of a process that has not ended.
fn group_of(proc: &Path) -> Option<i32> {
    let stat = fs::read_to_string(proc.join("stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    (!["Z", "X"].contains(&state)).then_some(group)
}

/// A figure of a process's memory, in bytes.
fn rolled_up(proc: &Path, name: &str) -> u64 {
    let rollup = fs::read_to_string(proc.join("smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
