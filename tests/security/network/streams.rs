//! What is allowed arrives, in any number and byte for byte (threats 43 and 44).

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex};

use askbox_tests::server::{Server, read_head};
use askbox_tests::{Machine, World};

use super::{allowing, outside, usual_names};

/// Opens connections, all at once or so many a second, and prints how many got an answer.
const MANY: &str = r#"
import asyncio, resource, sys
count, rate = int(sys.argv[1]), int(sys.argv[2])
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
async def one(number):
    if rate:
        await asyncio.sleep(number / rate)
    reader, writer = await asyncio.open_connection("ok.test", 7777)
    writer.write(b"\0hello")
    answer = await reader.readexactly(6)
    writer.close()
    return answer == b"\0hello"
async def main():
    results = await asyncio.gather(*(one(number) for number in range(count)), return_exceptions=True)
    print(sum(result is True for result in results), *{str(result) for result in results if result is not True})
asyncio.run(main())
"#;

#[test]
fn three_hundred_connections_at_once_are_all_served() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("many.py", MANY);
        // Nobody gets an answer before all are there.
        let arrived = Arc::new((Mutex::new(0), Condvar::new()));
        let _server = Server::listen("0.0.0.0:7777", move |mut stream| {
            let mut bytes = [0; 6];
            if stream.read_exact(&mut bytes).is_err() {
                return;
            }
            let (count, changed) = &*arrived;
            let mut count = count.lock().unwrap();
            *count += 1;
            changed.notify_all();
            drop(changed.wait_while(count, |count| *count % 300 != 0).unwrap());
            drop(stream.write_all(&bytes));
        });
        let attack = "python3 many.py 300 0";
        assert_eq!(outside(&world, attack).stdout, "300\n");
        let inside = world.sh(&allowing(&["ok.test:7777"]), attack);
        assert_eq!(inside.stdout, "300\n", "{inside:?}");
    });
}

#[test]
fn a_thousand_connections_a_second_are_all_served() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("many.py", MANY);
        let server = Server::listen("0.0.0.0:7777", |mut stream| {
            let mut bytes = [0; 6];
            drop(
                stream
                    .read_exact(&mut bytes)
                    .and_then(|()| stream.write_all(&bytes)),
            );
        });
        let inside = world.sh(&allowing(&["ok.test:7777"]), "python3 many.py 2000 1000");
        assert_eq!(inside.stdout, "2000\n", "{inside:?}");
        assert_eq!(server.connections(), 2000);
    });
}

/// 64 MiB up in one connection and down in another, with the checksums of both ends.
const LARGE: &str = r#"
import hashlib, socket, sys
size = 64 << 20
block = hashlib.sha512(b"askbox").digest() * 1024
if sys.argv[1] == "up":
    s, digest, left = socket.create_connection(("ok.test", 7777)), hashlib.sha256(), size
    s.sendall(b"U")
    while left:
        piece = block[left % 7:][:left]
        s.sendall(piece)
        digest.update(piece)
        left -= len(piece)
    s.shutdown(socket.SHUT_WR)
    assert s.makefile("rb").read().decode() == f"{size} " + digest.hexdigest()
else:
    s, digest, got = socket.create_connection(("ok.test", 7777)), hashlib.sha256(), 0
    s.sendall(b"D")
    s.shutdown(socket.SHUT_WR)
    received = s.makefile("rb")
    length = int(received.readline())
    expected = received.readline().strip().decode()
    while piece := received.read(1 << 16):
        digest.update(piece)
        got += len(piece)
    assert got == length == size and digest.hexdigest() == expected, (got, length)
"#;

/// The other end of [`LARGE`].
const LARGE_SERVER: &str = r#"
import hashlib, socketserver, os
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        kind, size = self.request.recv(1), 64 << 20
        if kind == b"U":
            digest, got = hashlib.sha256(), 0
            while piece := self.request.recv(1 << 16):
                digest.update(piece)
                got += len(piece)
            self.request.sendall(f"{got} {digest.hexdigest()}".encode())
        elif kind == b"D":
            block = os.urandom(1 << 20)
            data = [block[number:] + block[:number] for number in range(64)]
            digest = hashlib.sha256()
            for piece in data:
                digest.update(piece)
            self.request.sendall(f"{size}\n{digest.hexdigest()}\n".encode())
            for piece in data:
                self.request.sendall(piece)
socketserver.ThreadingTCPServer.daemon_threads = True
with socketserver.ThreadingTCPServer(("0.0.0.0", 7777), Handler) as server:
    open("ready", "w").close()
    server.serve_forever()
"#;

#[test]
fn sixty_four_mebibytes_arrive_unchanged_in_each_direction() {
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("large.py", LARGE);
        world.write("server.py", LARGE_SERVER);
        let mut command = world.host("python3");
        command.arg("server.py");
        let _server = askbox_tests::Running::start(command);
        world.eventually("the server listens", || world.project().join("ready").exists());
        for way in ["up", "down"] {
            let transfer = format!("python3 large.py {way}");
            outside(&world, &transfer).succeeded();
            world.sh(&["--non-interactive"], &transfer).failed();
            world.sh(&allowing(&["ok.test:7777"]), &transfer).succeeded();
        }
        let size = 64 << 20;
        let traffic = |key: &str| {
            world.log().iter().any(|event| {
                event["target"] == "ok.test:7777" && event[key].as_u64().is_some_and(|bytes| bytes >= size)
            })
        };
        assert!(traffic("bytes_out") && traffic("bytes_in"));
    });
}

#[test]
fn a_half_closed_connection_stays_half_closed() {
    // The program says all it has and ends its side; the answer comes only then.
    const HALF: &str = "python3 -c '
import socket
s = socket.create_connection((\"ok.test\", 7777))
s.sendall(b\"\\0one\")
s.shutdown(socket.SHUT_WR)
assert s.makefile(\"rb\").read() == b\"4 bytes\"
'";
    // The server has said all it has; the program goes on.
    const OTHER_HALF: &str = "python3 -c '
import socket
s = socket.create_connection((\"ok.test\", 7778))
assert s.makefile(\"rb\").read() == b\"banner\"
s.sendall(b\"\\0more\")
s.close()
'";
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let _first = Server::listen("0.0.0.0:7777", |mut stream| {
            let mut all = Vec::new();
            drop(stream.read_to_end(&mut all));
            drop(write!(stream, "{} bytes", all.len()));
        });
        let (heard, rest) = std::sync::mpsc::channel();
        let heard = Mutex::new(heard);
        let _second = Server::listen("0.0.0.0:7778", move |mut stream| {
            drop(stream.write_all(b"banner"));
            drop(stream.shutdown(Shutdown::Write));
            let mut all = Vec::new();
            drop(stream.read_to_end(&mut all));
            heard.lock().unwrap().send(all).unwrap();
        });
        outside(&world, HALF).succeeded();
        outside(&world, OTHER_HALF).succeeded();
        assert_eq!(rest.recv().unwrap(), b"\0more");
        world.sh(&allowing(&["ok.test"]), HALF).succeeded();
        world.sh(&allowing(&["ok.test"]), OTHER_HALF).succeeded();
        assert_eq!(rest.recv().unwrap(), b"\0more");
    });
}

#[test]
fn a_server_that_speaks_first_is_heard_first() {
    const GREET: &str = "python3 -c '
import socket
s = socket.create_connection((\"ok.test\", 22))
assert s.recv(100) == b\"SSH-2.0-server\\r\\n\"
s.sendall(b\"SSH-2.0-client\\r\\n\")
assert s.recv(100) == b\"SSH-2.0-client\\r\\n\"
'";
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        let server = Server::listen("0.0.0.0:22", |mut stream| {
            drop(stream.write_all(b"SSH-2.0-server\r\n"));
            let mut back = stream.try_clone().unwrap();
            drop(std::io::copy(&mut stream, &mut back));
        });
        outside(&world, GREET).succeeded();
        world.sh(&["--non-interactive"], GREET).failed();
        assert_eq!(server.connections(), 1);
        world.sh(&allowing(&["ok.test:22"]), GREET).succeeded();
    });
}

#[test]
fn a_websocket_carries_frames_both_ways() {
    const SOCKET: &str = r#"
import os, socket
s = socket.create_connection(("ok.test", 80))
s.sendall(b"GET /chat HTTP/1.1\r\nHost: ok.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
received = s.makefile("rb")
assert received.readline().startswith(b"HTTP/1.1 101")
while received.readline() != b"\r\n":
    pass
assert received.read(7) == b"\x82\x05hello"
for length in [1, 125, 60000]:
    data, mask = os.urandom(length), os.urandom(4)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    s.sendall(b"\x82" + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))
    head = received.read(2)
    got = int.from_bytes(received.read(2), "big") if head[1] == 126 else head[1]
    assert got == length and received.read(length) == data
s.close()
"#;
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("talk.py", SOCKET);
        let server = Server::listen("0.0.0.0:80", |mut stream| {
            if !read_head(&mut stream).contains("Upgrade: websocket") {
                return;
            }
            // The first frame comes in one piece with the answer.
            drop(stream.write_all(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x82\x05hello",
            ));
            while let Ok(data) = frame(&mut stream) {
                let length = u16::try_from(data.len()).unwrap();
                let mut answer = vec![0x82];
                if length < 126 {
                    answer.push(u8::try_from(length).unwrap());
                } else {
                    answer.push(126);
                    answer.extend(length.to_be_bytes());
                }
                answer.extend(data);
                drop(stream.write_all(&answer));
            }
        });
        let talk = "python3 talk.py";
        outside(&world, talk).succeeded();
        world.sh(&["--non-interactive"], talk).failed();
        assert_eq!(server.connections(), 1);
        world.sh(&allowing(&["ok.test"]), talk).succeeded();
    });
}

#[test]
fn threat_36_no_connection_becomes_one_of_requests_that_nobody_reads() {
    const OFFER: &str = r#"
import socket
s = socket.create_connection(("ok.test", 80))
s.sendall(b"GET / HTTP/1.1\r\nHost: ok.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
          b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n")
print(s.makefile("rb").readline().split()[1].decode())
"#;
    Machine::alone(|machine| {
        usual_names(machine);
        let world = World::new();
        world.write("offer.py", OFFER);
        let _server = Server::listen("0.0.0.0:80", |mut stream| {
            let answer: &[u8] = if read_head(&mut stream).to_lowercase().contains("h2c") {
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
            } else {
                b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            };
            drop(stream.write_all(answer));
        });
        assert_eq!(outside(&world, "python3 offer.py").succeeded().stdout, "101\n");
        let inside = world.sh(&allowing(&["ok.test"]), "python3 offer.py");
        assert_eq!(inside.succeeded().stdout, "200\n");
    });
}

/// Reads a masked frame of a client (RFC 6455, section 5.2).
fn frame(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let mut length = usize::from(head[1] & 0x7f);
    if length == 126 {
        let mut long = [0; 2];
        stream.read_exact(&mut long)?;
        length = usize::from(u16::from_be_bytes(long));
    }
    let mut mask = [0; 4];
    stream.read_exact(&mut mask)?;
    let mut data = vec![0; length];
    stream.read_exact(&mut data)?;
    for (at, byte) in data.iter_mut().enumerate() {
        *byte ^= mask[at % 4];
    }
    Ok(data)
}
