//! Granted files of the asking file system against the same files directly: open, read and close of a small one, and a large
//! one from start to end.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use askbox_tests::World;

use crate::Rounds;
use crate::own::{numbers, own, own_in_project};
use crate::table::{self, Bar, median};

/// Times that both sides are measured, in turn.
const TURNS: usize = 3;

/// The inner half: prints the median of open, read and close of `small` in microseconds, and the rate of reading `large` in
/// mebibytes a second, the page cache of both warm on the host.
pub(crate) fn client(small: &str, large: &str, rounds: usize) {
    let mut buffer = vec![0; 1 << 20];
    let mut open_read_close = || {
        let start = Instant::now();
        File::open(small)
            .unwrap()
            .read_exact(&mut buffer[..4096])
            .unwrap();
        start.elapsed().as_secs_f64() * 1e6
    };
    for _ in 0..rounds / 10 {
        open_read_close(); // Warm.
    }
    let each = median((0..rounds).map(|_| open_read_close()).collect());
    let start = Instant::now();
    let (mut file, mut total) = (File::open(large).unwrap(), 0);
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => break,
            length => total += length,
        }
    }
    println!(
        "{each} {}",
        total as f64 / f64::from(1 << 20) / start.elapsed().as_secs_f64()
    );
}

/// Ends the benchmark on a machine where no files are asked about: its sessions would be cheaper than those of others.
pub(crate) fn are_asked_about(world: &World) {
    let inside = world.sh(&[], "stat -f -c %T ~");
    let kind = &inside.succeeded().stdout;
    assert!(kind.starts_with("fuse"), "the home directory inside is {kind}");
}

pub(crate) fn measure(world: &World, rounds: Rounds) {
    let directory = world.home().join("bench");
    fs::create_dir(&directory).unwrap();
    let (small, large) = (directory.join("small"), directory.join("large"));
    fs::write(&small, vec![1; 4096]).unwrap();
    fs::write(&large, vec![1; rounds.mebibytes << 20]).unwrap();
    let program = own_in_project(world);
    let times = (rounds.connections * 10).to_string();
    let words = |small: &Path, large: &Path| {
        ["files", small.to_str().unwrap(), large.to_str().unwrap(), &times].map(str::to_owned)
    };
    let (mut direct, mut asking) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        direct.push(numbers(
            world.host(own().to_str().unwrap()).args(words(&small, &large)),
        ));
        let mut session = world.askbox(&[
            "run",
            "--quiet",
            "--allow-read",
            directory.to_str().unwrap(),
            "--",
        ]);
        asking.push(numbers(session.arg(&program).args(words(&small, &large))));
    }
    let middle = |all: &[Vec<f64>], index: usize| median(all.iter().map(|one| one[index]).collect());
    let (own, theirs) = (middle(&asking, 0), middle(&direct, 0));
    let detail = format!("{own:.1} µs against {theirs:.1} µs");
    table::line(
        "open, read, close of a granted file",
        own / theirs,
        "x",
        Bar::AtMost(20.0),
        &detail,
    );
    let (own, theirs) = (middle(&asking, 1), middle(&direct, 1));
    let detail = format!("{own:.0} MiB/s against {theirs:.0} MiB/s");
    table::line(
        "reading a large granted file, rate",
        own / theirs,
        "x",
        Bar::AtLeast(0.2),
        &detail,
    );
    fs::remove_dir_all(directory).unwrap();
}
