//! A Wayland display of the user's without a monitor: Debian's weston, which also lets every program copy the screen.

use std::path::PathBuf;
use std::process::Command;

use crate::{Finished, Running, World, eventually};

/// A program that speaks to a compositor by itself; its head says how.
const CLIENT: &str = include_str!("compositor/client.py");

/// What the display is called outside.
const NAME: &str = "wayland-7";

/// The compositor. It ends when this is dropped.
#[derive(Debug)]
pub struct Compositor {
    _server: Running,
    runtime: PathBuf,
}

impl Compositor {
    /// One with a screen.
    pub fn start(world: &World) -> Self {
        let runtime = world.outside().join("runtime");
        std::fs::create_dir_all(&runtime).unwrap();
        world.write("client.py", CLIENT);
        let mut command = world.host("weston");
        command
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("XDG_CACHE_HOME", &runtime)
            .args(["--backend=headless-backend.so", "--use-pixman", "--no-config"])
            // It tells what is on the screen, and lets everybody copy that.
            .args(["--debug", "--idle-time=0"])
            .arg(format!("--socket={NAME}"));
        let server = Running::start(command);
        let this = Self {
            _server: server,
            runtime,
        };
        eventually("the compositor is there", || {
            this.globals(world).contains("weston_screenshooter")
        });
        this
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.runtime.join(NAME)
    }

    /// A command of somebody who has it.
    pub fn of(&self, mut command: Command) -> Command {
        command
            .env("XDG_RUNTIME_DIR", &self.runtime)
            .env("WAYLAND_DISPLAY", NAME);
        command
    }

    /// A script of theirs outside, to its end.
    pub fn outside(&self, world: &World, script: &str) -> Finished {
        Running::start(self.of(world.host_script(script))).finish()
    }

    /// A script of a session of theirs, while it runs.
    pub fn start_sh(&self, world: &World, options: &[&str], script: &str) -> Running {
        let mut command = world.askbox(&["run"]);
        command.args(options).args(["--", "sh", "-c", script]);
        Running::start(self.of(command))
    }

    /// The same, to its end.
    pub fn sh(&self, world: &World, options: &[&str], script: &str) -> Finished {
        self.start_sh(world, options, script).finish()
    }

    /// A script that does something to the compositor, by the file that this has put into the project.
    pub fn attempt(what: &str) -> String {
        format!("exec /usr/bin/python3 client.py '{what}'")
    }

    /// What it announces, as seen from outside.
    pub fn globals(&self, world: &World) -> String {
        self.outside(world, "exec wayland-info").stdout
    }

    /// The number that it announces something by.
    pub fn number_of(&self, world: &World, interface: &str) -> u32 {
        let all = self.globals(world);
        let quoted = format!("'{interface}'");
        let line = all.lines().find(|line| line.contains(&quoted)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Whether a window with this title is on its screen; without a picture it would not be.
    pub fn has_window(&self, world: &World, title: &str) -> bool {
        let scene = self.outside(world, "exec weston-debug scene-graph");
        scene.stdout.contains(&format!("'{title}'"))
    }
}
