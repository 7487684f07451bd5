//! UDP by rule: datagrams to a host and a port that a rule names, and to nothing else.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use askbox_tests::machine::{OTHER_PUBLIC, OWN, PRIVATE, PUBLIC};
use askbox_tests::{Finished, Machine, NameServer, Running, Terminal, World};
use serde_json::Value;

mod cuts;

/// Sends each word to HOST PORT and prints what comes back and from where, or why nothing does; by one socket.
const ASK: &str = r"
import socket, sys
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
talk = socket.socket(family, socket.SOCK_DGRAM)
talk.settimeout(3)
for host in sys.argv[1].split(','):
    port = int(sys.argv[2])
    address = socket.getaddrinfo(host, port, family, socket.SOCK_DGRAM)[0][4]
    try:
        talk.sendto(b'from ' + host.encode(), address)
        answer, sender = talk.recvfrom(65535)
        print(answer.decode(), sender[:2] == address[:2])
    except PermissionError:
        print(host, 'refused')
    except TimeoutError:
        print(host, 'silent')
";

/// Eight sockets, with nothing, little, and what takes many packets, one after the other, since nobody sends again what has no
/// room; prints how many hear their own words.
const MANY: &str = r"
import socket
talks, heard = [], 0
for number in range(8):
    talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talk.connect(('ok.test', 5000))
    talk.settimeout(3)
    words = bytes([number]) * [0, 1, 8192, 60000][number % 4]
    talk.send(words)
    heard += talk.recv(65535) == b'back: ' + words
    talks.append(talk)
print(heard)
";

/// Sends a word every tenth of a second until one comes back.
const UNTIL_HEARD: &str = r"
import socket
talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
talk.connect(('ok.test', 5000))
talk.settimeout(0.1)
for _ in range(100):
    talk.send(b'word')
    open('sent', 'w').close()
    try:
        print(talk.recv(100).decode())
        break
    except TimeoutError:
        pass
";

/// Answers every datagram with `back: ` before it.
struct Echo(Arc<AtomicUsize>);

impl Echo {
    fn start(address: &str) -> Self {
        let socket = UdpSocket::bind(address).unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let heard = Arc::clone(&count);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_535];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                heard.fetch_add(1, Ordering::SeqCst);
                let answer = [b"back: ", &buffer[..length]].concat();
                drop(socket.send_to(&answer, from));
            }
        });
        Self(count)
    }

    fn heard(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn names(machine: &Machine) {
    machine.hosts(&[
        ("ok.test", PUBLIC),
        ("other.test", OTHER_PUBLIC),
        ("lan.test", PRIVATE),
        ("self.test", "127.0.0.1"),
        ("own.test", OWN),
        ("metadata.test", "169.254.169.254"),
    ]);
}

/// A session with these rules that sends to these hosts at a port.
fn ask(world: &World, allow: &[&str], hosts: &str, port: u16) -> Finished {
    world.write("ask.py", ASK);
    let mut options = vec!["--non-interactive"];
    for pattern in allow {
        options.extend(["--allow-domain", pattern]);
    }
    world.sh(&options, &format!("python3 ask.py {hosts} {port}"))
}

/// The events about a target: verdict and reason, or bytes in and out.
fn events(world: &World, target: &str) -> Vec<Value> {
    let log = world.log().into_iter();
    log.filter(|event| event["target"] == target).collect()
}

fn was_denied(world: &World, target: &str, words: &str) -> bool {
    let mut events = events(world, target).into_iter();
    events.any(|event| event["verdict"] == "deny" && event["by"].as_str().unwrap().contains(words))
}

#[test]
fn datagrams_go_where_a_rule_says_and_nowhere_else() {
    Machine::alone(|machine| {
        names(machine);
        let echo = Echo::start("0.0.0.0:5000");
        let world = World::new();
        // Without a rule for UDP nothing changes, whatever TCP may.
        let refused = ask(&world, &["ok.test"], "ok.test", 5000);
        assert_eq!(refused.succeeded().stdout, "ok.test refused\n");
        let there = ask(&world, &["ok.test:5000/udp"], "ok.test", 5000);
        assert_eq!(there.succeeded().stdout, "back: from ok.test True\n");
        assert_eq!(echo.heard(), 1);
        // Another port is refused at once, another host is not answered.
        let port = ask(&world, &["ok.test:5000/udp"], "ok.test", 5001);
        assert_eq!(port.succeeded().stdout, "ok.test refused\n");
        let host = ask(&world, &["ok.test:5000/udp"], "other.test", 5000);
        assert_eq!(host.succeeded().stdout, "other.test silent\n");
        assert!(was_denied(&world, "other.test:5000/udp", "udp"));
        // A question about the host, which nobody can be asked, is a denial of its UDP.
        world.ok(&["rules", "add", "allow", "network", "*:5000/udp"]);
        world.ok(&["rules", "add", "ask", "network", "other.test"]);
        let asked = ask(&world, &[], "other.test", 5000);
        assert_eq!(asked.succeeded().stdout, "other.test silent\n");
        assert!(was_denied(
            &world,
            "other.test:5000/udp",
            "nobody can be asked about UDP"
        ));
        // A denial without `/udp` means all that the host is spoken with.
        let options = ["--allow-domain", "*:5000/udp", "--block-domain", "other.test"];
        let words = [
            &["run", "--non-interactive"][..],
            &options,
            &["--", "python3", "ask.py", "other.test", "5000"],
        ]
        .concat();
        let blocked = Running::start(world.askbox(&words)).finish();
        assert_eq!(blocked.stdout, "other.test silent\n", "{blocked:?}");
        assert_eq!(echo.heard(), 1);
        let events = events(&world, "ok.test:5000/udp");
        let carried = events.iter().find(|event| event["kind"] == "traffic").unwrap();
        assert_eq!(
            (&carried["bytes_in"], &carried["bytes_out"]),
            (&18.into(), &12.into())
        );
        assert!(
            carried["process"]["exe"].as_str().unwrap().contains("python3"),
            "{carried}"
        );
        // TCP to the same port asks as ever.
        let tcp = world.sh(
            &["--non-interactive", "--allow-domain", "ok.test:5000/udp"],
            "curl -sS -m5 http://ok.test:5000/",
        );
        assert!(tcp.stdout.contains("denied"), "{tcp:?}");
        assert!(was_denied(&world, "ok.test:5000", "non-interactive"));
    });
}

#[test]
fn a_socket_that_speaks_with_two_hosts_hears_each_by_its_own_address() {
    Machine::alone(|machine| {
        names(machine);
        let _echo = Echo::start("0.0.0.0:5000");
        let world = World::new();
        let both = ask(&world, &["**.test:5000/udp"], "ok.test,other.test,ok.test", 5000);
        assert_eq!(
            both.succeeded().stdout,
            "back: from ok.test True\nback: from other.test True\nback: from ok.test True\n"
        );
        // One of them alone is allowed: the other's words go nowhere, not to it either.
        let one = ask(&world, &["ok.test:5000/udp"], "ok.test,other.test,ok.test", 5000);
        assert_eq!(
            one.succeeded().stdout,
            "back: from ok.test True\nother.test silent\nback: from ok.test True\n"
        );
    });
}

#[test]
fn addresses_are_judged_as_those_of_connections() {
    Machine::alone(|machine| {
        names(machine);
        let echo = Echo::start("0.0.0.0:5000");
        let _six = Echo::start("[2001:db8::1]:5000");
        let world = World::new();
        for (host, words) in [
            ("lan.test", "on your local network (10.1.2.3)"),
            ("self.test", "127.0.0.1"),
            ("own.test", OWN),
            ("metadata.test", "169.254.169.254"),
        ] {
            let denied = ask(&world, &["**.test:5000/udp"], host, 5000);
            assert_eq!(denied.succeeded().stdout, format!("{host} silent\n"));
            assert!(was_denied(&world, &format!("{host}:5000/udp"), words), "{host}");
        }
        // `*` is no address that is not public.
        let denied = ask(&world, &["*:5000/udp"], PRIVATE, 5000);
        assert_eq!(denied.succeeded().stdout, format!("{PRIVATE} silent\n"));
        assert_eq!(echo.heard(), 0);
        // What names the address opens it, by itself and for a name.
        let there = ask(&world, &["10.1.2.3:5000/udp"], PRIVATE, 5000);
        assert_eq!(there.succeeded().stdout, format!("back: from {PRIVATE} True\n"));
        let there = ask(
            &world,
            &["lan.test:5000/udp", "10.1.2.3:5000/udp"],
            "lan.test",
            5000,
        );
        assert_eq!(there.succeeded().stdout, "back: from lan.test True\n");
        // So does a range, for what is on the local network alone.
        let in_range = [
            "lan.test:5000/udp",
            "self.test:5000/udp",
            "10.0.0.0/8:5000/udp",
            "127.0.0.0/8:5000/udp",
        ];
        let there = ask(&world, &in_range, "lan.test", 5000);
        assert_eq!(there.succeeded().stdout, "back: from lan.test True\n");
        let denied = ask(&world, &in_range, "self.test", 5000);
        assert_eq!(denied.succeeded().stdout, "self.test silent\n");
        // And an address given by hand.
        world.write("ask.py", ASK);
        let pinned = [
            "--non-interactive",
            "--allow-domain",
            "ok.test:5000/udp",
            "--resolve",
            "ok.test:5000:127.0.0.1",
        ];
        let there = world.sh(&pinned, "python3 ask.py ok.test 5000");
        assert_eq!(there.succeeded().stdout, "back: from ok.test True\n");
        let many = ask(&world, &["224.0.0.251:5000/udp"], "224.0.0.251", 5000);
        assert_eq!(many.succeeded().stdout, "224.0.0.251 silent\n");
        assert!(was_denied(&world, "224.0.0.251:5000/udp", "multicast"));
        let there = ask(&world, &["[2001:db8::1]:5000/udp"], "2001:db8::1", 5000);
        assert_eq!(there.succeeded().stdout, "back: from 2001:db8::1 True\n");
    });
}

#[test]
fn many_sockets_and_every_size_are_carried() {
    Machine::alone(|machine| {
        names(machine);
        let echo = Echo::start("0.0.0.0:5000");
        let world = World::new();
        world.write("many.py", MANY);
        let options = ["--non-interactive", "--allow-domain", "ok.test:5000/udp"];
        let many = world.sh(&options, "python3 many.py");
        assert_eq!(many.succeeded().stdout, "8\n");
        assert_eq!(echo.heard(), 8);
        let carried = events(&world, "ok.test:5000/udp").into_iter();
        assert_eq!(carried.filter(|event| event["kind"] == "traffic").count(), 8);
    });
}

#[test]
fn a_server_that_is_not_there_yet_is_reached_once_it_is() {
    Machine::alone(|machine| {
        names(machine);
        let world = World::new();
        world.write("until_heard.py", UNTIL_HEARD);
        let options = ["--non-interactive", "--allow-domain", "ok.test:5000/udp"];
        let running = world.start_sh(&options, "python3 until_heard.py");
        // Something was sent, and the machine says that nobody listens.
        world.eventually("a first word", || world.project().join("sent").exists());
        let _echo = Echo::start("0.0.0.0:5000");
        assert_eq!(running.finish().succeeded().stdout, "back: word\n");
    });
}

#[test]
fn names_are_asked_for_of_askbox_whatever_a_rule_says() {
    Machine::alone(|machine| {
        names(machine);
        let names = NameServer::start(|_name, _| vec![PUBLIC.parse().unwrap()]);
        let world = World::new();
        let script = format!("getent ahostsv4 secret.test; dig +short @{PUBLIC} secret.test");
        let asked = world.sh(&["--non-interactive", "--allow-domain", "*:1-65535/udp"], &script);
        let answers = asked.stdout.lines().filter(|line| line.starts_with("198.1"));
        assert!(1 < answers.count(), "{asked:?}");
        assert_eq!(names.all(), Vec::<String>::new());
    });
}

/// Sends words for more than a second, some hundred of them, and is not told that nobody hears.
const INTO_THE_VOID: &str = r"
import socket, time
talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
talk.connect(('gone.test', 5000))
for _ in range(400):
    try:
        talk.send(b'word')
    except OSError:
        pass
    time.sleep(0.004)
";

#[test]
fn a_host_that_is_nowhere_is_tried_once_a_second_however_much_is_sent() {
    Machine::alone(|machine| {
        names(machine);
        let names = NameServer::start(|_name, _| Vec::new());
        let world = World::new();
        world.write("void.py", INTO_THE_VOID);
        let options = ["--non-interactive", "--allow-domain", "gone.test:5000/udp"];
        world.sh(&options, "python3 void.py").succeeded();
        assert!(0 < names.asked("gone.test"), "{:?}", names.all());
        let log = world.log();
        let tried = log.iter().filter(|event| {
            event["verdict"] == "allow"
                && event["target"]
                    .as_str()
                    .is_some_and(|target| target.starts_with("gone.test"))
        });
        assert!((1..10).contains(&tried.count()), "{log:#?}");
    });
}

#[test]
fn no_rule_opens_the_port_where_names_are_asked_for() {
    let world = World::new();
    let refused =
        Running::start(world.askbox(&["run", "--allow-domain", "ok.test:53/udp", "--", "true"])).finish();
    assert_eq!(refused.code, Some(125), "{refused:?}");
    assert!(refused.stderr.contains("port 53"), "{refused:?}");
}

#[test]
fn nobody_can_be_asked_about_udp() {
    let world = World::new();
    let words = ["rules", "add", "ask", "network", "ok.test:5000/udp"];
    let refused = Running::start(world.askbox(&words)).finish();
    assert_eq!(refused.code, Some(125), "{refused:?}");
    assert!(
        refused.stderr.contains("nobody can be asked about UDP"),
        "{refused:?}"
    );
    world.ok(&["rules", "add", "deny", "network", "ok.test:5000/udp"]);
    world.write_policy("[[rule]]\neffect = \"ask\"\nnetwork = \"ok.test:5000/udp\"\n");
    world.eventually("it is said of policy.toml", || {
        world.ok(&["status"]).contains("nobody can be asked about UDP")
    });
}

#[test]
fn no_proxy_carries_udp_and_that_is_said() {
    Machine::alone(|machine| {
        names(machine);
        let echo = Echo::start("0.0.0.0:5000");
        let world = World::new();
        world.write("ask.py", ASK);
        // The session's own, where connections cannot be captured.
        let words = |network: &'static str| {
            let options = ["run", "--network", network, "--non-interactive", "--allow-domain"];
            let command = [
                "ok.test:5000/udp",
                "--",
                "python3",
                "ask.py",
                "203.0.113.5",
                "5000",
            ];
            [&options[..], &command].concat()
        };
        let shown = |words: &[&str]| Terminal::start(&world.askbox(words)).finish().shown;
        let said = "rules for UDP open nothing in this session";
        let shown_once = shown(&words("proxy"));
        assert_eq!(shown_once.matches(said).count(), 1, "{shown_once}");
        assert!(shown_once.contains("203.0.113.5 refused"), "{shown_once}");
        let silent = ["run", "--network", "proxy", "--non-interactive", "--", "true"];
        assert!(!shown(&silent).contains(said));
        assert!(!shown(&words("capture")).contains(said));
        // And the one of an office.
        assert_eq!(echo.heard(), 0);
        let world = World::new();
        world.write_policy("[network]\nupstream_proxy = \"http://192.0.2.77:3128\"\n");
        let denied = ask(&world, &["ok.test:5000/udp"], "ok.test", 5000);
        assert_eq!(denied.succeeded().stdout, "ok.test silent\n");
        assert!(was_denied(&world, "ok.test:5000/udp", "it carries no UDP"));
        assert_eq!(echo.heard(), 0);
    });
}

#[test]
fn a_session_has_rules_for_sixty_four_ranges_and_says_when_there_are_more() {
    let world = World::new();
    let with = |ranges: u16| {
        let patterns: Vec<String> = (0..ranges)
            .map(|range| format!("ok.test:{}/udp", 5_000 + 2 * range))
            .collect();
        let mut words = vec!["run", "--non-interactive"];
        for pattern in &patterns {
            words.extend(["--allow-domain", pattern]);
        }
        words.extend(["--", "echo", "there"]);
        Running::start(world.askbox(&words)).finish()
    };
    assert_eq!(with(64).succeeded().stdout, "there\n");
    let refused = with(65);
    assert_eq!(refused.code, Some(125), "{refused:?}");
    assert!(
        refused.stderr.contains("more than 64 different ports"),
        "{refused:?}"
    );
}

#[test]
fn the_doctor_says_whether_the_kernel_tells_where_datagrams_go() {
    let world = World::new();
    let doctor = Running::start(world.askbox(&["doctor"])).finish();
    let said = "ok       UDP by rule: the kernel tells where datagrams go\n";
    assert!(doctor.stdout.contains(said), "{doctor:?}");
}

#[test]
fn the_kernel_remembers_a_flow_for_as_long_as_it_is_kept() {
    Machine::alone(|machine| {
        names(machine);
        let world = World::new();
        let script = "cat /proc/sys/net/netfilter/nf_conntrack_udp_timeout{,_stream}";
        let run = |options: &[&str]| world.sh(options, &format!("bash -c '{script}'"));
        let with = run(&["--non-interactive", "--allow-domain", "ok.test:5000/udp"]);
        assert_eq!(with.succeeded().stdout, "180\n180\n");
        assert_ne!(run(&["--non-interactive"]).stdout, with.stdout);
    });
}
