//! Networks that translate IPv4 addresses (NAT64) by a prefix of their own: what is behind it counts.

use std::net::{IpAddr, UdpSocket};

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

/// Says a word to each, and gives it time to arrive.
const TELL: &str = r"
import socket, sys
for host in sys.argv[1:]:
    talk = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
    talk.settimeout(2)
    try:
        talk.connect((host, 5000))
        talk.send(host.encode())
        talk.recv(100)
    except OSError:
        pass
";

#[test]
fn a_rule_for_all_udp_does_not_open_what_a_networks_own_prefix_hides() {
    Machine::alone(|_machine| {
        let _names = NameServer::start(names("2001:db8:64::"));
        let server = UdpSocket::bind("[::]:5000").unwrap();
        server.set_nonblocking(true).unwrap();
        let heard = || {
            let mut buffer = [0; 100];
            let length = server.recv(&mut buffer).ok()?;
            Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
        };
        let world = World::new();
        world.write("tell.py", TELL);
        let options = ["--non-interactive", "--allow-domain", "*:5000/udp"];
        let near = "local.test meta.test 2001:db8:64::a01:203 2001:db8:64::a9fe:a9fe";
        world.sh(&options, &format!("python3 tell.py {near}")).succeeded();
        assert_eq!(heard(), None);
        world.sh(&options, "python3 tell.py public.test").succeeded();
        assert_eq!(heard().as_deref(), Some("public.test"));
    });
}
