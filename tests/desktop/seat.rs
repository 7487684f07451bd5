//! Where a person sits: a desktop with the app, a notification server and a tray host; and sessions that ask.

use askbox_tests::desktop::{Notification, NotificationServer, Pages, Profile, TrayHost};
use askbox_tests::server::Server;
use askbox_tests::{Desktop, Finished, Running, World};

/// See the module's head.
pub(crate) struct Seat {
    pub(crate) desktop: Desktop,
    pub(crate) server: NotificationServer,
    pub(crate) host: TrayHost,
}

impl Seat {
    /// One where the app is ready, and nothing times out.
    pub(crate) fn new(profile: Profile) -> Self {
        Self::with_patience(profile, "10m")
    }

    /// The same where questions wait no longer than this.
    pub(crate) fn with_patience(profile: Profile, patience: &str) -> Self {
        Self::on(Desktop::new(), profile, patience)
    }

    /// One with a window manager, where the app's windows can be driven.
    pub(crate) fn driven(profile: Profile) -> Self {
        Self::driven_on(Desktop::new(), profile)
    }

    /// The same on a desktop that is there.
    pub(crate) fn driven_on(desktop: Desktop, profile: Profile) -> Self {
        Self::driven_for(desktop, profile, "10m")
    }

    /// The same where questions wait no longer than this.
    pub(crate) fn driven_with_patience(profile: Profile, patience: &str) -> Self {
        Self::driven_for(Desktop::new(), profile, patience)
    }

    fn driven_for(mut desktop: Desktop, profile: Profile, patience: &str) -> Self {
        desktop.run_window_manager();
        desktop.allow_driving();
        Self::on(desktop, profile, patience)
    }

    /// One on a desktop that is there.
    pub(crate) fn on(mut desktop: Desktop, profile: Profile, patience: &str) -> Self {
        desktop.world().write_policy(&policy(patience));
        let server = NotificationServer::start(desktop.bus(), profile);
        let host = TrayHost::start(desktop.bus());
        desktop.start_tray();
        server.meets_the_app();
        host.says("Askbox: nothing runs");
        Self {
            desktop,
            server,
            host,
        }
    }

    /// The settings window with this view, the first window of the app.
    pub(crate) fn opens(&self, view: &str) -> Pages {
        self.world().ok(&["open", view]);
        let pages = self.desktop.pages();
        pages.look_at("Askbox");
        // What takes hold of a window may load its page anew, which begins with the first view.
        self.world().ok(&["open", view]);
        pages
    }

    /// The prompt window with this question, the first window of the app.
    pub(crate) fn prompts(&self, title: &str) -> Pages {
        self.host.choose(&[title, "Options…"]);
        let pages = self.desktop.pages();
        pages.look_at("Askbox asks").shows(title);
        pages
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

/// A policy that says nothing but how long questions wait.
pub(crate) fn policy(patience: &str) -> String {
    format!("[questions]\ntimeout = \"{patience}\"\n")
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
        let running = request(world, name, &target);
        Self {
            target,
            name: name.to_owned(),
            running,
        }
    }

    /// Another session that asks for the same.
    pub(crate) fn again(&self, world: &World) -> Running {
        request(world, &self.name, &self.target)
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

    /// Whatever became of it.
    pub(crate) fn finish(self) -> Finished {
        self.running.finish()
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
        let questions = world.questions();
        let is_ours = |question: &serde_json::Value| question["title"] == self.title();
        assert!(questions.iter().any(is_ours), "{questions:#?}");
        let rules = world.ok(&["rules", "--json"]);
        assert!(!rules.contains(&self.name), "{rules}");
    }
}

fn request(world: &World, name: &str, target: &Server) -> Running {
    let script = format!("curl -sS --fail-with-body http://{name}:{}/", target.port());
    world.start_sh(&["--resolve", &target.pin(name)], &script)
}

/// Nothing is remembered, and the policy is as the test wrote it.
pub(crate) fn nothing_is_written(world: &World) {
    let rules: serde_json::Value = serde_json::from_str(&world.ok(&["rules", "--json"])).unwrap();
    assert_eq!(rules["grants"], serde_json::json!([]), "{rules:#}");
    let policy = std::fs::read_to_string(world.policy()).unwrap();
    assert!(
        policy.starts_with("[questions]") && policy.lines().count() == 2,
        "{policy}"
    );
}

/// The answer from the command line.
pub(crate) fn answer(world: &World, verb: &str) {
    let question = world.wait_for_question();
    world.ok(&[verb, question["id"].as_str().unwrap(), "--once"]);
}

/// The buttons of a question about one host, in order.
pub(crate) const BUTTONS: [&str; 5] = ["Allow once", "Block", "Allow 1 hour", "Always", "Options…"];

/// Whether a notification is the one that stands for many.
pub(crate) fn is_summary(notification: &Notification) -> bool {
    notification.summary.ends_with("questions wait for an answer")
}
