//! Random walks: the same operations, one after the other, on a directory of the asking file system and on a native one. What
//! each returns is compared at once, and now and then everything that is there. A walk is made from its number alone.

use std::path::Path;

use crate::place::Place;

mod apply;
mod chance;
mod operations;
mod tree;

use apply::Side;
use chance::Chance;

/// Set inside, where this program is started again: the walk's number and the two directories.
const VARIABLE: &str = "ASKBOX_TEST_WALK";

/// Operations of one walk.
const STEPS: usize = 6000;

/// How many of them are between two looks at everything.
const EVERY: usize = 100;

/// How many operations before a difference are told.
const TOLD: usize = 12;

/// Goes one walk. Panics at the first difference.
fn walk(seed: u64, asking: &Path, native: &Path) {
    let mut chance = Chance::new(seed);
    let (mut ours, mut hosts) = (Side::new(asking), Side::new(native));
    let mut done = Vec::new();
    for step in 0..STEPS {
        let operation = operations::next(&mut chance);
        let results = (ours.apply(&operation), hosts.apply(&operation));
        let told = format!("{operation:?} -> {:?}", results.1);
        assert_eq!(
            results.0,
            results.1,
            "walk {seed}, step {step}: on ours (left) not as on the host (right)\n{told}\nafter\n{}",
            last(&done)
        );
        done.push(told);
        if step % EVERY == EVERY - 1 {
            let trees = (tree::look(asking), tree::look(native));
            for (one, other) in trees.0.iter().zip(&trees.1) {
                assert_eq!(
                    one,
                    other,
                    "walk {seed}, step {step}: ours, host's\n{}",
                    last(&done)
                );
            }
            assert_eq!(trees.0.len(), trees.1.len(), "walk {seed}, step {step}");
        }
    }
}

fn last(done: &[String]) -> String {
    let start = done.len().saturating_sub(TOLD);
    done.get(start..).unwrap_or_default().join("\n")
}

/// What runs inside; nothing unless [`VARIABLE`] is set.
#[test]
fn goes_inside() {
    let Some(value) = std::env::var_os(VARIABLE) else {
        return;
    };
    let value = value.into_string().unwrap();
    let [seed, asking, native] = value.split(':').collect::<Vec<_>>()[..] else {
        panic!("{value}");
    };
    walk(seed.parse().unwrap(), Path::new(asking), Path::new(native));
}

fn go(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let place = Place::new();
        let program = place.bring("filesystem");
        let (asking, native) = (place.asking(), place.native());
        let value = format!("{VARIABLE}={seed}:{}:{}", asking.display(), native.display());
        let words = [
            program.to_str().unwrap(),
            "walk::goes_inside",
            "--exact",
            "--nocapture",
        ];
        let finished = place.inside(&[&value], &words);
        assert!(
            finished.code == Some(0) && finished.stdout.contains("1 passed"),
            "{}\n{}",
            finished.stdout,
            finished.stderr
        );
        let went = std::fs::read_dir(&native).unwrap().count();
        assert_ne!(went, 0, "the walk left nothing behind");
    }
}

#[test]
fn every_operation_does_what_it_does_natively() {
    go(1..9);
}

#[test]
fn every_operation_does_what_it_does_natively_on_other_walks() {
    go(9..17);
}
