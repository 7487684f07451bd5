//! An X11 display of the user's without a monitor and without a desktop, which takes whoever has its cookie.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::{Finished, Running, World, eventually};

/// The display server. It ends when this is dropped.
#[derive(Debug)]
pub struct Display {
    _server: Running,
    name: String,
    authority: PathBuf,
}

impl Display {
    /// One with these further options of the server.
    pub fn start(world: &World, options: &str) -> Self {
        let authority = world.home().join(".Xauthority");
        let number = world.outside().join("display");
        // For any machine and any display (`FamilyWild`): none has a number before the server chose one.
        let entry = [
            &[0xff, 0xff, 0, 0, 0, 0, 0, 18][..],
            b"MIT-MAGIC-COOKIE-1",
            &[0, 16],
            b"0123456789abcdef",
        ];
        fs::write(&authority, entry.concat()).unwrap();
        let script = format!(
            "exec Xvfb -displayfd 3 -screen 0 640x480x24 -nolisten tcp -noreset -auth {} {options} 3> {}",
            authority.display(),
            number.display()
        );
        let server = Running::start(world.host_script(&script));
        let mut name = String::new();
        eventually("the display is there", || {
            name = fs::read_to_string(&number).unwrap_or_default();
            name.ends_with('\n')
        });
        Self {
            _server: server,
            name: format!(":{}", name.trim()),
            authority,
        }
    }

    /// A command of somebody who has it.
    pub fn of(&self, mut command: Command) -> Command {
        command
            .env("DISPLAY", &self.name)
            .env("XAUTHORITY", &self.authority);
        command
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

    /// A window of a program outside with this title.
    pub fn window(&self, world: &World, title: &str) -> Running {
        let mut command = world.host("xev");
        command.args(["-name", title]);
        let window = Running::start(self.of(command));
        eventually("its window is there", || self.has_window(world, title));
        window
    }

    /// Whether there is a window with this title, as seen from outside.
    pub fn has_window(&self, world: &World, title: &str) -> bool {
        let mut command = world.host("xwininfo");
        command.args(["-name", title]);
        Running::start(self.of(command)).finish().code == Some(0)
    }
}
