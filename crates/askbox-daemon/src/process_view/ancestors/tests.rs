use super::super::shells::Shells;
use super::*;

fn soon() -> Instant {
    Instant::now() + std::time::Duration::from_secs(20)
}

fn names(pid: u32, root: u32) -> Vec<String> {
    let mut names = Vec::new();
    name(pid, root, soon(), |ancestor| names.push(ancestor));
    names
}

/// The last word of each, which is the name of the shell.
fn shells(names: &[String]) -> Vec<&str> {
    names.iter().filter_map(|name| name.rsplit(' ').next()).collect()
}

#[test]
fn the_nearest_comes_first_and_what_askbox_started_does_not_come() {
    let row = Shells::start(4);
    let family = proc::family(row.root(), PROCESSES, soon());
    let [root, init, first, second, last] = family.as_slice() else {
        panic!("{family:?}")
    };
    assert_eq!(shells(&names(*last, *root)), ["shell1", "shell2"]);
    assert_eq!(shells(&names(*second, *root)), ["shell2"]);
    for alone in [first, init, root] {
        assert_eq!(names(*alone, *root), [""; 0]);
    }
}

#[test]
fn no_more_are_named_than_may_be() {
    let row = Shells::start(NAMED + 4);
    let family = proc::family(row.root(), PROCESSES, soon());
    let names = names(*family.last().unwrap(), row.root());
    assert_eq!(names.len(), NAMED);
    assert_eq!(shells(&names)[0], "shell1");
}

#[test]
fn nothing_outside_the_session_is_named() {
    let row = Shells::start(3);
    let family = proc::family(row.root(), PROCESSES, soon());
    let last = *family.last().unwrap();
    // Not known yet; another session's; our own parents.
    for (pid, root) in [(last, 0), (last, u32::MAX), (std::process::id(), row.root())] {
        assert_eq!(names(pid, root), [""; 0]);
    }
}

#[test]
fn nothing_is_named_after_the_deadline() {
    let row = Shells::start(4);
    let family = proc::family(row.root(), PROCESSES, soon());
    name(*family.last().unwrap(), row.root(), Instant::now(), |ancestor| {
        panic!("{ancestor}")
    });
}
