//! The log's file is not where the daemon has it, or nothing can be written there.

use askbox_tests::server::Server;
use askbox_tests::{Running, World};
use rusqlite::Connection;

use crate::log::database;

/// A session with two requests that are allowed: one that went through, and one that waits for its turn.
struct Halfway {
    world: World,
    server: Server,
    options: [String; 4],
    curl: String,
    running: Running,
}

impl Halfway {
    fn new() -> Self {
        let (world, server) = (World::new(), Server::http("hello"));
        let curl = format!("curl -sS --fail http://good.test:{}/", server.port());
        let pin = server.pin("good.test");
        let options = ["--allow-domain", "good.test", "--resolve", &pin].map(str::to_owned);
        nix::unistd::mkfifo(&world.project().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let script = format!("{curl}; echo; read go < fifo; {curl} && echo passed");
        let running = world.start_sh(&options.each_ref().map(String::as_str), &script);
        world.eventually("the first request is logged", || server.connections() == 1);
        Self {
            world,
            server,
            options,
            curl,
            running,
        }
    }

    /// Lets the second request come, which is refused.
    fn refuses(self) -> Refused {
        let Self {
            world,
            server,
            options,
            curl,
            running,
        } = self;
        std::fs::write(world.project().join("fifo"), "go\n").unwrap();
        let finished = running.finish();
        assert!(!finished.stdout.contains("passed"), "{finished:#?}");
        assert_eq!(server.connections(), 1);
        Refused {
            world,
            _server: server,
            options,
            curl,
        }
    }
}

/// What is left when the second request was refused.
struct Refused {
    world: World,
    _server: Server,
    options: [String; 4],
    curl: String,
}

impl Refused {
    fn sh(&self, script: &str) -> askbox_tests::Finished {
        self.world
            .sh(&self.options.each_ref().map(String::as_str), script)
    }

    /// The same request goes through again, and the log is whole.
    fn allows_again(self) {
        assert_eq!(self.sh(&self.curl).succeeded().stdout, "hello");
        assert!(self.world.ok(&["log", "verify"]).starts_with("intact"));
    }
}

#[test]
fn nothing_is_allowed_that_the_log_cannot_hold() {
    let halfway = Halfway::new();
    // Somebody else holds the database's lock, as a full disk would: no event can be written.
    let holder = Connection::open(database(&halfway.world)).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let refused = halfway.refuses();
    holder.execute_batch("ROLLBACK").unwrap();
    refused.allows_again();
}

#[test]
fn nothing_is_allowed_when_the_log_was_removed() {
    let halfway = Halfway::new();
    let log = database(&halfway.world);
    for suffix in ["", "-wal", "-shm", "-signed"] {
        let _missing = std::fs::remove_file(format!("{}{suffix}", log.display()));
    }
    let refused = halfway.refuses();
    let later = refused.sh("echo ran");
    assert!(!later.stdout.contains("ran"), "{later:#?}");
    assert!(later.stderr.contains("askbox daemon --restart"), "{later:#?}");
    refused.world.ok(&["daemon", "--restart"]);
    refused.allows_again();
}

#[test]
fn wherever_a_log_is_damaged_sessions_start_with_a_new_one() {
    const PAGE: u64 = 4096;
    let world = World::new();
    for _ in 0..6 {
        world.sh(&[], "true").succeeded();
        world.ok(&["daemon", "--restart"]);
    }
    world.ok(&["daemon", "--stop"]);
    let path = world.root().join("state/log.sqlite");
    let good = std::fs::read(&path).unwrap();
    for page in 0..good.len() as u64 / PAGE {
        let mut bytes = good.clone();
        let start = usize::try_from(page * PAGE).unwrap();
        bytes[start..start + 4096].fill(0xa5);
        std::fs::write(&path, bytes).unwrap();
        let ran = world.sh(&[], "echo ran");
        assert_eq!(ran.code, Some(0), "page {page}: {ran:#?}");
        assert_eq!(ran.stdout, "ran\n", "page {page}");
        world.ok(&["daemon", "--stop"]);
    }
}
