//! The budgets, measured side by side in one run and printed as ratios against their bars. Started by
//! `cargo xtask bench`, as an ordinary user, on release binaries. Not a test: it judges nothing but its own bars.
#![expect(clippy::unwrap_used, reason = "a failed step ends the benchmark")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]
#![expect(clippy::print_stdout, reason = "the table is the result")]

mod connect;
mod decide;
mod desktop;
mod files;
mod memory;
mod own;
mod project;
mod round_trip;
mod start;
mod starts;
mod stream;
mod table;

use std::env;

/// How many rounds of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    /// Starts of each program.
    starts: usize,
    /// Starts of the peer, which take a second each.
    peer_starts: usize,
    /// Connections of each kind.
    connections: usize,
    /// Mebibytes of each stream.
    mebibytes: usize,
    /// Verdicts.
    verdicts: usize,
    /// Questions that are answered by a click.
    questions: usize,
    /// Windows that are opened and closed.
    windows: usize,
}

/// Enough for figures to quote.
const FULL: Rounds = Rounds {
    starts: 50,
    peer_starts: 5,
    connections: 1000,
    mebibytes: 1024,
    verdicts: 1_000_000,
    questions: 100,
    windows: 10,
};

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // The inner halves, started by the outer ones: outside, in a session, and in the peer.
        ["connect", address, rounds] => connect::client(address, rounds.parse().unwrap()),
        ["stream", direction, address, mebibytes] => {
            stream::client(direction, address, mebibytes.parse().unwrap());
        }
        ["files", small, large, rounds] => files::client(small, large, rounds.parse().unwrap()),
        ["--memory"] => {
            let world = askbox_tests::World::new();
            world.sh(&[], "true").succeeded();
            memory::measure(&world);
            memory::measure_sessions(&world);
        }
        ["--starts"] => {
            starts::measure(&askbox_tests::World::new());
        }
        ["--network"] => {
            let world = askbox_tests::World::new();
            round_trip::measure(FULL);
            connect::measure(&world, FULL);
            stream::measure(&world, FULL);
        }
        ["--desktop"] => {
            desktop::measure(FULL);
        }
        ["--quick"] => measure(Rounds {
            starts: 10,
            peer_starts: 2,
            connections: 100,
            mebibytes: 128,
            verdicts: 100_000,
            questions: 10,
            windows: 3,
        }),
        [] => measure(FULL),
        _ => println!("usage: askbox-bench [--quick | --network | --memory | --desktop | --starts]"),
    }
}

fn measure(rounds: Rounds) {
    let world = askbox_tests::World::new();
    files::are_asked_about(&world);
    round_trip::measure(rounds);
    start::measure(&world, rounds);
    connect::measure(&world, rounds);
    stream::measure(&world, rounds);
    project::measure(&world, rounds);
    starts::measure(&world);
    files::measure(&world, rounds);
    decide::measure(rounds);
    memory::measure(&world);
    memory::measure_sessions(&world);
    desktop::measure(rounds);
}
