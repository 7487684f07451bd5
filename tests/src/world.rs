//! The world itself: directories, environment, the daemon's life.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::canaries;
use crate::run::{Finished, Running};

/// How long a question waits in a world, unless a test sets its own policy: long enough for a slow machine.
const PATIENCE: &str = "20s";

/// A user's machine in small.
#[derive(Debug)]
pub struct World {
    base: PathBuf,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A fresh one, with canaries behind every place that must stay closed. Fails as root, whom no permission stops.
    pub fn new() -> Self {
        assert!(
            !nix::unistd::geteuid().is_root(),
            "black-box tests need an ordinary user; `cargo xtask test` makes one"
        );
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let base = PathBuf::from(format!("/var/tmp/askbox-world-{}-{number}", std::process::id()));
        let world = Self { base };
        for directory in [world.home(), world.project(), world.root()] {
            fs::create_dir_all(&directory).unwrap();
            fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        }
        canaries::place(&world.home());
        // Every git command would wait for an answer about the user's own settings.
        world.write_policy(&format!(
            "[questions]\ntimeout = \"{PATIENCE}\"\n[[rule]]\neffect = \"deny\"\nread = \"~/.gitconfig\"\n"
        ));
        world
    }

    /// $HOME.
    pub fn home(&self) -> PathBuf {
        self.base.join("home")
    }

    /// The project directory, below $HOME.
    pub fn project(&self) -> PathBuf {
        self.home().join("project")
    }

    /// `ASKBOX_ROOT`.
    pub fn root(&self) -> PathBuf {
        self.base.join("root")
    }

    /// A directory outside $HOME for servers and keys of the test.
    pub fn outside(&self) -> PathBuf {
        let outside = self.base.join("outside");
        fs::create_dir_all(&outside).unwrap();
        outside
    }

    /// Replaces policy.toml.
    pub fn write_policy(&self, text: &str) {
        fs::create_dir_all(self.root().join("config")).unwrap();
        fs::write(self.policy(), text).unwrap();
    }

    /// policy.toml.
    pub fn policy(&self) -> PathBuf {
        self.root().join("config/policy.toml")
    }

    /// Writes a file of the project.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.project().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A program on the host as the world's user, in the project, with a plain environment.
    pub fn host(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.home())
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("USER", "tester")
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm")
            .env("ASKBOX_ROOT", self.root())
            .current_dir(self.project())
            .stdin(Stdio::null());
        command
    }

    /// The askbox program with these words.
    pub fn askbox(&self, words: &[&str]) -> Command {
        let mut command = self.host(binary("askbox").to_str().unwrap());
        command.args(words);
        command
    }

    /// The same where the kernel has no `nf_tables` for it.
    pub fn askbox_without_nf_tables(&self, words: &[&str]) -> Command {
        let script = self.outside().join("without_nf_tables.py");
        fs::write(&script, include_str!("without_nf_tables.py")).unwrap();
        let mut command = self.host("/usr/bin/python3");
        command.arg(script).arg(binary("askbox")).args(words);
        command
    }

    /// A script for bash on the host, in which `$ASKBOX` is the askbox program.
    pub fn host_script(&self, script: &str) -> Command {
        let mut command = self.host("bash");
        command
            .env("ASKBOX", binary("askbox"))
            .args(["--norc", "-c", script]);
        command
    }

    /// An interactive bash on the host, with job control, `$ASKBOX` and the prompt `host> `.
    pub fn host_interactive_shell(&self) -> Command {
        let mut command = self.host("bash");
        command
            .env("ASKBOX", binary("askbox"))
            .env("PS1", "host> ")
            .args(["--norc", "--noprofile", "-i"]);
        command
    }

    /// `askbox run [OPTIONS] -- sh -c SCRIPT`, to its end.
    pub fn sh(&self, options: &[&str], script: &str) -> Finished {
        self.start_sh(options, script).finish()
    }

    /// The same, while it runs.
    pub fn start_sh(&self, options: &[&str], script: &str) -> Running {
        let mut command = self.askbox(&["run"]);
        command.args(options).args(["--", "sh", "-c", script]);
        Running::start(command)
    }

    /// Another askbox command to its end; it must succeed. Returns its standard output.
    pub fn ok(&self, words: &[&str]) -> String {
        let finished = Running::start(self.askbox(words)).finish();
        assert_eq!(finished.code, Some(0), "askbox {words:?}: {finished:?}");
        finished.stdout
    }

    /// The open questions, as `askbox questions --json` prints them.
    pub fn questions(&self) -> Vec<serde_json::Value> {
        serde_json::from_str(&self.ok(&["questions", "--json"])).unwrap()
    }

    /// Waits until some question is open, and returns the first.
    pub fn wait_for_question(&self) -> serde_json::Value {
        let mut found = None;
        self.eventually("a question is open", || {
            found = self.questions().into_iter().next();
            found.is_some()
        });
        found.unwrap()
    }

    /// The log, as `askbox log --json` prints it: one event a line.
    pub fn log(&self) -> Vec<serde_json::Value> {
        let text = self.ok(&["log", "--json", "--limit", "100000"]);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Whether some event of the log has this target and verdict.
    pub fn has_logged(&self, target: &str, verdict: &str) -> bool {
        self.log()
            .iter()
            .any(|event| event["target"] == target && event["verdict"] == verdict)
    }

    /// See [`eventually`].
    pub fn eventually(&self, what: &str, holds: impl FnMut() -> bool) {
        eventually(what, holds);
    }

    /// Process id of the daemon.
    pub fn daemon_pid(&self) -> i32 {
        let status: serde_json::Value = serde_json::from_str(&self.ok(&["status", "--json"])).unwrap();
        i32::try_from(status["pid"].as_i64().unwrap()).unwrap()
    }
}

/// Polls a condition of another process until it holds. The bound is for a hung program, not for a slow machine.
pub fn eventually(what: &str, holds: impl FnMut() -> bool) {
    eventually_or(holds, || what.to_owned());
}

/// The same; what did not happen is told with what there was instead.
pub fn eventually_or(mut holds: impl FnMut() -> bool, what: impl FnOnce() -> String) {
    let end = std::time::Instant::now() + Duration::from_mins(1);
    while !holds() {
        if end < std::time::Instant::now() {
            break_off(&what());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn break_off(what: &str) -> ! {
    panic!("never: {what}")
}

impl Drop for World {
    fn drop(&mut self) {
        // No daemon may be running, which is as well.
        drop(
            self.askbox(&["daemon", "--stop"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status(),
        );
        open_all(&self.base);
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.base).expect("nothing of the world is in use");
        }
    }
}

/// Gives permissions back that a test took away, so that everything can be removed.
fn open_all(directory: &Path) {
    drop(fs::set_permissions(directory, fs::Permissions::from_mode(0o700)));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_all(&entry.path());
        }
    }
}

/// A program under test: beside the test binaries, where `cargo xtask test` puts them.
pub fn binary(name: &str) -> PathBuf {
    let directory =
        std::env::var_os("ASKBOX_TEST_BINARIES").expect("`cargo xtask test` says where the binaries are");
    PathBuf::from(directory).join(name)
}
