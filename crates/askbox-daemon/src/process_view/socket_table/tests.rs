use super::*;

/// Loopback port 8080: a listener, an accepted side, two clients from one port, one that waits out its time, one that is
/// nobody's any more.
const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 0 20 4 30 10 -1
   3: 0100007F:C350 0100007F:1F91 01 00000000:00000000 00:00000000 00000000  1000        0 14 1 0 20 4 30 10 -1
   4: 0100007F:C351 0100007F:1F90 06 00000000:00000000 03:000013A0 00000000     0        0 0 3 0
   5: 0100007F:C352 0100007F:1F90 04 00000000:00000000 00:00000000 00000000  1000        0 0 1 0
   6: 0100007F:C353 01000";

fn check(client: &str, expected: &[u64]) {
    let mut found = Vec::new();
    find_in(TABLE.as_bytes(), client.as_bytes(), &mut found);
    assert_eq!(found, expected, "{client}");
}

#[test]
fn a_client_is_found_by_its_own_address_alone() {
    check("0100007F:C350", &[13, 14]);
    check("0100007F:1F91", &[]);
    check("0200007F:C350", &[]);
    check("00007F:C350", &[]);
}

#[test]
fn what_nobody_holds_is_not_found() {
    check("0100007F:C351", &[]);
    check("0100007F:C352", &[]);
    check("0100007F:C353", &[]);
}

#[cfg(target_endian = "little")]
#[test]
fn addresses_are_written_as_the_kernel_does() {
    assert_eq!(words(&[127, 0, 0, 1], 8080), "0100007F:1F90");
    assert_eq!(
        ipv6(Ipv6Addr::LOCALHOST, 80),
        "00000000000000000000000001000000:0050"
    );
    assert_eq!(
        ipv6("::ffff:127.0.0.1".parse().unwrap(), 80),
        "0000000000000000FFFF00000100007F:0050"
    );
}
