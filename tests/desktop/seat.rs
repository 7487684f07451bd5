//! Where a person sits: a desktop with the app, a notification server and a tray host; and sessions that ask.

use askbox_tests::desktop::{Notification, NotificationServer, Profile, TrayHost};
use askbox_tests::server::Server;
use askbox_tests::{Desktop, Finished, Running, World};

/// See the module's head.
pub(crate) struct Seat {
    pub(crate) desktop: Desktop,
    pub(crate) server: NotificationServer,
    pub(crate) host: TrayHost,
}

impl Seat {
    /// One where the app is ready.
    pub(crate) fn new(profile: Profile) -> Self {
        Self::with_policy(profile, None)
    }

    /// The same with a policy of the test's own.
    pub(crate) fn with_policy(profile: Profile, policy: Option<&str>) -> Self {
        let mut desktop = Desktop::new();
        if let Some(policy) = policy {
            desktop.world().write_policy(policy);
        }
        let server = NotificationServer::start(desktop.bus(), profile);
        let host = TrayHost::start(desktop.bus());
        desktop.start_tray();
        server.meets_the_app();
        host.has(&["Open Askbox"]);
        Self {
            desktop,
            server,
            host,
        }
    }

    pub(crate) fn world(&self) -> &World {
        self.desktop.world()
    }

    /// Waits until nothing is asked any more, anywhere.
    pub(crate) fn is_done_with(&self, title: &str) {
        assert_eq!(self.world().questions(), Vec::<serde_json::Value>::new());
        self.server.shows_no_more(title);
        self.host.has_no_more(&[title]);
    }
}

/// A session that asks for one host, and what it reaches there.
pub(crate) struct Errand {
    pub(crate) target: Server,
    name: String,
    running: Running,
}

impl Errand {
    /// It asks for this host.
    pub(crate) fn start(world: &World, name: &str) -> Self {
        let target = Server::http("hello");
        let script = format!("curl -sS --fail http://{name}:{}/", target.port());
        let running = world.start_sh(&["--resolve", &target.pin(name)], &script);
        Self {
            target,
            name: name.to_owned(),
            running,
        }
    }

    /// How its question is called.
    pub(crate) fn title(&self) -> String {
        format!("curl (project) wants {}:{}", self.name, self.target.port())
    }

    /// It was allowed.
    pub(crate) fn went_through(self) {
        assert_eq!(self.running.finish().succeeded().stdout, "hello");
        assert_eq!(self.target.connections(), 1);
    }

    /// It was blocked, or nobody answered.
    pub(crate) fn was_refused(self) -> Finished {
        let finished = self.running.finish();
        finished.failed();
        assert_eq!(self.target.connections(), 0);
        finished
    }

    /// It waits, and nothing was decided: neither sent, nor granted, nor written.
    pub(crate) fn still_waits(&mut self, world: &World) {
        assert!(self.running.is_running());
        assert_eq!(self.target.connections(), 0);
        assert!(!world.questions().is_empty());
        assert_eq!(world.ok(&["grants", "--json"]).trim(), "[]");
        let policy = std::fs::read_to_string(world.policy()).unwrap();
        assert!(!policy.contains(&self.name), "{policy}");
    }
}

/// The answer from the command line.
pub(crate) fn answer(world: &World, word: &str) {
    let question = world.wait_for_question();
    world.ok(&[word, question["id"].as_str().unwrap(), "--once"]);
}

/// The buttons of a question about one host, in order.
pub(crate) const BUTTONS: [&str; 5] = ["Allow once", "Block", "Allow for 1 hour", "Always", "Options…"];

/// Whether a notification is the one that stands for many.
pub(crate) fn is_summary(notification: &Notification) -> bool {
    notification.summary.ends_with("questions wait for an answer")
}
