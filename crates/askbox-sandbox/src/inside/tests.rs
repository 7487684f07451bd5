use super::*;

#[test]
fn what_is_wanted_survives_its_way_and_is_always_on_the_loopback() {
    let table = [
        Wanted::Socket(Ipv4Addr::LOCALHOST.into()),
        Wanted::Socket(Ipv6Addr::LOCALHOST.into()),
        Wanted::Listener((Ipv4Addr::LOCALHOST, 5432).into()),
        Wanted::Listener((Ipv6Addr::LOCALHOST, 65_535).into()),
    ];
    for wanted in table {
        assert_eq!(Wanted::read(wanted.bytes()), Some(wanted));
    }
    assert_eq!(Wanted::read([2, 0, 0, 80]), None);
    assert_eq!(Wanted::read([0, 2, 0, 80]), None);
}
