//! connect and the first byte of an answer, one connection after another: to an allowed host through the gate, against
//! the same server directly.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

use askbox_tests::World;
use askbox_tests::server::Server;

use crate::Rounds;
use crate::table::{Bar, Table, median};

/// The inner half: prints the median in microseconds.
pub(crate) fn client(address: &str, rounds: usize) {
    let once = || {
        let start = Instant::now();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&[0]).unwrap(); // No protocol that is read by hosts begins so.
        stream.read_exact(&mut [0]).unwrap();
        start.elapsed().as_secs_f64() * 1e6
    };
    for _ in 0..rounds / 10 {
        once(); // Warm.
    }
    println!("{}", median((0..rounds).map(|_| once()).collect()));
}

pub(crate) fn measure(world: &World, rounds: Rounds, table: &mut Table) {
    let server = Server::start(|mut stream| {
        stream.set_nodelay(true).unwrap();
        let mut byte = [0];
        if stream.read(&mut byte).is_ok_and(|length| length == 1) {
            drop(stream.write_all(&byte));
        }
    });
    let rounds = rounds.connections.to_string();
    let direct = number(world.host(own().to_str().unwrap()).args([
        "connect",
        &format!("127.0.0.1:{}", server.port()),
        &rounds,
    ]));
    let inside = world.project().join("askbox-bench");
    std::fs::copy(own(), &inside).unwrap();
    let mut command = world.askbox(&[
        "run",
        "--quiet",
        "--allow-domain",
        "ok.test",
        "--resolve",
        &server.pin("ok.test"),
        "--",
    ]);
    let gate = number(
        command
            .arg(&inside)
            .args(["connect", &format!("ok.test:{}", server.port()), &rounds]),
    );
    let detail = format!("{gate:.0} µs against {direct:.0} µs");
    table.line(
        "connect and first byte, against direct",
        gate / direct,
        "x",
        Bar::AtMost(1.3),
        &detail,
    );
}

/// This program.
pub(crate) fn own() -> PathBuf {
    PathBuf::from(std::env::var_os("ASKBOX_TEST_BINARIES").unwrap()).join("askbox-bench")
}

/// The number that a command prints.
pub(crate) fn number(command: &mut std::process::Command) -> f64 {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    text.parse().unwrap_or_else(|_| {
        panic!(
            "{command:?}: {text:?} {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}
