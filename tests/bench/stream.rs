//! One TCP stream: through the gate, against plain loopback, and through the peer's proxy.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use askbox_tests::World;
use askbox_tests::server::Server;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Rounds;
use crate::own::{inside, number, own, own_in_project};
use crate::start::peer;
use crate::table::{self, Bar, median};

/// Times that the gate and loopback are measured, in turn: what else the machine does meets both. The peer, whose bar is
/// far away and who takes longer than both together, is measured once.
const TURNS: usize = 5;

const CHUNK: usize = 256 * 1024;

/// The inner half: prints gigabits a second. With `http_proxy` set (the peer has no other way out) it connects by
/// CONNECT.
pub(crate) fn client(direction: &str, address: &str, mebibytes: usize) {
    let mut stream = connect(address);
    let bytes = mebibytes << 20;
    stream.write_all(&[0, direction.as_bytes()[0]]).unwrap(); // The zero says that this is no HTTP.
    stream
        .write_all(&u64::try_from(bytes).unwrap().to_le_bytes())
        .unwrap();
    let start = Instant::now();
    if direction == "u" {
        let chunk = vec![0; CHUNK];
        for _ in 0..bytes / CHUNK {
            stream.write_all(&chunk).unwrap();
        }
        stream.read_exact(&mut [0]).unwrap(); // The server has it all.
    } else {
        let mut buffer = vec![0; CHUNK];
        let mut left = bytes;
        while left > 0 {
            let length = stream.read(&mut buffer).unwrap();
            assert_ne!(length, 0, "{left} bytes of {bytes} are missing");
            left -= length;
        }
    }
    println!(
        "{}",
        f64::from(u32::try_from(mebibytes).unwrap()) * 8.0 * 1.048_576
            / 1000.0
            / start.elapsed().as_secs_f64()
    );
}

fn connect(address: &str) -> TcpStream {
    let Ok(proxy) = std::env::var("http_proxy") else {
        return TcpStream::connect(address).unwrap();
    };
    let (user, proxy) = proxy
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('@'))
        .unwrap();
    let user = STANDARD.encode(user.replace("%3D", "="));
    // The peer starts the command before its proxy listens.
    let patience = Instant::now() + Duration::from_secs(5);
    let mut stream = loop {
        match TcpStream::connect(proxy.trim_end_matches('/')) {
            Err(_) if Instant::now() < patience => std::thread::yield_now(),
            connected => break connected.unwrap(),
        }
    };
    let head =
        format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\nProxy-Authorization: Basic {user}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(
        head.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    stream
}

fn serve(mut stream: TcpStream) {
    let mut opening = [0; 2];
    if stream.read_exact(&mut opening).is_err() {
        return;
    }
    let [_, direction] = opening;
    let mut wanted = [0; 8];
    stream.read_exact(&mut wanted).unwrap();
    let mut left = u64::from_le_bytes(wanted);
    let mut buffer = vec![0; CHUNK];
    if direction == b'u' {
        while left > 0 {
            let length = stream.read(&mut buffer).unwrap();
            assert_ne!(length, 0, "{left} bytes are missing");
            left -= length as u64;
        }
        stream.write_all(b".").unwrap();
    } else {
        for _ in 0..left / CHUNK as u64 {
            stream.write_all(&buffer).unwrap();
        }
        // A proxy may throw away what it still holds when one side closes.
        stream.read_to_end(&mut Vec::new()).ok();
    }
}

pub(crate) fn measure(world: &World, rounds: Rounds) {
    let server = Server::start(serve);
    let mebibytes = rounds.mebibytes.to_string();
    let program = own_in_project(world);
    for (direction, name) in [("u", "up"), ("d", "down")] {
        let plain = format!("127.0.0.1:{}", server.port());
        let named = format!("ok.test:{}", server.port());
        let pin = server.pin("ok.test");
        let (mut direct, mut gate) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let mut outside = world.host(own().to_str().unwrap());
            direct.push(number(outside.args(["stream", direction, &plain, &mebibytes])));
            let mut session = inside(world, &pin, &program);
            gate.push(number(session.args(["stream", direction, &named, &mebibytes])));
        }
        let (direct, gate) = (median(direct), median(gate));
        let detail = format!("{gate:.1} against {direct:.1} Gbit/s");
        let what = format!("stream {name}, against loopback");
        table::line(&what, gate / direct, "x", Bar::AtLeast(0.6), &detail);
        let local = format!("localhost:{}", server.port());
        let settings = world.outside().join("peer.json");
        std::fs::write(&settings, r#"{"network":{"allowedDomains":["localhost"],"deniedDomains":[]},"filesystem":{"denyRead":[],"allowWrite":["."],"denyWrite":[]}}"#)
            .unwrap();
        let program = program.to_str().unwrap();
        let settings = settings.to_str().unwrap();
        let words = [
            "--settings",
            settings,
            program,
            "stream",
            direction,
            &local,
            &mebibytes,
        ];
        let peer = number(&mut peer(world, &words));
        let detail = format!("{gate:.1} against {peer:.1} Gbit/s");
        let what = format!("stream {name}: how often the peer's");
        table::line(&what, gate / peer, "x", Bar::AtLeast(5.0), &detail);
    }
}
