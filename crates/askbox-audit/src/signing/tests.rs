use super::*;
use crate::entry::What;

fn key(byte: u8) -> SigningKey {
    SigningKey::new(&[byte; SigningKey::LENGTH]).unwrap()
}

#[test]
fn a_signature_covers_each_part() {
    let signed = || SignedCheckpoint::new(&key(1), 2, 3, Digest([4; 32]), 5);
    assert!(signed().is_by(&key(1)));
    assert!(!signed().is_by(&key(2)));
    let changes: [fn(&mut SignedCheckpoint); 5] = [
        |signed| signed.since = 1,
        |signed| signed.seq = 4,
        |signed| signed.hash = Digest([5; 32]),
        |signed| signed.time_ms = 6,
        |signed| signed.code = Digest::START,
    ];
    for change in changes {
        let mut signed = signed();
        change(&mut signed);
        assert!(!signed.is_by(&key(1)), "{signed:?}");
    }
}

/// HMAC-SHA-256 as others compute it: Python's `hmac.new(b"k" * 32, b"askbox log checkpoint 1\0" + ...)`.
#[test]
fn a_signature_is_hmac_sha_256() {
    let signed = SignedCheckpoint::new(&key(b'k'), 1, 2, Digest([3; 32]), 4);
    assert_eq!(
        serde_json::to_string(&signed).unwrap(),
        r#"{"key":"b88f64a49b096a18","since":1,"seq":2,"hash":"0303030303030303030303030303030303030303030303030303030303030303","time_ms":4,"code":"f6a02427bf2d8bf1bf123e91ae82999821797273880d6b095723674e50e35faa"}"#
    );
}

#[test]
fn a_key_is_shown_by_its_name_alone() {
    let shown = format!("{:?}", key(7));
    assert_eq!(shown, format!("SigningKey({})", key(7).id().0));
    assert_eq!(key(7).id().0.len(), 16);
    assert_eq!(SigningKey::new(&[7; 31]), None);
    assert_ne!(key(7).id(), key(8).id());
}

/// Since when a key signs, and the action of the event before.
fn check(beside: &Beside, origin: KeyOrigin, found: Found, expected: (u64, Option<&str>)) {
    let (since, note) = begin(beside, &key(1), origin, found, 9);
    let action = note.map(|entry| {
        let What::Daemon { change, .. } = entry.what else {
            panic!("{entry:?}");
        };
        change.name()
    });
    assert_eq!((since, action), expected, "{beside:?} {origin:?} {found:?}");
}

#[test]
fn what_was_there_before_a_key_is_told_where_it_is_worth_it() {
    use KeyOrigin::{Found as Kept, Made};
    let by = |byte| Beside::Signed(SignedCheckpoint::new(&key(byte), 3, 8, Digest([4; 32]), 5));
    let Beside::Signed(mut forged) = by(1) else {
        unreachable!()
    };
    forged.seq = 7;
    let forged = Beside::Signed(forged);
    let broken = (10, Some("checkpoint broken"));
    // The first key of a new log, and of one from before there were keys.
    check(&Beside::Nothing, Made, Found::New, (1, None));
    check(&Beside::Nothing, Made, Found::Old, (10, None));
    check(&Beside::Nothing, Made, Found::NewReopened, (10, None));
    // The same key again.
    check(&by(1), Kept, Found::Old, (3, None));
    check(&by(1), Kept, Found::Doubted, (10, None));
    // A key that was lost.
    check(&by(2), Made, Found::Old, (10, Some("key replaced")));
    // What cannot come of itself.
    check(&by(2), Kept, Found::Old, broken);
    check(&forged, Kept, Found::Old, broken);
    check(&Beside::Garbled, Kept, Found::Old, broken);
    check(&Beside::Garbled, Made, Found::Old, broken);
    check(&Beside::Nothing, Kept, Found::Old, broken);
    // A log that was removed, and one that was kept aside, which an event says already.
    check(&Beside::Nothing, Kept, Found::New, (1, Some("log replaced")));
    check(
        &Beside::Nothing,
        Kept,
        Found::NewReopened,
        (10, Some("log replaced")),
    );
    check(&Beside::Nothing, Kept, Found::Doubted, (10, None));
}
