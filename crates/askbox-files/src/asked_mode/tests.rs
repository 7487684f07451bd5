use super::*;

#[track_caller]
fn check(mode: u32, kind: SFlag, expected: Result<u32, Errno>) {
    let found = AskedMode::parse(mode, kind).map(AskedMode::bits);
    assert_eq!(found, expected, "{mode:o} of {kind:?}");
}

#[test]
fn nobody_gets_to_act_as_the_user_and_all_else_is_as_asked() {
    for mode in [0, 0o444, 0o644, 0o755, 0o777, 0o1777] {
        for kind in [SFlag::S_IFREG, SFlag::S_IFDIR, SFlag::S_IFSOCK] {
            check(mode, kind, Ok(mode));
            // The kernel sends the type along.
            check(mode | kind.bits(), kind, Ok(mode));
            check(mode | 0o4000, kind, Err(Errno::EPERM));
            check(mode | 0o6000, kind, Err(Errno::EPERM));
        }
        check(mode | 0o2000, SFlag::S_IFREG, Err(Errno::EPERM));
        check(mode | 0o2000, SFlag::S_IFDIR, Ok(mode | 0o2000));
    }
}
