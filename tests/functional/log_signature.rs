//! Signed checkpoints of the log: who changes or cuts the log without the key is found, and nothing waits for a key.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use askbox_tests::desktop::Bus;
use askbox_tests::{Running, SecretService, World, eventually};
use rusqlite::Connection;
use serde_json::Value;

/// A world with or without a session bus, and its log.
struct Place {
    world: World,
    bus: Option<Bus>,
}

impl Place {
    fn new() -> Self {
        let world = World::new();
        Self { world, bus: None }
    }

    fn with_bus() -> Self {
        let world = World::new();
        let bus = Some(Bus::start(&world));
        Self { world, bus }
    }

    fn askbox(&self, words: &[&str]) -> Command {
        let mut command = self.world.askbox(words);
        if let Some(bus) = &self.bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus.address());
        }
        command
    }

    fn ok(&self, words: &[&str]) -> String {
        Running::start(self.askbox(words))
            .finish()
            .succeeded()
            .stdout
            .clone()
    }

    /// A daemon's whole life, with a session in it. Its end waits for a key that is being kept.
    fn live(&self) {
        self.ok(&["run", "--", "true"]);
        self.ok(&["daemon", "--stop"]);
    }

    fn log(&self) -> PathBuf {
        self.world.root().join("state/log.sqlite")
    }

    fn signed(&self) -> PathBuf {
        self.world.root().join("state/log.sqlite-signed")
    }

    fn record(&self) -> PathBuf {
        self.world.root().join("state/secrets/log-key")
    }

    fn verify(&self) -> Value {
        let finished = Running::start(self.askbox(&["log", "verify", "--json"])).finish();
        let found: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(
            finished.code,
            Some(i32::from(found["intact"] == false)),
            "{finished:#?}"
        );
        found
    }

    fn verify_text(&self) -> String {
        Running::start(self.askbox(&["log", "verify"])).finish().stdout
    }

    /// What is wrong, in verify's words.
    fn broken(&self) -> String {
        let found = self.verify();
        found["reason"]
            .as_str()
            .unwrap_or_else(|| panic!("{found}"))
            .to_owned()
    }

    fn tamper(&self, sql: &str) {
        Connection::open(self.log()).unwrap().execute_batch(sql).unwrap();
    }

    fn last(&self) -> i64 {
        Connection::open(self.log())
            .unwrap()
            .query_row("SELECT max(seq) FROM events", [], |row| row.get(0))
            .unwrap()
    }

    fn actions(&self) -> Vec<String> {
        let text = self.ok(&["log", "--json"]);
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter_map(|event| Some(event["action"].as_str()?.to_owned()))
            .collect()
    }
}

#[test]
fn the_whole_log_is_signed_from_the_first_event_to_the_last() {
    let place = Place::new();
    place.live();
    let found = place.verify();
    assert_eq!(found["signature"], "good", "{found}");
    assert_eq!(found["signed_since"], 1, "{found}");
    assert_eq!(found["signed"], place.last(), "{found}");
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(place.record()), mode(place.signed())), (0o600, 0o600));
    let text = place.verify_text();
    assert!(text.contains("signed up to event"), "{text}");
    // No keyring has the key.
    let record = place.record();
    assert!(
        text.contains(&format!("who has the key, which is in {}", record.display())),
        "{text}"
    );
    assert_eq!(found["key_file"], record.to_str().unwrap(), "{found}");
    assert!(text.contains("not checked: what came after event"), "{text}");
    let doctor = Running::start(place.askbox(&["doctor"])).finish().stdout;
    assert!(doctor.contains("log signature: by a key in"), "{doctor}");
    place.live();
    assert_eq!(place.verify()["signed_since"], 1);
}

/// A log of two runs, signed; something changes it as whoever knows how it is made.
fn check(tamper: impl FnOnce(&Place), expected: &str) {
    let place = Place::new();
    place.live();
    place.live();
    assert_eq!(place.verify()["signature"], "good");
    tamper(&place);
    let reason = place.broken();
    assert!(reason.contains(expected), "{reason}");
    let text = place.verify_text();
    assert!(text.starts_with("broken at event"), "{text}");
}

/// Back to where the first of the two runs ended in order, with the checkpoint that it had there.
const CUT: &str = "
    DELETE FROM events WHERE seq > (SELECT min(seq) FROM checkpoints);
    DELETE FROM checkpoints WHERE seq > (SELECT min(seq) FROM checkpoints);
";

#[test]
fn threat_66_a_tail_that_is_cut_with_its_checkpoints_is_found() {
    check(|place| place.tamper(CUT), "the end of the log was cut off");
}

#[test]
fn threat_66_removed_checkpoints_are_found() {
    check(
        |place| place.tamper("DELETE FROM checkpoints"),
        "checkpoints were removed",
    );
    check(
        |place| place.tamper("DROP TABLE checkpoints"),
        "without its table of checkpoints",
    );
}

#[test]
fn threat_66_a_forged_checkpoint_is_found() {
    let forged = |change: fn(&mut Value)| {
        move |place: &Place| {
            let mut signed: Value = serde_json::from_slice(&fs::read(place.signed()).unwrap()).unwrap();
            change(&mut signed);
            fs::write(place.signed(), signed.to_string()).unwrap();
        }
    };
    let zeros = || Value::from("0".repeat(64));
    check(
        forged(|signed| signed["code"] = Value::from("0".repeat(64))),
        "it was forged",
    );
    check(forged(|signed| signed["since"] = Value::from(2)), "it was forged");
    check(
        forged(|signed| signed["key"] = Value::from("0011223344556677")),
        "another key",
    );
    check(
        |place| fs::write(place.signed(), zeros().to_string()).unwrap(),
        "overwritten",
    );
    // A log that was cut, with the checkpoint of its new end.
    check(
        |place| {
            let before = fs::read(place.signed()).unwrap();
            place.tamper(CUT);
            let (seq, hash): (i64, String) = Connection::open(place.log())
                .unwrap()
                .query_row(
                    "SELECT seq, lower(hex(hash)) FROM events ORDER BY seq DESC LIMIT 1",
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap();
            let mut signed: Value = serde_json::from_slice(&before).unwrap();
            (signed["seq"], signed["hash"]) = (seq.into(), hash.into());
            fs::write(place.signed(), signed.to_string()).unwrap();
        },
        "it was forged",
    );
}

#[test]
fn threat_66_a_removed_signature_is_found() {
    check(
        |place| fs::remove_file(place.signed()).unwrap(),
        "the signature was removed",
    );
}

#[test]
fn threat_66_a_cut_log_that_is_written_on_is_found_and_said_in_it() {
    let place = Place::new();
    place.live();
    place.live();
    place.tamper(CUT);
    place.live();
    assert!(
        place.actions().contains(&"checkpoint broken".to_owned()),
        "{:?}",
        place.actions()
    );
    assert!(place.broken().contains("did not fit"));
}

#[test]
fn a_log_from_before_it_was_signed_is_signed_from_there_on() {
    let place = Place::new();
    place.live();
    // What a daemon of before leaves.
    fs::remove_file(place.signed()).unwrap();
    fs::remove_file(place.record()).unwrap();
    let found = place.verify();
    assert_eq!(
        (&found["intact"], &found["signature"]),
        (&true.into(), &"nobody".into())
    );
    let before = place.last();
    assert!(place.verify_text().contains("not signed: whoever can write"));
    place.live();
    let found = place.verify();
    assert_eq!(found["signature"], "good", "{found}");
    assert!(before < found["signed_since"].as_i64().unwrap(), "{found}");
    assert!(place.verify_text().contains("are from before this key"));
}

#[test]
fn a_lost_key_is_a_word_and_no_alarm() {
    let place = Place::new();
    place.live();
    fs::remove_file(place.record()).unwrap();
    let found = place.verify();
    assert_eq!(
        (&found["intact"], &found["signature"]),
        (&true.into(), &"unchecked".into())
    );
    place.live();
    assert_eq!(place.verify()["signature"], "good");
    assert!(
        place
            .verify_text()
            .contains("key replaced: the key that has signed up to event")
    );
}

#[test]
fn the_keyring_has_the_key_and_who_writes_the_state_directory_has_not() {
    let place = Place::with_bus();
    let keyring = SecretService::start(&place.world, place.bus.as_ref().unwrap());
    place.live();
    let record = fs::read_to_string(place.record()).unwrap();
    assert!(record.starts_with("keyring "), "{record}");
    let found = place.verify();
    assert_eq!(
        (&found["signature"], &found["key_file"]),
        (&"good".into(), &Value::Null)
    );
    assert!(!place.verify_text().contains("who has the key"));
    let doctor = Running::start(place.askbox(&["doctor"])).finish().stdout;
    assert!(
        doctor.contains("log signature: by a key in your keyring"),
        "{doctor}"
    );
    place.live();
    assert_eq!(place.verify()["signed_since"], 1);

    // Locked: what is signed is not checked, and what comes is not signed; both are said, and nothing waits.
    SecretService::lock(&place.world, place.bus.as_ref().unwrap());
    let found = place.verify();
    assert_eq!(
        (&found["intact"], &found["signature"]),
        (&true.into(), &"unchecked".into())
    );
    place.ok(&["run", "--", "true"]);
    eventually("it is said", || {
        place
            .ok(&["status"])
            .contains("note: checkpoints of the log are not signed")
    });
    // A remark, and no problem.
    let status: Value = serde_json::from_str(&place.ok(&["status", "--json"])).unwrap();
    assert!(
        status["log_unsigned"].is_string() && status["warnings"] == Value::Array(Vec::new()),
        "{status}"
    );
    let doctor = Running::start(place.askbox(&["doctor"])).finish().stdout;
    let signature = doctor.split("log signature: ").nth(1).unwrap();
    assert!(signature.starts_with("checkpoints are not signed"), "{doctor}");
    place.ok(&["daemon", "--stop"]);
    drop(keyring);
    let _keyring = SecretService::start(&place.world, place.bus.as_ref().unwrap());
    place.live();
    assert_eq!(place.verify()["signature"], "good");

    // Another key in a file, and a log that it has signed.
    let forger = Place::new();
    forger.live();
    fs::copy(forger.record(), place.record()).unwrap();
    fs::copy(forger.log(), place.log()).unwrap();
    fs::copy(forger.signed(), place.signed()).unwrap();
    assert_eq!(forger.verify()["signature"], "good");
    assert!(place.broken().contains("another key than yours"));
}

#[test]
fn a_keyring_that_hangs_holds_nothing_up() {
    let place = Place::with_bus();
    let hanging = SecretService::that_hangs(place.bus.as_ref().unwrap());
    let began = Instant::now();
    place.ok(&["run", "--", "true"]);
    assert!(began.elapsed() < Duration::from_secs(5));
    eventually("it is said", || {
        place
            .ok(&["status"])
            .contains("checkpoints of the log are not signed")
    });
    assert!(!place.record().exists() && !place.signed().exists());
    let found = place.verify();
    assert_eq!(
        (&found["intact"], &found["signature"]),
        (&true.into(), &"nobody".into())
    );
    assert!(place.verify_text().contains("has not answered within"));
    let doctor = Running::start(place.askbox(&["doctor"])).finish().stdout;
    assert!(
        doctor.contains("log signature: checkpoints are not signed"),
        "{doctor}"
    );
    drop(hanging);
    let began = Instant::now();
    place.ok(&["daemon", "--stop"]);
    assert!(began.elapsed() < Duration::from_secs(5));
}
