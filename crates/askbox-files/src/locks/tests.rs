use super::*;

#[test]
fn a_session_holds_so_many_descriptions_and_gets_room_when_one_is_closed() {
    let locks = Locks::default();
    let file = tempfile::tempfile().unwrap();
    let range = |kind| Range {
        start: 0,
        end: 0,
        kind,
    };
    let set = |owner: usize, kind| {
        let holder = Holder {
            number: 1,
            owner: owner as u64,
        };
        locks.set(holder, range(kind), || file.try_clone())
    };
    for owner in 0..limits::LOCK_DESCRIPTIONS {
        set(owner, libc::F_RDLCK).unwrap();
    }
    let refused = set(limits::LOCK_DESCRIPTIONS, libc::F_RDLCK).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::ENOLCK));
    // Who holds one already goes on.
    set(0, libc::F_RDLCK).unwrap();
    let first = Holder { number: 1, owner: 0 };
    assert!(locks.take_all(first).is_some());
    set(limits::LOCK_DESCRIPTIONS, libc::F_RDLCK).unwrap();
}
