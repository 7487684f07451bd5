use super::*;

const HEAD: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

fn hex(address: [u8; 4]) -> String {
    format!("{:08X}", u32::from_ne_bytes(address))
}

#[test]
fn only_a_route_of_its_own_counts() {
    let table = [
        ([0, 0, 0, 0], [0, 0, 0, 0], false),
        ([10, 0, 0, 0], [255, 0, 0, 0], false),
        ([128, 0, 0, 0], [128, 0, 0, 0], false),
        ([198, 18, 0, 0], [255, 254, 0, 0], true),
        ([198, 18, 0, 0], [255, 255, 255, 252], true),
        ([198, 19, 0, 0], [255, 255, 0, 0], true),
        ([198, 16, 0, 0], [255, 252, 0, 0], true),
        ([198, 20, 0, 0], [255, 254, 0, 0], false),
    ];
    for (destination, mask, expected) in table {
        let line = format!(
            "{HEAD}tun0\t{}\t00000000\t0001\t0\t0\t0\t{}\t0\t0\t0\n",
            hex(destination),
            hex(mask)
        );
        assert_eq!(routes_range(&line), expected, "{destination:?} {mask:?}");
    }
    assert!(!routes_range(""));
    assert!(!routes_range(&format!("{HEAD}nonsense\n")));
}

#[test]
fn loopback_is_an_own_address() {
    assert!(look().unwrap().own.contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)));
}
