use std::path::Path;

use super::*;

/// What holds a process in these tests.
#[derive(Debug, PartialEq, Eq)]
struct Held;

/// Some process: the one that runs this.
fn caller() -> Caller {
    Caller::of(std::process::id()).unwrap().0
}

fn program(name: &str, started_ms: u64) -> Program {
    let file = CanonicalPath::new(Path::new(name)).unwrap();
    Program { file, started_ms }
}

/// What happens to one process.
enum Step {
    Begin(u64, &'static str, u64),
    Succeed(u64),
    Fail(u64),
    End(u64, End),
}

/// The programs that ended after these steps, the earliest first.
fn check(steps: &[Step], expected: &[(&str, u64, u64, HowEnded)]) {
    let caller = caller();
    let mut programs = Programs::new(1);
    for step in steps {
        match *step {
            Step::Begin(id, name, at_ms) => programs.begin(caller, Some(Held), id, program(name, at_ms)),
            Step::Succeed(id) => programs.succeed(caller, id),
            Step::Fail(id) => programs.fail(caller, id),
            Step::End(at_ms, end) => programs.end(caller, at_ms, end),
        }
    }
    let ended = |(name, started_ms, ended_ms, how): &(&str, u64, u64, HowEnded)| EndedProgram {
        pid: caller.number(),
        program: program(name, *started_ms),
        ended_ms: *ended_ms,
        how: *how,
    };
    let latest = Latest {
        ended: expected.iter().rev().map(ended).collect(),
        before: 0,
        unwatched: 0,
    };
    assert_eq!(programs.latest(100), latest);
}

#[test]
fn a_program_ends_as_its_process_does_and_when_another_takes_its_place() {
    use HowEnded::{Exited, Killed, Replaced, Unknown};
    use Step::{Begin, End as Ends, Fail, Succeed};
    check(&[Begin(1, "/a", 10)], &[]);
    check(&[Begin(1, "/a", 10), Succeed(1)], &[]);
    // A short one: nobody has seen it run.
    check(
        &[Begin(1, "/a", 10), Ends(30, End::Exited(3))],
        &[("/a", 10, 30, Exited(3))],
    );
    check(
        &[Begin(1, "/a", 10), Succeed(1), Ends(99, End::Killed(9))],
        &[("/a", 10, 99, Killed(9))],
    );
    check(
        &[Begin(1, "/a", 10), Succeed(1), Ends(99, End::Unknown)],
        &[("/a", 10, 99, Unknown)],
    );
    check(
        &[
            Begin(1, "/a", 10),
            Succeed(1),
            Begin(2, "/b", 50),
            Succeed(2),
            Ends(99, End::Exited(0)),
        ],
        &[("/a", 10, 50, Replaced), ("/b", 50, 99, Exited(0))],
    );
    // One after the other before anybody has looked.
    check(
        &[
            Begin(1, "/env", 10),
            Begin(2, "/python", 11),
            Ends(30, End::Exited(1)),
        ],
        &[("/env", 10, 11, Replaced), ("/python", 11, 30, Exited(1))],
    );
    // Looked at in another order.
    check(
        &[
            Begin(1, "/env", 10),
            Begin(2, "/python", 11),
            Succeed(2),
            Succeed(1),
        ],
        &[("/env", 10, 11, Replaced)],
    );
    // What the kernel would not start replaces nothing.
    check(
        &[
            Begin(1, "/a", 10),
            Succeed(1),
            Begin(2, "/b", 50),
            Fail(2),
            Ends(99, End::Exited(0)),
        ],
        &[("/a", 10, 99, Exited(0))],
    );
    // The process of another program, which nobody heard of, tries one and goes on.
    check(&[Begin(1, "/a", 10), Fail(1), Ends(99, End::Exited(0))], &[]);
    // A second word about an end says nothing.
    check(
        &[
            Begin(1, "/a", 10),
            Ends(30, End::Exited(3)),
            Ends(40, End::Exited(3)),
        ],
        &[("/a", 10, 30, Exited(3))],
    );
}

#[test]
fn starts_without_end_in_one_process_are_not_kept_all() {
    let caller = caller();
    let mut programs = Programs::new(1);
    let count = 100;
    for id in 0..count {
        programs.begin(caller, Some(Held), id, program("/a", id));
    }
    let kept = programs.processes[&caller].starts.len();
    assert_eq!(kept, limits::STARTS_UNSETTLED);
    let latest = programs.latest(1000);
    assert_eq!(latest.ended.len(), usize::try_from(count).unwrap() - kept);
    assert_eq!(latest.ended[0].how, HowEnded::Replaced);
}

#[test]
fn somebody_waits_for_each_process_once() {
    let caller = caller();
    let mut programs = Programs::new(1);
    assert_eq!(programs.take_held(caller), None);
    programs.begin(caller, Some(Held), 1, program("/a", 10));
    programs.begin(caller, Some(Held), 2, program("/b", 20));
    assert_eq!(programs.take_held(caller), Some(Held));
    assert_eq!(programs.take_held(caller), None);
    programs.begin(caller, Some(Held), 3, program("/c", 30));
    assert_eq!(programs.take_held(caller), None);
}

#[test]
fn what_cannot_be_watched_is_counted() {
    let mut programs = Programs::new(0);
    programs.begin(caller(), Some(Held), 1, program("/a", 10));
    assert_eq!(programs.latest(9).unwatched, 1, "no room");
    let mut programs = Programs::new(1);
    programs.begin(caller(), None::<Held>, 1, program("/a", 10));
    assert_eq!(programs.latest(9).unwatched, 1, "no descriptor");
    programs.begin(caller(), Some(Held), 2, program("/a", 20));
    programs.give_up(caller());
    assert_eq!(programs.latest(9).unwatched, 2, "no wait");
    programs.end(caller(), 30, End::Exited(0));
    let latest = programs.latest(9);
    assert_eq!((latest.ended, latest.before), (Vec::new(), 0));
}

#[test]
fn the_latest_are_kept_and_the_others_counted() {
    let caller = caller();
    let mut programs = Programs::new(1);
    let count = limits::PROGRAMS_ENDED + 3;
    for id in 0..u64::try_from(count).unwrap() {
        programs.begin(caller, Some(Held), id, program("/a", id));
        programs.end(caller, id, End::Exited(0));
    }
    for (wanted, listed) in [(0, 0), (5, 5), (usize::MAX, limits::PROGRAMS_ENDED)] {
        let latest = programs.latest(wanted);
        assert_eq!(latest.ended.len(), listed);
        assert_eq!(latest.before, u64::try_from(count - listed).unwrap());
        if let Some(first) = latest.ended.first() {
            assert_eq!(first.program.started_ms, u64::try_from(count).unwrap() - 1);
        }
    }
}
