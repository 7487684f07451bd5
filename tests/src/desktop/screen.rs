//! A screen without a monitor, and what can be seen on it.

use std::process::Command;

use super::Program;
use crate::{World, eventually};

/// The display server. It ends when this is dropped.
#[derive(Debug)]
pub struct Screen {
    _server: Program,
    name: String,
}

impl Screen {
    pub(super) fn start(world: &World) -> Self {
        let mut command = world.host("Xvfb");
        command.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1400x900x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]);
        let (server, number) = Program::announced(world, &command);
        Self {
            _server: server,
            name: format!(":{number}"),
        }
    }

    /// What programs find in DISPLAY.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The windows with this title that can be seen, by their numbers.
    pub fn windows(&self, title: &str) -> Vec<String> {
        let pattern = format!("^{title}$");
        let found = self.output("xdotool", &["search", "--onlyvisible", "--name", &pattern]);
        found.lines().map(str::to_owned).collect()
    }

    /// Waits for a window with this title, and returns its number.
    pub fn window(&self, title: &str) -> String {
        let mut windows = Vec::new();
        eventually(&format!("a window {title:?} can be seen"), || {
            windows = self.windows(title);
            !windows.is_empty()
        });
        assert_eq!(windows.len(), 1, "windows {title:?}");
        windows.remove(0)
    }

    /// Gives a window the focus, by the window manager.
    pub fn focus(&self, window: &str) {
        eventually("it has the focus", || {
            // The window manager may not know the window yet.
            self.output("xdotool", &["windowactivate", window]);
            self.focused() == window
        });
    }

    /// Closes the one window of this title by the key for that, as a person does who sees that it is still there.
    pub fn close(&self, title: &str) {
        let window = self.window(title);
        self.focus(&window);
        eventually("it is closed", || {
            // A page that is still being made may take the focus away again.
            if self.focused() == window {
                self.press_keys(&["alt+F4"]);
            }
            self.windows(title).is_empty()
        });
    }

    /// The window that has the focus.
    pub fn focused(&self) -> String {
        self.output("xdotool", &["getwindowfocus"]).trim().to_owned()
    }

    /// Turns the wheel over a window by so many notches, away from a person or, below 0, towards one, while Ctrl is held.
    pub fn turn_wheel_with_ctrl(&self, title: &str, notches: i32) {
        let window = self.window(title);
        let button = if 0 < notches { "4" } else { "5" };
        self.output("xdotool", &["mousemove", "--window", &window, "300", "300"]);
        self.output("xdotool", &["keydown", "ctrl"]);
        for _ in 0..notches.unsigned_abs() {
            self.output("xdotool", &["click", button]);
        }
        self.output("xdotool", &["keyup", "ctrl"]);
    }

    /// Presses keys, by their names, one after the other: whatever has the focus gets them.
    pub fn press_keys(&self, keys: &[&str]) {
        self.output("xdotool", &[&["key"], keys].concat());
    }

    /// A property of the root window, if it is set.
    pub fn property(&self, name: &str) -> Option<String> {
        let text = self.output("xprop", &["-root", name]);
        let is_set = !text.contains("no such atom") && !text.contains("not found");
        (is_set && !text.is_empty()).then_some(text)
    }

    fn output(&self, program: &str, words: &[&str]) -> String {
        let output = Command::new(program)
            .args(words)
            .env("DISPLAY", &self.name)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
