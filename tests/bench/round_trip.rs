//! What this machine takes to wake one thread and be woken by it: what every request to another process costs at least,
//! whoever serves it. Judged by nobody; the figures of connections and of granted files are to be read beside it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Instant;

use crate::Rounds;
use crate::table::{self, median};

pub(crate) fn measure(rounds: Rounds) {
    let (mut own, mut other) = UnixStream::pair().unwrap();
    let answering = thread::spawn(move || {
        let mut byte = [0];
        while other.read_exact(&mut byte).is_ok() {
            other.write_all(&byte).unwrap();
        }
    });
    let mut once = || {
        let start = Instant::now();
        own.write_all(&[0]).unwrap();
        own.read_exact(&mut [0]).unwrap();
        start.elapsed().as_secs_f64() * 1e6
    };
    let figures = (0..rounds.connections).map(|_| once()).collect();
    table::note("a round trip between two threads", median(figures), "µs");
    drop(own);
    answering.join().unwrap();
}
