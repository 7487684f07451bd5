use super::*;

fn port(served_by: ServedBy, address: Option<&str>, port: u16, inside: u16) -> PortView {
    PortView {
        served_by,
        address: address.map(str::to_owned),
        port,
        inside,
    }
}

#[test]
fn a_port_says_who_is_reached_and_where() {
    let table = [
        (
            port(ServedBy::Host, None, 5432, 5432),
            "reaches 127.0.0.1:5432 of this machine",
        ),
        (
            port(ServedBy::Session, None, 8080, 3000),
            "is reached at 127.0.0.1:8080, its own port 3000",
        ),
        (
            port(ServedBy::Session, Some("::"), 3000, 3000),
            "is reached at [::]:3000, its own port 3000",
        ),
    ];
    for (port, text) in table {
        assert_eq!(describe(&port), text);
    }
    assert_eq!(render(&[]), "no port is shared\n");
}
