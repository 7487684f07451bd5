//! Leases: whoever opens a file that has one waits until its holder gives way, or 45 seconds.

use askbox_tests::World;

use crate::both::{works_everywhere, works_only_outside};

const GRANTED: &[&str] = &[
    "--non-interactive",
    "--allow-read",
    "~/notes",
    "--allow-write",
    "~/notes",
];

fn python(call: &str, directory: &str) -> String {
    format!(
        "exec /usr/bin/python3 -c '
import fcntl, os
os.chdir(os.path.expanduser(\"{directory}\"))
fd = os.open(\"file\", os.O_CREAT | os.O_RDWR)
{call}'"
    )
}

#[test]
fn threat_73_no_lease_holds_up_who_opens_a_file_and_locks_are_as_ever() {
    let world = World::new();
    for directory in [".", "~/notes"] {
        for kind in ["F_WRLCK", "F_RDLCK"] {
            let lease = format!(
                "os.close(fd); fd = os.open(\"file\", os.O_RDONLY); fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.{kind})"
            );
            let inside = works_only_outside(&world, GRANTED, &python(&lease, directory));
            assert!(inside.stderr.contains("Operation not permitted"), "{inside:#?}");
        }
        for lock in [
            "fcntl.flock(fd, fcntl.LOCK_EX)",
            "fcntl.lockf(fd, fcntl.LOCK_EX)",
            "fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)",
        ] {
            works_everywhere(&world, GRANTED, &python(lock, directory));
        }
    }
}
