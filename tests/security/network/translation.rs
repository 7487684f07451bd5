//! Networks that translate IPv4 addresses (NAT64) by a prefix of their own: what is behind it counts.

use std::net::IpAddr;

use askbox_tests::server::Server;
use askbox_tests::{Machine, NameServer, World};

use super::{allowing, was_denied};

/// What an address of the translated network means; the machine leads all of `2001:db8::/32` to its own servers.
fn names(prefix: &'static str) -> impl Fn(&str, usize) -> Vec<IpAddr> + Send + 'static {
    move |name, _| {
        let v4 = match name {
            "ipv4only.arpa" => "c000:aa",
            // 203.0.113.5, 10.1.2.3 and 169.254.169.254.
            "public.test" => "cb00:7105",
            "local.test" => "a01:203",
            "meta.test" => "a9fe:a9fe",
            _ => return Vec::new(),
        };
        vec![format!("{prefix}{v4}").parse().unwrap()]
    }
}

#[test]
fn behind_a_networks_own_prefix_the_local_network_is_still_the_local_network() {
    Machine::alone(|_machine| {
        let _names = NameServer::start(names("2001:db8:64::"));
        let server = Server::http_at("[::]:8080", "reached");
        let world = World::new();
        let options = allowing(&["*.test"]);
        for (name, target, words) in [
            (
                "local.test",
                "local.test:8080 at 2001:db8:64::a01:203",
                "non-interactive",
            ),
            ("meta.test", "meta.test:8080", "cloud metadata service"),
        ] {
            world
                .sh(&options, &format!("curl -fsS --max-time 30 http://{name}:8080/"))
                .failed();
            assert!(was_denied(&world, target, words), "{:#?}", world.log());
        }
        assert_eq!(server.connections(), 0);
        let finished = world.sh(&options, "curl -fsS http://public.test:8080/");
        assert_eq!(finished.succeeded().stdout, "reached");
    });
}
