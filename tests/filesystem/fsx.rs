//! `fsx`: random reads, writes, mappings, truncations, holes and copies of one file, each read compared with what was
//! written. It finds what a cache of the kernel and the file behind it disagree about.

use std::path::Path;

use crate::place::Place;

/// Everything that it can do on Linux.
const CONFIGURATION: &str = "
flen = 1048576
[opsize]
min = 1
max = 65536
[weights]
close_open = 1
invalidate = 1
mapread = 5
mapwrite = 5
read = 5
write = 5
truncate = 2
fsync = 0.1
fdatasync = 0.1
posix_fallocate = 2
punch_hole = 2
sendfile = 2
posix_fadvise = 1
copy_file_range = 3
";

/// Operations of each seed.
const OPERATIONS: &str = "10000";

/// Its end, when all that it read was right.
const RIGHT: &str = "All operations completed A-OK!";

fn exercise(seeds: std::ops::Range<u32>) {
    let place = Place::new();
    let program = place.bring("fsx");
    let configuration = place.world.write("fsx.toml", CONFIGURATION);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    for seed in seeds {
        let file = place.asking().join(format!("file-{seed}"));
        let finished = place.inside(
            &[],
            &[
                &text(&program),
                "-f",
                &text(&configuration),
                "-N",
                OPERATIONS,
                "-S",
                &seed.to_string(),
                "-P",
                &text(&place.native()),
                &text(&file),
            ],
        );
        assert!(
            finished.code == Some(0) && (finished.stdout + &finished.stderr).contains(RIGHT),
            "seed {seed}: {}",
            finished.stderr
        );
    }
}

#[test]
fn one_file_holds_what_was_written_to_it() {
    exercise(1..5);
}

#[test]
fn one_file_holds_what_was_written_to_it_with_other_seeds() {
    exercise(5..9);
}
