//! A machine without FUSE: files are open or closed when a command starts, which the session says, and nobody is asked.

use std::fs;

use askbox_tests::{MARKER, Machine, Terminal, World};

#[test]
fn files_are_open_or_closed_at_the_start_and_the_session_says_so() {
    Machine::prepared(Machine::NO_FUSE, |_| {
        let world = World::new();
        let shown = Terminal::start(&world.askbox(&["run", "--", "true"]))
            .finish()
            .shown;
        assert!(shown.contains("no FUSE that you may use"), "{shown}");

        let read = "cat ~/notes/spec.md";
        let closed = world.sh(&[], read);
        assert!(
            closed.failed().stderr.contains("No such file or directory"),
            "{closed:#?}"
        );
        let open = world.sh(&["--allow-read", "~/notes"], read);
        assert!(open.succeeded().stdout.contains(MARKER), "{open:#?}");
        let write = "echo new > ~/notes/new.md";
        world.sh(&["--allow-read", "~/notes"], write).failed();
        world.sh(&["--allow-write", "~/notes"], write).succeeded();
        assert_eq!(
            fs::read_to_string(world.home().join("notes/new.md")).unwrap(),
            "new\n"
        );
        world.sh(&[], "echo mine > here && cat here").succeeded();
        assert_eq!(world.ok(&["questions", "--missed", "--json"]).trim(), "[]");

        let doctor = world.ok(&["doctor"]);
        assert!(
            doctor.contains("FUSE: no question is raised for files")
                && doctor.contains("fix: give it its usual mode"),
            "{doctor}"
        );
    });
}

#[test]
fn credentials_stay_closed_below_a_directory_that_is_open() {
    Machine::prepared(Machine::NO_FUSE, |_| {
        let world = World::new();
        let script = "cat ~/.ssh/id_rsa ~/.aws/credentials ~/.config/gh/hosts.yml ~/.netrc; ls ~/.ssh; cat ~/notes/spec.md";
        let inside = world.sh(&["--allow-read", "~"], script);
        assert_eq!(
            inside.succeeded().stdout.matches(MARKER).count(),
            1,
            "{inside:#?}"
        );
        assert_eq!(
            inside.stderr.matches("Permission denied").count(),
            5,
            "{inside:#?}"
        );
        let exact = world.sh(&["--allow-read", "~/.netrc"], "cat ~/.netrc");
        assert!(exact.succeeded().stdout.contains(MARKER), "{exact:#?}");
        // What is not there could be made, and would run outside later.
        let append = "echo x >> ~/.bashrc";
        let refused = world.sh(&["--allow-write", "~"], append);
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(
            refused.stderr.contains("could be created from inside") && refused.stderr.contains("\nhint:"),
            "{refused:#?}"
        );
        world.sh(&["--allow-write", "~/.bashrc"], append).succeeded();
    });
}
