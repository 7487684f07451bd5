use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use askbox_audit::{Durability, Entry, PolicyChange, Reader, Signature, Verification};
use askbox_secrets::{Answer, Keyring, Order, Place};
use tempfile::TempDir;

use super::*;

/// A keyring that a test sees and changes.
#[derive(Clone, Debug, Default)]
struct Fake(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    value: Option<String>,
    unusable: Option<Unavailable>,
}

impl Fake {
    fn set(&self, change: impl FnOnce(&mut Content)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn without_service() -> Self {
        let fake = Self::default();
        fake.set(|content| content.unusable = Some(Unavailable::NoService("no bus".to_owned())));
        fake
    }
}

impl Keyring for Fake {
    fn carry_out(&self, order: &Order) -> Answer {
        let mut content = self.0.lock().unwrap();
        if let Some(unusable) = &content.unusable {
            return Err(unusable.clone());
        }
        match order {
            Order::Greet => Ok(None),
            Order::Read { .. } => Ok(content.value.clone()),
            Order::Write { value, .. } => {
                content.value = Some(value.clone());
                Ok(None)
            }
            Order::Remove { .. } => {
                content.value = None;
                Ok(None)
            }
        }
    }
}

struct World {
    directory: TempDir,
    keyring: Fake,
}

impl World {
    fn new(keyring: Fake) -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            keyring,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("log.sqlite")
    }

    fn secrets(&self) -> Secrets {
        Secrets::new(self.directory.path().join("secrets"), self.keyring.clone())
    }

    fn record(&self) -> PathBuf {
        self.directory.path().join("secrets/log-key")
    }

    /// One run of a log, which tries once to get its key; what it warns of.
    async fn run(&self) -> Option<String> {
        let log = Log::open(&self.path()).unwrap();
        let entry = || Entry::of_policy(PolicyChange::Loaded, "x".to_owned());
        log.record(entry(), Durability::Unsynced).await.unwrap();
        let signing = Signing::new();
        let secrets = self.secrets();
        let mut progress = signing.progress.subscribe();
        let settled = progress.wait_for(|progress| matches!(progress, Progress::Done | Progress::Failed(_)));
        tokio::select! {
            () = signing.begin(&log, &secrets) => {}
            settled = settled => drop(settled.unwrap()),
        }
        log.record(entry(), Durability::Unsynced).await.unwrap();
        signing.end().await;
        let why_not = signing.why_not(&log);
        log.close().await.unwrap();
        why_not
    }

    fn verify(&self) -> Verification {
        let (key, _place) = key_to_verify(&self.secrets());
        Reader::open(&self.path()).unwrap().verify(&key).unwrap()
    }

    /// From and up to which event the log is signed.
    fn signed(&self) -> (u64, u64) {
        match self.verify() {
            Verification::Intact {
                signature: Signature::Good { since, seq, .. },
                ..
            } => (since, seq),
            other => panic!("{other:?}"),
        }
    }

    fn signature_file(&self) -> bool {
        Path::new(&format!("{}-signed", self.path().display())).exists()
    }
}

#[tokio::test]
async fn the_first_daemon_makes_a_key_in_the_keyring_and_the_next_has_it() {
    let world = World::new(Fake::default());
    assert_eq!(world.run().await, None);
    assert_eq!(world.secrets().place(LOG_KEY).unwrap(), Some(Place::Keyring));
    assert_eq!(world.signed(), (1, 2));
    assert_eq!(world.run().await, None);
    // An end without a last word of the daemon is an event between.
    assert_eq!(world.signed(), (1, 5));
}

#[tokio::test]
async fn without_a_secret_service_a_file_has_it() {
    let world = World::new(Fake::without_service());
    assert_eq!(world.run().await, None);
    assert_eq!(
        world.secrets().place(LOG_KEY).unwrap(),
        Some(Place::File(world.record()))
    );
    assert_eq!(world.signed(), (1, 2));
}

#[tokio::test]
async fn a_keyring_that_cannot_be_used_leaves_checkpoints_unsigned_and_is_told() {
    let locked = || Some(Unavailable::Refused("locked".to_owned()));
    let world = World::new(Fake::default());
    world.keyring.set(|content| content.unusable = locked());
    let why_not = world.run().await.unwrap();
    assert!(
        why_not.contains("cannot be used") && why_not.contains("refuses (locked)"),
        "{why_not}"
    );
    assert!(!world.signature_file() && !world.record().exists());
    let Verification::Intact { signature, .. } = world.verify() else {
        panic!("broken");
    };
    assert!(
        matches!(signature, Signature::Nobody { why: Some(_) }),
        "{signature:?}"
    );
    // Unlocked, it has the key from then on.
    world.keyring.set(|content| content.unusable = None);
    assert_eq!(world.run().await, None);
    assert_eq!(world.signed().0, 5);
    // Locked again: what is signed stays, and is not checked.
    world.keyring.set(|content| content.unusable = locked());
    assert!(world.run().await.is_some());
    let Verification::Intact { signature, .. } = world.verify() else {
        panic!("broken");
    };
    assert!(
        matches!(signature, Signature::Unchecked { seq: 5, .. }),
        "{signature:?}"
    );
}

#[tokio::test]
async fn a_key_that_the_keyring_has_lost_is_made_anew() {
    let world = World::new(Fake::default());
    world.run().await;
    world.keyring.set(|content| content.value = None);
    let Verification::Intact { signature, .. } = world.verify() else {
        panic!("broken");
    };
    assert!(matches!(signature, Signature::Unchecked { .. }), "{signature:?}");
    assert_eq!(world.run().await, None);
    let Verification::Intact { remarks, .. } = world.verify() else {
        panic!("broken");
    };
    assert_eq!(remarks.len(), 1);
    assert_eq!(remarks[0].action.as_deref(), Some("key replaced"));
    assert_eq!(world.signed().0, remarks[0].seq);
}

#[tokio::test]
async fn who_writes_the_record_does_not_choose_the_key() {
    let world = World::new(Fake::default());
    world.run().await;
    // A record that is gone: the keyring has the key all the same.
    fs::remove_file(world.record()).unwrap();
    assert_eq!(world.signed(), (1, 2));
    assert_eq!(world.run().await, None);
    assert_eq!(world.signed().0, 1);
    // A record with a key of somebody's own, and what a daemon signs with it.
    let forger = World::new(Fake::without_service());
    forger.run().await;
    fs::copy(forger.record(), world.record()).unwrap();
    world.run().await;
    assert!(
        matches!(world.verify(), Verification::Broken { .. }),
        "{:?}",
        world.verify()
    );
}

#[tokio::test]
async fn a_key_that_others_could_read_signs_no_more() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new(Fake::without_service());
    world.run().await;
    let before = fs::read_to_string(world.record()).unwrap();
    fs::set_permissions(world.record(), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(world.run().await, None);
    assert_ne!(fs::read_to_string(world.record()).unwrap(), before);
    assert_eq!(
        fs::metadata(world.record()).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let Verification::Intact { remarks, .. } = world.verify() else {
        panic!("broken");
    };
    assert_eq!(remarks[0].action.as_deref(), Some("key replaced"));
}
