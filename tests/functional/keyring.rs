//! Name and password for the proxy of an office, in the user's keyring or beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use askbox_tests::desktop::Bus;
use askbox_tests::machine::PUBLIC;
use askbox_tests::proxy::Answer;
use askbox_tests::server::Server;
use askbox_tests::{Finished, Machine, Proxy, Running, SecretService, Terminal, World};

/// `ada:s3cret` as a proxy gets it, and as a keyring has it.
const BASE64: &str = "YWRhOnMzY3JldA";

/// A world behind a proxy that wants `ada:s3cret`, with a session bus.
struct Office {
    port: u16,
    bus: Bus,
    world: World,
}

impl Office {
    fn new(machine: &Machine) -> Self {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let server = Server::http_at("0.0.0.0:0", "reached");
        let proxy = Proxy::start(|asked| match asked.authorization.as_deref() {
            Some("Basic YWRhOnMzY3JldA==") => Answer::Connect(asked.place.parse().unwrap()),
            _ => Answer::Say("407 Proxy Authentication Required"),
        });
        let world = World::new();
        world.write_policy(&format!("[network]\nupstream_proxy = \"{}\"\n", proxy.url()));
        Self {
            port: server.port(),
            bus: Bus::start(&world),
            world,
        }
    }

    fn askbox(&self, words: &[&str]) -> Command {
        let mut command = self.world.askbox(words);
        command.env("DBUS_SESSION_BUS_ADDRESS", self.bus.address());
        command
    }

    fn ok(&self, words: &[&str]) -> String {
        Running::start(self.askbox(words))
            .finish()
            .succeeded()
            .stdout
            .clone()
    }

    /// What curl inside gets, with the status behind.
    fn reached(&self) -> String {
        let url = format!("http://ok.test:{}/", self.port);
        let curl = ["curl", "-sS", "--max-time", "30", "-w", "%{http_code}", &url];
        let options = ["run", "--non-interactive", "--allow-domain", "ok.test", "--"];
        let words: Vec<&str> = options.into_iter().chain(curl).collect();
        Running::start(self.askbox(&words)).finish().stdout
    }

    fn log_in(&self, login: &str) -> Finished {
        let mut command = self.askbox(&["proxy-login"]);
        command.stdin(Stdio::piped());
        let mut running = Running::start(command);
        running.type_in(&format!("{login}\n"));
        running.finish()
    }

    fn doctor(&self) -> String {
        let doctor = Running::start(self.askbox(&["doctor"])).finish().stdout;
        let from = doctor.find(" secrets: ").unwrap_or_else(|| panic!("{doctor}"));
        doctor[from..].to_owned()
    }

    fn record(&self) -> PathBuf {
        self.world.root().join("state/secrets/proxy-login")
    }
}

/// The files below a directory that hold one of these.
fn files_with(directory: &Path, needles: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(files_with(&path, needles));
        } else if kind.is_file() {
            let content = fs::read(&path).unwrap_or_default();
            let holds = |needle: &&str| {
                content
                    .windows(needle.len())
                    .any(|window| window == needle.as_bytes())
            };
            if needles.iter().any(holds) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_password_in_the_keyring_is_used_and_is_in_no_file() {
    Machine::alone(|machine| {
        let office = Office::new(machine);
        let _keyring = SecretService::start(&office.world, &office.bus);
        assert!(office.reached().ends_with("403"));
        assert_eq!(
            office.log_in("ada:s3cret").succeeded().stdout,
            "kept in your keyring\n"
        );
        assert_eq!(office.reached(), "reached200");
        // The daemon that runs hears of each change with the next connection.
        office.log_in("ada:wrong").succeeded();
        assert!(office.reached().ends_with("403"));
        office.log_in("ada:s3cret").succeeded();
        assert_eq!(office.reached(), "reached200");

        let base = office.world.root().parent().unwrap().to_owned();
        assert_eq!(files_with(&base, &["s3cret", BASE64]), Vec::<PathBuf>::new());
        assert!(!office.ok(&["log", "--json"]).contains("s3cret"));
        assert!(office.doctor().starts_with(" secrets: in your keyring"));

        assert_eq!(office.ok(&["proxy-login", "--remove"]), "forgotten\n");
        assert!(office.reached().ends_with("403"));
        assert_eq!(office.ok(&["proxy-login", "--remove"]), "nothing was kept\n");
    });
}

#[test]
fn without_a_secret_service_a_file_for_this_user_alone_has_it_and_that_is_said() {
    Machine::alone(|machine| {
        let office = Office::new(machine);
        let kept = office.log_in("ada:s3cret");
        let stdout = &kept.succeeded().stdout;
        let file = office.record();
        assert!(stdout.contains(file.to_str().unwrap()), "{stdout}");
        assert!(stdout.contains("there is no Secret Service here"), "{stdout}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert_eq!(office.reached(), "reached200");
        let base = office.world.root().parent().unwrap().to_owned();
        assert_eq!(
            files_with(&base, &["s3cret", BASE64]),
            std::slice::from_ref(&file)
        );
        assert!(!office.ok(&["log", "--json"]).contains("s3cret"));
        let doctor = office.doctor();
        assert!(
            doctor.starts_with(" secrets: in files that only you may read"),
            "{doctor}"
        );
        assert!(doctor.contains("fix: install a Secret Service"), "{doctor}");
        // Others may read it: it is not used.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(office.reached().contains("others may read its login"));
        assert_eq!(office.ok(&["proxy-login", "--remove"]), "forgotten\n");
        assert!(!file.exists());
    });
}

#[test]
fn a_secret_service_that_hangs_is_an_error_in_time_and_no_reason_for_a_file() {
    Machine::alone(|machine| {
        let office = Office::new(machine);
        let hanging = SecretService::that_hangs(&office.bus);
        let began = Instant::now();
        let refused = office.log_in("ada:s3cret");
        assert!(began.elapsed() < Duration::from_secs(30), "{refused:#?}");
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(refused.stderr.contains("has not answered within"), "{refused:#?}");
        assert!(refused.stderr.contains("hint:") && refused.stderr.contains("--file"));
        assert!(!office.record().exists());
        let doctor = office.doctor();
        assert!(doctor.contains("has not answered within"), "{doctor}");

        // The daemon needs it, and it hangs from now on.
        drop(hanging);
        let keyring = SecretService::start(&office.world, &office.bus);
        office.log_in("ada:s3cret").succeeded();
        drop(keyring);
        let hanging = SecretService::that_hangs(&office.bus);
        office.ok(&["daemon", "--start"]);
        let began = Instant::now();
        std::thread::scope(|scope| {
            let denied: Vec<_> = (0..3).map(|_| scope.spawn(|| office.reached())).collect();
            while denied.iter().any(|denied| !denied.is_finished()) {
                let asked = Instant::now();
                office.ok(&["status"]);
                assert!(asked.elapsed() < Duration::from_secs(4), "the daemon hangs too");
            }
            for denied in denied {
                let denied = denied.join().unwrap();
                assert!(denied.contains("has not answered within"), "{denied}");
            }
        });
        assert!(began.elapsed() < Duration::from_secs(30));
        assert!(
            office
                .doctor()
                .contains("cause: the Secret Service has not answered")
        );
        drop(hanging);

        // Who wants a file has one, and the keyring is not asked.
        let mut command = office.askbox(&["proxy-login", "--file"]);
        command.stdin(Stdio::piped());
        let mut running = Running::start(command);
        running.type_in("ada:s3cret\n");
        running.finish().succeeded();
        assert_eq!(office.reached(), "reached200");
    });
}

#[test]
fn a_keyring_that_is_locked_is_a_reason_and_counts_once_it_is_open() {
    Machine::alone(|machine| {
        let office = Office::new(machine);
        let keyring = SecretService::start(&office.world, &office.bus);
        office.log_in("ada:s3cret").succeeded();
        SecretService::lock(&office.world, &office.bus);
        let began = Instant::now();
        let denied = office.reached();
        assert!(began.elapsed() < Duration::from_secs(30));
        assert!(denied.ends_with("403") && denied.contains("keyring"), "{denied}");
        // A new daemon and an unlocked keyring.
        drop(keyring);
        let _keyring = SecretService::start(&office.world, &office.bus);
        office.ok(&["daemon", "--restart"]);
        assert_eq!(office.reached(), "reached200");
    });
}

#[test]
fn a_password_is_typed_and_not_shown() {
    let world = World::new();
    let mut command = world.askbox(&["proxy-login"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let mut terminal = Terminal::start(&command);
    terminal.wait_for("Name: ");
    terminal.press("ada\r");
    terminal.wait_for("Password (not shown): ");
    terminal.press("s3cret\r");
    let left = terminal.finish();
    assert_eq!(left.code, Some(0), "{left:#?}");
    assert!(
        left.shown.contains("ada") && !left.shown.contains("s3cret"),
        "{left:#?}"
    );
    assert!(left.modes_restored);
    let record = fs::read_to_string(world.root().join("state/secrets/proxy-login")).unwrap();
    assert!(record.contains(BASE64));

    // Ctrl-C ends it, and the terminal shows again what is typed.
    let mut terminal = Terminal::start(&command);
    terminal.wait_for("Name: ");
    terminal.press("ada\r");
    terminal.wait_for("Password (not shown): ");
    terminal.press("s3\x03");
    let left = terminal.finish();
    // What a shell says of SIGINT.
    assert_eq!(left.code, Some(130), "{left:#?}");
    assert!(left.modes_restored && !left.shown.contains("s3"), "{left:#?}");
}

#[test]
fn what_is_no_login_is_refused_without_showing_it() {
    let world = World::new();
    for login in ["s3cret", ":s3cret", "ada:"] {
        let mut command = world.askbox(&["proxy-login", "--file"]);
        command.stdin(Stdio::piped());
        let mut running = Running::start(command);
        running.type_in(&format!("{login}\n"));
        let refused = running.finish();
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(refused.stderr.contains("hint:") && !refused.stderr.contains("s3cret"));
    }
    assert!(!world.root().join("state/secrets/proxy-login").exists());
    // Its answer is no words for a person.
    let terminal = Terminal::start(&world.askbox(&["ask-keyring"]));
    terminal.wait_for("has no command");
}
