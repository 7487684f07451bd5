//! What signs, when, and what is said where a log and its signature do not fit.

use rusqlite::Connection;

use super::*;
use crate::signing::{Beside, SignedCheckpoint, place as place_of_signature};
use crate::verify::{CUT, FOUND_BEFORE, Signature};

fn key(byte: u8) -> SigningKey {
    SigningKey::new(&[byte; SigningKey::LENGTH]).unwrap()
}

fn beside(path: &Path) -> Option<SignedCheckpoint> {
    match Beside::read(path).unwrap() {
        Beside::Signed(signed) => Some(signed),
        Beside::Nothing => None,
        Beside::Garbled => panic!("garbled"),
    }
}

fn verify(path: &Path, byte: u8) -> Verification {
    Reader::open(path).unwrap().verify(&Key::Have(key(byte))).unwrap()
}

/// From and up to which event the key has signed.
fn signed(path: &Path, byte: u8) -> (u64, u64) {
    let Verification::Intact {
        signature: Signature::Good { since, seq, .. },
        ..
    } = verify(path, byte)
    else {
        panic!("{:?}", verify(path, byte));
    };
    (since, seq)
}

/// One run of a log, with an event of its own and an end in order.
async fn run(path: &Path, key: Option<(SigningKey, KeyOrigin)>) {
    let log = Log::open(path).unwrap();
    log.record(verdict(0), Durability::Unsynced).await.unwrap();
    if let Some((key, origin)) = key {
        log.sign_with(key, origin).await.unwrap();
    }
    log.record(stopped(), Durability::Synced).await.unwrap();
    log.close().await.unwrap();
}

#[tokio::test]
async fn a_key_signs_at_once_and_again_within_a_minute_and_at_the_end() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    log.sign_with(key(1), KeyOrigin::Made).await.unwrap();
    assert_eq!(signed(&path, 1), (1, 1));
    log.record(verdict(2), Durability::Unsynced).await.unwrap();
    assert_eq!(signed(&path, 1), (1, 1));
    writer::lock(&log.writer).age(limits::CHECKPOINT_INTERVAL);
    // By the thread, which sleeps until the signature is due.
    log.record(verdict(3), Durability::Synced).await.unwrap();
    while signed(&path, 1) != (1, 3) {
        tokio::task::yield_now().await;
    }
    log.record(stopped(), Durability::Unsynced).await.unwrap();
    log.close().await.unwrap();
    assert_eq!(signed(&path, 1), (1, 4));
    let mode = fs::metadata(place_of_signature(&path))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_log_from_before_the_key_is_signed_from_there_on() {
    let (_directory, path) = place();
    run(&path, None).await;
    assert_eq!(beside(&path), None);
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    assert_eq!(signed(&path, 1), (4, 4));
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    assert_eq!(signed(&path, 1), (4, 6));
    assert_eq!(story(&path), ["0", "stopped", "0", "stopped", "0", "stopped"]);
}

#[tokio::test]
async fn a_key_that_was_lost_is_told_and_the_new_one_signs() {
    let (_directory, path) = place();
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    run(&path, Some((key(2), KeyOrigin::Made))).await;
    assert_eq!(story(&path), ["0", "stopped", "0", "key replaced", "stopped"]);
    assert_eq!(signed(&path, 2), (4, 5));
    let Verification::Intact { remarks, .. } = verify(&path, 2) else {
        panic!("broken");
    };
    let told: Vec<_> = remarks.iter().map(|event| event.seq).collect();
    assert_eq!(told, [4]);
}

/// Changes a log while no daemon runs, and checks what the next one says of it before anything else, and verify afterwards.
async fn check_found_at_start(tamper: &str, first: &str) {
    let (_directory, path) = place();
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    Connection::open(&path).unwrap().execute_batch(tamper).unwrap();
    let before = story(&path).len();
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    let mut told = Reader::open(&path).unwrap().query(&Filter::default()).unwrap();
    let said = told.split_off(before);
    let actions: Vec<_> = said.iter().filter_map(|event| event.action.clone()).collect();
    assert_eq!(actions, ["checkpoint broken", "stopped"], "{tamper}");
    let event = said
        .iter()
        .find(|event| event.action.as_deref() == Some("checkpoint broken"))
        .unwrap();
    assert!(event.detail.as_deref().unwrap().contains(first), "{event:?}");
    // Signed anew, and found all the same.
    let seq = i64::try_from(event.seq).unwrap();
    let reason = FOUND_BEFORE;
    assert_eq!(verify(&path, 1), Verification::Broken { seq, reason }, "{tamper}");
}

#[tokio::test]
async fn a_log_that_does_not_fit_its_signature_is_told_when_it_is_opened() {
    // Cut where a run ended in order, checkpoints too.
    let cut = "DELETE FROM events WHERE seq > 2; DELETE FROM checkpoints WHERE seq > 2";
    check_found_at_start(cut, "its end was cut off").await;
    let swap = "UPDATE events SET hash = zeroblob(32) WHERE seq = 4";
    check_found_at_start_rewritten(swap).await;
}

/// The same where the chain is broken as well, which verify says first.
async fn check_found_at_start_rewritten(tamper: &str) {
    let (_directory, path) = place();
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    Connection::open(&path).unwrap().execute_batch(tamper).unwrap();
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    assert_eq!(story(&path).get(4).map(String::as_str), Some("checkpoint broken"));
    assert!(matches!(verify(&path, 1), Verification::Broken { seq: 4, .. }));
}

#[tokio::test]
async fn a_signature_that_was_removed_is_told_once_the_key_is_here() {
    let (_directory, path) = place();
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    fs::remove_file(place_of_signature(&path)).unwrap();
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    assert_eq!(
        story(&path),
        ["0", "stopped", "0", "checkpoint broken", "stopped"]
    );
    let reason = FOUND_BEFORE;
    assert_eq!(verify(&path, 1), Verification::Broken { seq: 4, reason });
}

#[tokio::test]
async fn a_log_that_was_removed_is_told_by_the_next_one() {
    let (_directory, path) = place();
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    fs::remove_file(&path).unwrap();
    fs::remove_file(place_of_signature(&path)).unwrap();
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    assert_eq!(story(&path), ["0", "log replaced", "stopped"]);
    assert_eq!(signed(&path, 1), (1, 3));
    // The log alone: its signature knows more.
    fs::remove_file(&path).unwrap();
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    assert_eq!(story(&path), ["checkpoint broken", "0", "stopped"]);
}

#[tokio::test]
async fn a_log_that_is_kept_aside_takes_its_signature_along() {
    let (directory, path) = place();
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    fs::write(&path, [7; 9000]).unwrap();
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    assert_eq!(story(&path), ["log replaced", "0", "stopped"]);
    assert!(directory.path().join("log.sqlite.broken-1-signed").exists());
    assert_eq!(signed(&path, 1).1, 3);
}

#[tokio::test]
async fn a_killed_run_leaves_a_signature_that_fits() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    log.sign_with(key(1), KeyOrigin::Made).await.unwrap();
    log.record(verdict(2), Durability::Unsynced).await.unwrap();
    // What comes after the last signature may be cut without a trace, and nothing before it.
    assert_eq!(signed(&path, 1), (1, 1));
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("DELETE FROM events WHERE seq = 2")
        .unwrap();
    assert_eq!(signed(&path, 1), (1, 1));
    connection
        .execute_batch("DELETE FROM events; DELETE FROM checkpoints")
        .unwrap();
    let reason = CUT;
    assert_eq!(verify(&path, 1), Verification::Broken { seq: 1, reason });
}

#[tokio::test]
async fn a_signature_that_cannot_be_written_holds_nothing_up_and_is_said() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    fs::create_dir(place_of_signature(&path)).unwrap();
    log.sign_with(key(1), KeyOrigin::Found).await.unwrap();
    {
        let _writes = writer::lock(&log.writer);
        assert!(log.signing_problem().is_some(), "nobody waits for the writer");
    }
    log.record(verdict(2), Durability::Synced).await.unwrap();
    fs::remove_dir(place_of_signature(&path)).unwrap();
    writer::lock(&log.writer).age(limits::CHECKPOINT_INTERVAL);
    // By the thread, which sleeps until the signature is due.
    log.record(verdict(3), Durability::Synced).await.unwrap();
    while log.signing_problem().is_some() {
        tokio::task::yield_now().await;
    }
    assert!(beside(&path).is_some());
}

#[tokio::test]
async fn a_key_that_was_made_and_has_signed_nothing_signs_nothing_later() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    fs::create_dir(place_of_signature(&path)).unwrap();
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    log.sign_with(key(1), KeyOrigin::Made).await.unwrap_err();
    fs::remove_dir(place_of_signature(&path)).unwrap();
    log.record(verdict(2), Durability::Synced).await.unwrap();
    log.close().await.unwrap();
    assert_eq!(beside(&path), None);
}

/// Makes reading what lies beside a log fail, with an error that says nothing of it, until it is dropped: a link to itself stands
/// in its place.
struct Unreadable {
    place: PathBuf,
    kept: PathBuf,
}

impl Unreadable {
    fn new(path: &Path) -> Self {
        let place = place_of_signature(path);
        let kept = place.with_extension("kept");
        fs::rename(&place, &kept).unwrap();
        std::os::unix::fs::symlink(&place, &place).unwrap();
        Self { place, kept }
    }
}

impl Drop for Unreadable {
    fn drop(&mut self) {
        fs::rename(&self.kept, &self.place).unwrap();
    }
}

#[tokio::test]
async fn a_signature_that_cannot_be_read_for_a_while_is_no_alarm() {
    let (_directory, path) = place();
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    let unreadable = Unreadable::new(&path);
    assert!(Reader::open(&path).unwrap().verify(&Key::Have(key(1))).is_err());
    let log = Log::open(&path).unwrap();
    log.record(verdict(0), Durability::Unsynced).await.unwrap();
    let error = log.sign_with(key(1), KeyOrigin::Found).await.unwrap_err();
    assert!(matches!(error, Error::ReadSigned { .. }), "{error}");
    drop(unreadable);
    log.sign_with(key(1), KeyOrigin::Found).await.unwrap();
    log.record(stopped(), Durability::Synced).await.unwrap();
    log.close().await.unwrap();
    assert_eq!(story(&path), ["0", "stopped", "0", "stopped"]);
    assert_eq!(signed(&path, 1), (1, 4));
}

#[tokio::test]
async fn a_log_that_was_cut_is_told_once_its_signature_can_be_read() {
    let (_directory, path) = place();
    run(&path, Some((key(1), KeyOrigin::Made))).await;
    run(&path, Some((key(1), KeyOrigin::Found))).await;
    let cut = "DELETE FROM events WHERE seq > 2; DELETE FROM checkpoints WHERE seq > 2";
    Connection::open(&path).unwrap().execute_batch(cut).unwrap();
    let unreadable = Unreadable::new(&path);
    let log = Log::open(&path).unwrap();
    log.record(verdict(0), Durability::Unsynced).await.unwrap();
    log.sign_with(key(1), KeyOrigin::Found).await.unwrap_err();
    drop(unreadable);
    log.sign_with(key(1), KeyOrigin::Found).await.unwrap();
    log.close().await.unwrap();
    assert_eq!(story(&path), ["0", "stopped", "0", "checkpoint broken"]);
    let reason = FOUND_BEFORE;
    assert_eq!(verify(&path, 1), Verification::Broken { seq: 4, reason });
}

#[tokio::test]
async fn a_new_log_that_was_opened_again_is_signed_from_there_on() {
    let (_directory, path) = place();
    let log = Log::open(&path).unwrap();
    log.record(verdict(1), Durability::Unsynced).await.unwrap();
    // What a write that failed leaves.
    writer::lock(&log.writer).put_down();
    log.record(verdict(2), Durability::Unsynced).await.unwrap();
    log.sign_with(key(1), KeyOrigin::Made).await.unwrap();
    log.close().await.unwrap();
    assert_eq!(signed(&path, 1), (3, 2));
}
