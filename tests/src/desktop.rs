//! A desktop for a black-box test: a screen without a monitor, a session bus of its own on which nothing starts by itself, and
//! the app. Which notification server, tray host and window manager there are, is up to the test.

mod assistive;
mod bus;
mod logind;
mod menu;
mod notification;
mod notification_server;
mod page;
mod portal;
mod profile;
mod program;
mod screen;
mod service;
mod tray_host;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

pub use assistive::{Assistive, Control};
pub use bus::Bus;
pub use logind::Logind;
pub use menu::Entry;
pub use notification::Notification;
pub use notification_server::{Call, NotificationServer};
pub use page::Pages;
pub use portal::{Portal, Scheme};
pub use profile::Profile;
pub use program::Program;
pub use screen::Screen;
pub use service::Service;
pub use tray_host::TrayHost;

use crate::world::binary;
use crate::{World, eventually};

/// A person needs this long to read and to move a hand. What is pressed within half a second of a notification, or within
/// 700 ms of a prompt window, decides nothing.
const REACTION: Duration = Duration::from_millis(900);

/// Waits as a person does who looks before a click.
pub fn look() {
    std::thread::sleep(REACTION);
}

/// A world with a desktop. Everything that it started ends with it.
#[derive(Debug)]
pub struct Desktop {
    tray: Option<Program>,
    programs: Vec<Program>,
    bus: Option<Bus>,
    screen: Option<Screen>,
    /// Where the app's windows can be driven.
    inspector: Option<u16>,
    /// Whether assistive technology runs.
    is_assisted: bool,
    variables: Vec<(&'static str, &'static str)>,
    // Last: it ends the daemon and removes the directories that the others use.
    world: World,
}

impl Default for Desktop {
    fn default() -> Self {
        Self::new()
    }
}

impl Desktop {
    /// Screen and bus, and nothing on them yet.
    pub fn new() -> Self {
        let world = World::new();
        let runtime = runtime(&world);
        fs::create_dir_all(&runtime).unwrap();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
        Self {
            tray: None,
            programs: Vec::new(),
            bus: Some(Bus::start(&world)),
            screen: Some(Screen::start(&world)),
            inspector: None,
            is_assisted: false,
            variables: Vec::new(),
            world,
        }
    }

    /// The world below.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The session bus.
    pub fn bus(&self) -> &Bus {
        self.bus.as_ref().expect("the bus was not ended")
    }

    /// The screen.
    pub fn screen(&self) -> &Screen {
        self.screen.as_ref().expect("the screen was not ended")
    }

    /// A program on the desktop, as the world's user.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.world.host(program);
        command
            .env("XDG_RUNTIME_DIR", runtime(&self.world))
            .env("XDG_SESSION_TYPE", "x11")
            .env("GDK_BACKEND", "x11")
            // Settings of the desktop would be started on demand, and nothing is here.
            .env("GSETTINGS_BACKEND", "memory")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .envs(self.variables.iter().copied());
        if !self.is_assisted {
            command.env("NO_AT_BRIDGE", "1");
        }
        if let Some(screen) = &self.screen {
            command.env("DISPLAY", screen.name());
        }
        if let Some(bus) = &self.bus {
            // The machine's own is nothing to a test.
            for name in ["DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS"] {
                command.env(name, bus.address());
            }
        }
        command
    }

    /// Starts a program that stays for as long as the desktop does.
    pub fn run(&mut self, program: &str, words: &[&str]) {
        let mut command = self.command(program);
        command.args(words);
        self.programs.push(Program::start(&self.world, &command));
    }

    /// Starts a window manager, and waits until it manages.
    pub fn run_window_manager(&mut self) {
        self.run("openbox", &[]);
        eventually("there is a window manager", || {
            self.screen().property("_NET_SUPPORTING_WM_CHECK").is_some()
        });
    }

    /// Starts Xfce's panel, and waits until it takes icons.
    pub fn run_panel(&mut self) {
        // It keeps its settings there, and would have it started on demand.
        let service = fs::read_to_string("/usr/share/dbus-1/services/org.xfce.Xfconf.service").unwrap();
        let settings = service.lines().find_map(|line| line.strip_prefix("Exec="));
        self.run(settings.unwrap(), &[]);
        eventually("settings are there", || self.bus().has("org.xfce.Xfconf"));
        self.run("xfce4-panel", &["--disable-wm-check"]);
        eventually("the panel is there", || {
            self.bus().has("org.kde.StatusNotifierWatcher")
        });
    }

    /// Sets an environment variable for the programs that are started after this.
    pub fn set(&mut self, name: &'static str, value: &'static str) {
        self.variables.push((name, value));
    }

    /// The askbox program with these words, as in a terminal on the desktop.
    pub fn askbox(&self, words: &[&str]) -> Command {
        let mut command = self.command(binary("askbox").to_str().unwrap());
        command.args(words);
        command
    }

    /// The app's program with these words.
    pub fn tray_command(&self, words: &[&str]) -> Command {
        let mut command = self.command(binary("askbox-tray").to_str().unwrap());
        command.args(words);
        if let Some(port) = self.inspector {
            command
                .env("TAURI_WEBVIEW_AUTOMATION", "true")
                .env("WEBKIT_INSPECTOR_SERVER", format!("127.0.0.1:{port}"));
        }
        command
    }

    /// The windows of an app that is started after this can be driven.
    pub fn allow_driving(&mut self) {
        self.inspector = Some(page::free_port());
    }

    /// Takes hold of the app's windows, of which one must be there: the first one that there was, and what came after it.
    pub fn pages(&self) -> Pages {
        let port = self.inspector.expect("the app was started to be driven");
        Pages::attach(&self.world, port)
    }

    /// Starts the app without a window, and waits until it listens and the daemon responds.
    pub fn start_tray(&mut self) {
        assert!(self.tray.is_none(), "the app runs already");
        let command = self.tray_command(&["--background"]);
        self.tray = Some(Program::start(&self.world, &command));
        eventually("the app listens", || self.has_app());
        eventually("the daemon responds", || {
            let status = self.world.askbox(&["status", "--json"]).output().unwrap();
            status.status.success() && status.stdout.windows(5).any(|window| window == b"\"pid\"")
        });
    }

    /// Whether an app listens, whoever started it.
    pub fn has_app(&self) -> bool {
        UnixStream::connect(self.world.root().join("run/tray.sock")).is_ok()
    }

    /// The app, which must have been started.
    pub fn tray(&mut self) -> &mut Program {
        self.tray.as_mut().expect("the app was started")
    }

    /// What the app has said so far, for whoever reads its standard error.
    pub fn tray_said(&self) -> String {
        self.tray.as_ref().expect("the app was started").said()
    }

    /// Kills the app, as a crash does.
    pub fn kill_tray(&mut self) {
        drop(self.tray.take().expect("the app was started"));
    }

    /// What becomes of the app when it is left alone: waits for its end.
    pub fn tray_ends(&mut self) -> Option<i32> {
        self.tray.take().expect("the app was started").ends()
    }

    /// Ends the screen, as a crash of the display server does.
    pub fn end_screen(&mut self) {
        drop(self.screen.take().expect("there is a screen"));
    }

    /// A new screen after the end of one.
    pub fn start_screen(&mut self) {
        assert!(self.screen.is_none(), "there is a screen already");
        self.screen = Some(Screen::start(&self.world));
    }

    /// Ends the bus, as a crash of it does.
    pub fn end_bus(&mut self) {
        drop(self.bus.take().expect("there is a bus"));
    }

    /// A new bus at the same address after the end of one.
    pub fn start_bus(&mut self) {
        assert!(self.bus.is_none(), "there is a bus already");
        self.bus = Some(Bus::start(&self.world));
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.tray = None;
        self.programs.clear();
        self.bus = None;
        self.screen = None;
    }
}

/// `XDG_RUNTIME_DIR` of the desktop's programs.
fn runtime(world: &World) -> PathBuf {
    world.outside().join("runtime")
}

/// Runs what talks on a bus to its end; its connections are served on threads of their own.
fn wait<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: std::sync::LazyLock<tokio::runtime::Runtime> = std::sync::LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    });
    RUNTIME.block_on(future)
}
