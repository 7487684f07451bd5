//! connect and the first byte of an answer, one connection after another: to an allowed host through the gate, against
//! the same server directly. The name is looked up before; what a look-up takes is told beside it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Instant;

use askbox_tests::World;
use askbox_tests::server::Server;

use crate::Rounds;
use crate::own::{inside, numbers, own, own_in_project};
use crate::table::{self, Bar, median};

/// Times that both are measured, in turn: what else the machine does meets both.
const TURNS: usize = 3;

/// The inner half: prints the medians of a connection and of a look-up in microseconds.
pub(crate) fn client(address: &str, rounds: usize) {
    let look_up = || {
        address
            .to_socket_addrs()
            .unwrap()
            .find(SocketAddr::is_ipv4)
            .unwrap()
    };
    let target = look_up();
    let connect = || {
        let mut stream = TcpStream::connect(target).unwrap();
        stream.write_all(&[0]).unwrap(); // No protocol that is read by hosts begins so.
        stream.read_exact(&mut [0]).unwrap();
    };
    for _ in 0..rounds / 10 {
        connect(); // Warm.
    }
    println!(
        "{} {}",
        median((0..rounds).map(|_| microseconds(connect)).collect()),
        median(
            (0..rounds / 10)
                .map(|_| microseconds(|| {
                    look_up();
                }))
                .collect()
        )
    );
}

fn microseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

pub(crate) fn measure(world: &World, rounds: Rounds) {
    let server = Server::start(|mut stream| {
        stream.set_nodelay(true).unwrap();
        let mut byte = [0];
        if stream.read(&mut byte).is_ok_and(|length| length == 1) {
            drop(stream.write_all(&byte));
        }
    });
    let rounds = (rounds.connections / TURNS).to_string();
    let program = own_in_project(world);
    let plain = format!("127.0.0.1:{}", server.port());
    let named = format!("ok.test:{}", server.port());
    let pin = server.pin("ok.test");
    let (mut direct, mut gate, mut look_up) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let mut outside = world.host(own().to_str().unwrap());
        direct.push(numbers(outside.args(["connect", &plain, &rounds]))[0]);
        let mut session = inside(world, &pin, &program);
        let both = numbers(session.args(["connect", &named, &rounds]));
        gate.push(both[0]);
        look_up.push(both[1]);
    }
    let (direct, gate, look_up) = (median(direct), median(gate), median(look_up));
    let detail = format!("{gate:.0} µs against {direct:.0} µs; a look-up {look_up:.0} µs");
    table::line(
        "connect and first byte, against direct",
        gate / direct,
        "x",
        Bar::AtMost(1.3),
        &detail,
    );
}
