//! UDP by rule is no way round the walls: to whom datagrams go, whose come back, and how many (threats 27, 28 and 43).

use std::collections::HashSet;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

use askbox_tests::machine::{OTHER_PUBLIC, OWN, PRIVATE, PUBLIC};
use askbox_tests::server::Server;
use askbox_tests::{Machine, Running, World};

use super::{allowing, outside, usual_names, was_denied};

/// Sends a word to HOST PORT and prints every answer that comes within a second, by its words.
const ASK: &str = r"
import socket, sys
family, _, _, _, address = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), type=socket.SOCK_DGRAM)[0]
s = socket.socket(family, socket.SOCK_DGRAM)
s.settimeout(1)
heard = []
try:
    s.sendto(b'hello', address)
    while True:
        heard.append(s.recv(100).decode())
except OSError as error:
    pass
print(*sorted(heard))
";

/// As many sockets as it is told, with a word each; prints how many were answered, and keeps them until it is told to end.
const MANY: &str = r"
import select, socket, sys
talks = []
for _ in range(int(sys.argv[1])):
    talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talk.connect(('ok.test', 5000))
    talk.send(b'hello')
    talks.append(talk)
heard = 0
while ready := select.select(talks, [], [], 3)[0]:
    for talk in ready:
        talk.recv(100)
        heard += 1
print('heard', heard, flush=True)
sys.stdin.read()
";

/// Answers every datagram with its own bytes; who sent any.
fn echo(address: &str) -> Arc<Mutex<HashSet<SocketAddr>>> {
    let socket = UdpSocket::bind(address).unwrap();
    let peers = Arc::new(Mutex::new(HashSet::new()));
    let heard = Arc::clone(&peers);
    std::thread::spawn(move || {
        let mut buffer = [0; 100];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            heard.lock().unwrap().insert(from);
            drop(socket.send_to(&buffer[..length], from));
        }
    });
    peers
}

#[test]
fn an_answer_from_elsewhere_reaches_nobody() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("ask.py", ASK);
        let bind = |address: &str, port: u16| UdpSocket::bind((address, port)).unwrap();
        let asked = bind(PUBLIC, 5000);
        let others = [
            (bind(PUBLIC, 5001), "port"),
            (bind(OTHER_PUBLIC, 5000), "address"),
            (bind(OWN, 5000), "own"),
        ];
        std::thread::spawn(move || {
            let mut buffer = [0; 100];
            while let Ok((_, from)) = asked.recv_from(&mut buffer) {
                for (other, word) in &others {
                    other.send_to(word.as_bytes(), from).unwrap();
                }
                asked.send_to(b"answer", from).unwrap();
            }
        });
        let ask = "python3 ask.py ok.test 5000";
        assert_eq!(outside(&world, ask).stdout, "address answer own port\n");
        let inside = world.sh(&allowing(&["ok.test:5000/udp"]), ask);
        assert_eq!(inside.succeeded().stdout, "answer\n");
        // Nor where rules allow whoever forged it.
        let inside = world.sh(&allowing(&["*:1-65535/udp"]), ask);
        assert_eq!(inside.succeeded().stdout, "answer\n");
    });
}

#[test]
fn a_rule_for_everything_leads_to_nothing_near() {
    Machine::alone(|_| {
        let world = World::new();
        world.write("ask.py", ASK);
        // Where a program sends to, where that arrives, and what it is.
        for (address, bound, what) in [
            (OWN, OWN, "own address"),
            (PRIVATE, PRIVATE, "udp"),
            ("169.254.169.254", "169.254.169.254", "udp"),
            ("100.100.100.200", "100.100.100.200", "udp"),
            ("::ffff:10.1.2.4", "10.1.2.4", "udp"),
            ("64:ff9b::a01:203", "[64:ff9b::a01:203]", "udp"),
            ("2002:a01:203::1", "[2002:a01:203::1]", "udp"),
            ("fd00:ec2::254", "[fd00:ec2::254]", "udp"),
        ] {
            let peers = echo(&format!("{bound}:5000"));
            let ask = format!("python3 ask.py {address} 5000");
            assert_eq!(outside(&world, &ask).stdout, "hello\n", "{address}");
            assert_eq!(peers.lock().unwrap().len(), 1);
            let inside = world.sh(&allowing(&["*:1-65535/udp"]), &ask);
            assert_eq!(inside.succeeded().stdout, "\n", "{address}");
            assert_eq!(peers.lock().unwrap().len(), 1, "{address}");
            assert!(
                was_denied(&world, &format!("{bound}:5000/udp"), what),
                "{address}"
            );
            // What names the address opens it.
            let inside = world.sh(&allowing(&[&format!("{bound}:5000/udp")]), &ask);
            assert_eq!(inside.succeeded().stdout, "hello\n", "{address}");
        }
    });
}

#[test]
fn the_loopback_stays_the_sessions_own_and_what_carries_datagrams_cannot_be_spoken_with() {
    Machine::alone(|_| {
        let world = World::new();
        world.write("ask.py", ASK);
        let rules = allowing(&["127.0.0.1:5000/udp", "*:1-65535/udp"]);
        let peers = [
            echo("127.0.0.1:5000"),
            echo("127.0.0.1:10081"),
            echo("[::1]:5000"),
        ];
        for (place, port) in [("127.0.0.1", 5000), ("127.0.0.1", 10081), ("::1", 5000)] {
            let ask = format!("python3 ask.py {place} {port}");
            assert_eq!(outside(&world, &ask).stdout, "hello\n");
            assert_eq!(world.sh(&rules, &ask).succeeded().stdout, "\n");
        }
        assert!(was_denied(&world, "127.0.0.1:10081/udp", "own listener"));
        for peers in peers {
            assert_eq!(peers.lock().unwrap().len(), 1);
        }
        // Whoever held its place would see what others send.
        let bind = |port: u16| {
            format!(
                "python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1);
s.bind((\"127.0.0.1\", {port}))'"
            )
        };
        world.sh(&rules, &bind(10081)).failed();
        world.sh(&rules, &bind(10082)).succeeded();
    });
}

#[test]
fn many_flows_leave_room_for_others() {
    const MOST: usize = 256;
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("ask.py", ASK);
        world.write("many.py", MANY);
        let peers = echo("0.0.0.0:5000");
        let server = Server::http_at("0.0.0.0:80", "reached");
        let options = allowing(&["ok.test", "ok.test:5000/udp"]);
        let words = [&["run"], &options[..], &["--", "sh", "-c"]].concat();
        let script = "python3 many.py 400 && curl -sS http://ok.test/";
        let mut command = world.askbox(&[&words[..], &[script]].concat());
        command.stdin(std::process::Stdio::piped());
        let flood = Running::start(command);
        world.eventually("all that may be there are", || {
            MOST <= peers.lock().unwrap().len()
        });
        // Another session beside it has its own.
        let other = world.sh(
            &options,
            "python3 ask.py ok.test 5000 && curl -sS http://ok.test/",
        );
        assert_eq!(other.succeeded().stdout, "hello\nreached");
        let flood = flood.finish();
        assert_eq!(flood.succeeded().stdout, format!("heard {MOST}\nreached"));
        assert_eq!(peers.lock().unwrap().len(), MOST + 1);
        // What had no room is in the log: that there is none, and how much of it.
        let log = world.log();
        let dropped: Vec<usize> = log
            .iter()
            .filter(|event| event["action"] == "full")
            .filter_map(|event| {
                event["detail"]
                    .as_str()?
                    .split_once("flow of datagrams; dropped: ")
            })
            .map(|(_, number)| number.parse().unwrap())
            .collect();
        assert_eq!(dropped.iter().sum::<usize>(), 400 - MOST, "{dropped:?}");
        assert!(dropped.len() <= 3, "{dropped:?}");
        drop(server);
    });
}
