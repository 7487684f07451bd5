use std::collections::BTreeMap;
use std::sync::Mutex;

use tempfile::TempDir;

use super::*;
use crate::keyring::Answer;

const NAME: Name = Name("a-password");

/// A keyring in memory, which may be out of order.
#[derive(Clone, Debug, Default)]
struct Fake(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    values: BTreeMap<String, String>,
    broken: Option<Unavailable>,
    orders: usize,
}

impl Fake {
    fn break_off(&self, how: Option<Unavailable>) {
        self.0.lock().unwrap().broken = how;
    }

    fn values(&self) -> Vec<String> {
        self.0.lock().unwrap().values.values().cloned().collect()
    }

    fn orders(&self) -> usize {
        self.0.lock().unwrap().orders
    }
}

impl Keyring for Fake {
    fn carry_out(&self, order: &Order) -> Answer {
        let mut state = self.0.lock().unwrap();
        state.orders += 1;
        if let Some(how) = &state.broken {
            return Err(how.clone());
        }
        Ok(match order {
            Order::Greet => None,
            Order::Read { account } => state.values.get(account).cloned(),
            Order::Write { account, value } => {
                state.values.insert(account.clone(), value.clone());
                None
            }
            Order::Remove { account } => {
                state.values.remove(account);
                None
            }
        })
    }
}

struct World {
    directory: TempDir,
    keyring: Fake,
    secrets: Secrets,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let keyring = Fake::default();
    let secrets = Secrets::new(directory.path().join("secrets"), keyring.clone());
    World {
        directory,
        keyring,
        secrets,
    }
}

impl World {
    fn file(&self) -> PathBuf {
        self.directory.path().join("secrets").join(NAME.0)
    }

    fn keep(&self, text: &str) -> Result<Kept, Error> {
        self.secrets
            .keep(NAME, Secret::new(text), Fallback::WithoutService)
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn nobody() -> Unavailable {
    Unavailable::NoService("nobody".into())
}

#[test]
fn the_keyring_has_it_and_no_file_does() {
    let world = world();
    assert!(matches!(world.secrets.record(NAME), Ok(None)));
    assert_eq!(
        world.keyring.orders(),
        0,
        "nothing was ever kept, so nobody is asked"
    );
    let kept = world.keep("s3cret").unwrap();
    assert_eq!((kept.place, kept.instead), (Place::Keyring, None));
    assert_eq!(world.secrets.from_keyring(NAME).unwrap(), Secret::new("s3cret"));
    let content = fs::read_to_string(world.file()).unwrap();
    assert!(
        content.starts_with("keyring ") && !content.contains("czNjcmV0"),
        "{content}"
    );
    // What is kept is text for every service.
    assert_eq!(world.keyring.values(), ["czNjcmV0"]);
}

#[test]
fn bytes_that_are_no_text_survive() {
    let world = world();
    let secret = Secret::new([0_u8, 255, 10, 128]);
    world
        .secrets
        .keep(NAME, secret.clone(), Fallback::WithoutService)
        .unwrap();
    assert_eq!(world.secrets.from_keyring(NAME).unwrap(), secret);
}

#[test]
fn without_a_service_a_file_for_this_user_alone_has_it_and_that_is_said() {
    let world = world();
    world.keyring.break_off(Some(nobody()));
    let kept = world.keep("s3cret").unwrap();
    assert_eq!(kept.place, Place::File(world.file()));
    assert_eq!(kept.instead, Some(nobody()));
    assert_eq!(mode(&world.file()), 0o600);
    assert_eq!(mode(world.file().parent().unwrap()), 0o700);
    match world.secrets.record(NAME).unwrap().unwrap() {
        Record::Here(_, secret) => assert_eq!(secret.expose(), b"s3cret"),
        other @ Record::Keyring(_) => panic!("{other:?}"),
    }
    assert!(!format!("{:?}", world.secrets.record(NAME)).contains("s3cret"));
}

#[test]
fn a_service_that_is_locked_or_hangs_is_no_reason_for_a_file() {
    for how in [
        Unavailable::Silent { seconds: 5 },
        Unavailable::Refused("locked".into()),
        Unavailable::NotAsked("no thread".into()),
    ] {
        let world = world();
        world.keyring.break_off(Some(how.clone()));
        match world.keep("s3cret") {
            Err(Error::Keyring(why)) => assert_eq!(why, how),
            other => panic!("{other:?}"),
        }
        assert!(!world.file().exists());
        // Who wants a file says so.
        let kept = world.secrets.keep(NAME, Secret::new("s3cret"), Fallback::Chosen);
        assert_eq!(kept.unwrap().place, Place::File(world.file()));
    }
}

#[test]
fn a_record_that_names_the_keyring_is_never_a_reason_to_go_without() {
    let world = world();
    world.keep("s3cret").unwrap();
    world.keyring.break_off(Some(Unavailable::Silent { seconds: 5 }));
    assert!(matches!(world.secrets.from_keyring(NAME), Err(Error::Keyring(_))));
    world.keyring.break_off(None);
    world.keyring.0.lock().unwrap().values.clear();
    assert!(matches!(world.secrets.from_keyring(NAME), Err(Error::Lost)));
}

#[test]
fn each_time_it_is_kept_the_stamp_is_another_one() {
    let world = world();
    let stamp = || match world.secrets.record(NAME).unwrap().unwrap() {
        Record::Keyring(stamp) | Record::Here(stamp, _) => stamp,
    };
    world.keep("one").unwrap();
    let first = stamp();
    world.keep("one").unwrap();
    assert_ne!(stamp(), first);
    assert_eq!(stamp(), stamp());
}

#[test]
fn what_is_removed_is_gone_in_both_places() {
    let world = world();
    assert_eq!(world.secrets.remove(NAME).unwrap(), None);
    world.keep("s3cret").unwrap();
    let removed = world.secrets.remove(NAME).unwrap().unwrap();
    assert_eq!((removed.place, removed.left), (Place::Keyring, None));
    assert!(world.keyring.values().is_empty() && !world.file().exists());
    // A keyring that cannot be asked keeps it, and nobody looks.
    world.keep("s3cret").unwrap();
    world.keyring.break_off(Some(nobody()));
    let removed = world.secrets.remove(NAME).unwrap().unwrap();
    assert_eq!((removed.place, removed.left), (Place::Keyring, Some(nobody())));
    assert!(matches!(world.secrets.record(NAME), Ok(None)));
    world.keep("s3cret").unwrap();
    let removed = world.secrets.remove(NAME).unwrap().unwrap();
    assert_eq!((removed.place, removed.left), (Place::File(world.file()), None));
    assert!(!world.file().exists());
}

#[test]
fn a_file_that_is_chosen_takes_the_secret_out_of_the_keyring() {
    let world = world();
    world.keep("old").unwrap();
    let kept = world.secrets.keep(NAME, Secret::new("new"), Fallback::Chosen);
    assert_eq!(
        kept.unwrap(),
        Kept {
            place: Place::File(world.file()),
            instead: None
        }
    );
    assert!(world.keyring.values().is_empty());
}

#[test]
fn a_secret_that_others_may_read_is_not_used_and_the_next_one_is_closed_to_them() {
    let world = world();
    world.keyring.break_off(Some(nobody()));
    world.keep("s3cret").unwrap();
    fs::set_permissions(world.file(), Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(world.secrets.record(NAME), Err(Error::Exposed(_))));
    world.keep("another").unwrap();
    assert_eq!(mode(&world.file()), 0o600);
    assert!(matches!(world.secrets.record(NAME), Ok(Some(_))));
}

#[test]
fn records_are_one_line_of_known_words() {
    let table: [(&[u8], bool); 9] = [
        (b"keyring 0123abcd\n", true),
        (b"here 0123abcd czNjcmV0\n", true),
        (b"keyring 0123abcd", false),
        (b"keyring \n", false),
        (b"keyring xyz\n", false),
        (b"here 0123abcd *\n", false),
        (b"here 0123abcd czNjcmV0\nmore\n", false),
        (b"elsewhere 0123abcd\n", false),
        (b"\xff\n", false),
    ];
    for (content, expected) in table {
        let record = Record::parse(content);
        assert_eq!(record.is_some(), expected, "{content:?}");
        let same = record.is_none_or(|record| record.content().as_bytes() == content);
        assert!(same, "{content:?}");
    }
}

#[test]
fn nothing_shows_what_is_secret() {
    let order = Order::Write {
        account: "a".into(),
        value: "czNjcmV0".into(),
    };
    assert_eq!(format!("{order:?}"), "Write(a)");
    assert_eq!(format!("{:?}", Secret::new("s3cret")), "Secret(..)");
}
