//! What is not TCP is rejected at once, and nothing inside can change that (threats 27, 40, 41 and 42).

use askbox_tests::server::Server;
use askbox_tests::{Machine, Running, World};

use super::{allowing, outside, usual_names, was_denied};

/// Sends a datagram to a host and prints what came of it, and whether that took more than a second.
const DATAGRAM: &str = r#"
import socket, sys, time
begin = time.monotonic()
kind, host, port = sys.argv[1:]
protocol = {"udp": socket.IPPROTO_UDP, "udplite": 136}[kind]
try:
    family, _, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
    s = socket.socket(family, socket.SOCK_DGRAM, protocol)
    s.settimeout(5)
    s.connect(address)
    s.send(b"hello")
    print("answer", s.recv(100).decode(), end=" ")
except OSError as error:
    print("error", error.errno, end=" ")
print("slow" if time.monotonic() - begin > 1 else "fast")
"#;

/// An echo server for datagrams on the loopback.
const ECHO: &str = r#"
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 4433))
print("ready", flush=True)
data, address = s.recvfrom(100)
s.sendto(data, address)
"#;

#[test]
fn udp_is_rejected_at_once_and_reaches_nobody() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("datagram.py", DATAGRAM);
        world.write("echo.py", ECHO);
        let got = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        for address in ["0.0.0.0:443", "[2001:db8::5]:443"] {
            let socket = std::net::UdpSocket::bind(address).unwrap();
            let got = got.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 100];
                while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    got.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    drop(socket.send_to(&buffer[..length], from));
                }
            });
        }
        let hosts = ["ok.test", "203.0.113.5", "10.1.2.3", "2001:db8::5"];
        for host in hosts {
            let send = format!("python3 datagram.py udp {host} 443");
            assert_eq!(
                outside(&world, &send).succeeded().stdout,
                "answer hello fast\n",
                "{host}"
            );
            let inside = world.sh(
                &allowing(&["*", "10.0.0.0/8", "203.0.113.0/24", "2001:db8::/32"]),
                &send,
            );
            assert!(
                inside.succeeded().stdout.starts_with("error") && inside.stdout.ends_with("fast\n"),
                "{host}: {inside:?}"
            );
        }
        assert_eq!(got.load(std::sync::atomic::Ordering::SeqCst), hosts.len());
        // The same program may talk to the sandbox's own loopback.
        let own = world.sh(
            &["--non-interactive"],
            "python3 echo.py | { read ready; python3 datagram.py udp 127.0.0.1 4433; }",
        );
        assert_eq!(own.stdout, "answer hello fast\n", "{own:?}");
    });
}

/// Sends many datagrams as fast as it can to one host, says how many were refused, and waits.
const FLOOD: &str = r#"
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def send(host):
    try:
        s.sendto(b"x", (host, 443))
    except PermissionError:
        return 1
    return 0
print("refused", sum(send("203.0.113.5") for _ in range(20000)), flush=True)
sys.stdin.read()
"#;

#[test]
fn what_is_rejected_is_an_event_for_each_destination() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("datagram.py", DATAGRAM);
        world.write("echo.py", ECHO);
        world.write("flood.py", FLOOD);
        let server = Server::http("hello");
        let sent = world.sh(
            &["--non-interactive", "--allow-domain", "ok.test", "--resolve", &server.pin("ok.test")],
            &format!(
                "for host in ok.test denied.test 203.0.113.5 2001:db8::5; do python3 datagram.py udp $host 443; done
                python3 echo.py | {{ read ready; python3 datagram.py udp 127.0.0.1 4433; }}
                curl -sS http://ok.test:{}/",
                server.port()
            ),
        );
        assert!(sent.succeeded().stdout.ends_with("hello"), "{sent:?}");
        for target in [
            "ok.test:443/udp",
            "denied.test:443/udp",
            "203.0.113.5:443/udp",
            "[2001:db8::5]:443/udp",
        ] {
            world.eventually(target, || {
                was_denied(
                    &world,
                    target,
                    "no rule with /udp named the port when the session began",
                )
            });
        }
        // What went through is none, by TCP to the same host or on the loopback.
        let log = world.log();
        let denials: Vec<&str> = log
            .iter()
            .filter(|event| event["verdict"] == "deny")
            .filter_map(|event| event["target"].as_str())
            .collect();
        assert_eq!(denials.len(), 4, "{denials:?}");
        let mut command = world.askbox(&["run", "--non-interactive", "--", "python3", "flood.py"]);
        command.stdin(std::process::Stdio::piped());
        let flood = Running::start(command);
        let denials = || denials_of_last_session(&world);
        world.eventually("the flood is an event that names its program", || {
            let exe = denials().first().map(|event| event["process"]["exe"].to_string());
            exe.is_some_and(|exe| exe.contains("python3"))
        });
        let flood = flood.finish();
        assert_eq!(flood.stdout, "refused 20000\n", "{flood:?}");
        // The first, and how many more were told of.
        let events = denials();
        assert!(events.len() <= 2, "{events:#?}");
    });
}

/// The denials of the session that started last.
fn denials_of_last_session(world: &World) -> Vec<serde_json::Value> {
    let log = world.log();
    let started = log
        .iter()
        .rfind(|event| event["kind"] == "session" && event["action"] == "started");
    let session = started.unwrap()["session"].clone();
    log.into_iter()
        .filter(|event| event["session"] == session && event["verdict"] == "deny")
        .collect()
}

#[test]
fn icmp_and_raw_sockets_are_refused() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        // Raw sockets need privileges, which an ordinary user has in a namespace of its own.
        let privileged = "unshare --user --map-root-user --net";
        let raw = |kind: &str| format!("python3 -c 'import socket; socket.socket(socket.{kind})'");
        for kind in [
            "AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP",
            "AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW",
            "AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP",
            "AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6",
            "AF_PACKET, socket.SOCK_RAW",
            "AF_PACKET, socket.SOCK_DGRAM",
        ] {
            outside(&world, &format!("{privileged} {}", raw(kind))).succeeded();
            world.sh(&allowing(&["*"]), &raw(kind)).failed();
            world
                .sh(&allowing(&["*"]), &format!("{privileged} {}", raw(kind)))
                .failed();
        }
        for host in ["ok.test", "203.0.113.5"] {
            let ping = format!("ping -c1 -W2 {host}");
            outside(&world, &ping).succeeded();
            world.sh(&allowing(&["*", "203.0.113.0/24"]), &ping).failed();
        }
        world
            .sh(
                &["--non-interactive"],
                "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM); socket.socket(socket.AF_INET6)'",
            )
            .succeeded();
    });
}

#[test]
fn other_transports_reach_nobody() {
    // SCTP, DCCP, UDP-Lite, MPTCP and multicast: some kernels have some of them. Whatever can be opened must not get out.
    const TRY: &str = r#"
import socket, sys
host = sys.argv[1]
for kind, protocol in [(socket.SOCK_STREAM, 132), (socket.SOCK_SEQPACKET, 132), (6, 33), (socket.SOCK_DGRAM, 136), (socket.SOCK_DGRAM, 17)]:
    try:
        s = socket.socket(socket.AF_INET, kind, protocol)
        s.settimeout(2)
        s.connect((host, 4444))
        s.send(b"hello")
        s.send(b"hello")
        s.recv(100)
        print("connected", protocol)
    except OSError as error:
        print("error", protocol, error.errno)
"#;
    Machine::alone(|_| {
        let world = World::new();
        world.write("try.py", TRY);
        let socket = std::net::UdpSocket::bind("0.0.0.0:4444").unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 100];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                drop(socket.send_to(&buffer[..length], from));
            }
        });
        let run = "python3 try.py 203.0.113.5";
        assert!(outside(&world, run).stdout.contains("connected 17"));
        let inside = world.sh(&allowing(&["203.0.113.5"]), run);
        assert!(!inside.succeeded().stdout.contains("connected"), "{inside:?}");
    });
}

#[test]
fn the_network_rules_cannot_be_changed_from_inside() {
    const ATTACKS: &[&str] = &[
        "nft flush ruleset",
        "nft delete table inet askbox",
        "ip link add veth7 type veth",
        "ip link set lo down",
        "ip address add 198.51.100.1/32 dev lo",
        "ip route add 198.51.100.0/24 dev lo",
        "ip rule add from all lookup 7",
        "ip netns add other",
        "ip tuntap add tun0 mode tun",
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        "echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start",
    ];
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:80", "hello");
        let privileged = "unshare --user --map-root-user --net --mount sh -c";
        for attack in [
            "nft flush ruleset",
            "ip link add veth7 type veth",
            "ip link set lo up",
        ] {
            outside(&world, &format!("{privileged} '{attack}'")).succeeded();
        }
        let script: String = ATTACKS
            .iter()
            .flat_map(|attack| {
                [
                    format!("( {attack} ) 2>/dev/null && echo did: '{attack}'\n"),
                    format!("( {privileged} '{attack}' ) 2>/dev/null && echo unshared: '{attack}'\n"),
                ]
            })
            .collect();
        let after = "curl -sS --fail http://denied.test/ && echo escaped; curl -sS --fail http://ok.test/";
        let finished = world.sh(&allowing(&["ok.test"]), &format!("{script}{after}"));
        assert_eq!(finished.succeeded().stdout, "hello");
        assert_eq!(server.connections(), 1);
        assert!(world.has_logged("denied.test:80", "deny"));
    });
}

#[test]
fn where_no_network_namespace_can_be_made_nothing_starts() {
    Machine::prepared("echo 0 > /proc/sys/user/max_net_namespaces", |_| {
        refuses("user.max_net_namespaces");
    });
}

#[test]
fn where_no_user_namespace_can_be_made_nothing_starts() {
    // One is left for the ordinary user that the test runs as.
    Machine::prepared("echo 1 > /proc/sys/user/max_user_namespaces", |_| {
        refuses("user.max_user_namespaces");
    });
}

#[test]
fn where_no_mount_namespace_can_be_made_nothing_starts() {
    Machine::prepared("echo 0 > /proc/sys/user/max_mnt_namespaces", |_| {
        refuses("user.max_mnt_namespaces");
    });
}

/// Nothing starts, and who asks for the reason is told the setting that forbids it, and how to change it.
fn refuses(setting: &str) {
    let world = World::new();
    let finished = world.sh(&["--non-interactive"], "echo started > started.txt");
    assert_eq!(finished.code, Some(125), "{finished:?}");
    assert!(
        finished.stderr.contains("cannot make namespaces")
            && finished.stderr.contains("hint: `askbox doctor`"),
        "{finished:?}"
    );
    let doctor = Running::start(world.askbox(&["doctor"])).finish();
    assert!(
        doctor.stdout.contains("cause: ") && doctor.stdout.contains(&format!("{setting}=15000")),
        "{doctor:?}"
    );
    assert!(!world.project().join("started.txt").exists());
    // The same program runs outside.
    outside(&world, "echo started > started.txt").succeeded();
    assert!(world.project().join("started.txt").exists());
}

#[test]
fn the_loopback_inside_is_the_sandboxs_own_in_both_directions() {
    Machine::alone(|_| {
        let world = World::new();
        let server = Server::http_at("127.0.0.1:8080", "outside");
        let v6 = Server::http_at("[::1]:8080", "outside");
        for host in ["127.0.0.1", "[::1]"] {
            let fetch = format!("curl -g -sS --fail http://{host}:8080/");
            assert_eq!(outside(&world, &fetch).succeeded().stdout, "outside");
            world.sh(&allowing(&["*", "127.0.0.1", "::1"]), &fetch).failed();
        }
        assert_eq!((server.connections(), v6.connections()), (1, 1));
        // Programs of one sandbox reach each other there, and nobody outside reaches them.
        let serve = "echo inside > page; python3 -m http.server --bind 127.0.0.1 8090 2>/dev/null & \
            until curl -s http://127.0.0.1:8090/page; do :; done; touch up; read stop; kill $!";
        let mut command = world.askbox(&["run", "--non-interactive", "--", "sh", "-c", serve]);
        command.stdin(std::process::Stdio::piped());
        let mut running = Running::start(command);
        world.eventually("the server inside answers", || {
            world.project().join("up").exists()
        });
        let fetch = "curl -sS --fail http://127.0.0.1:8090/page";
        outside(&world, fetch).failed();
        world.sh(&["--non-interactive"], fetch).failed();
        running.type_in("stop\n");
        assert_eq!(running.finish().stdout, "inside\n");
    });
}
