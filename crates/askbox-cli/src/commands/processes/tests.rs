use expect_test::expect;

use super::*;

fn node(pid: u32, parent: Option<u32>, display: &str) -> ProcessNode {
    ProcessNode {
        pid,
        parent,
        display: display.into(),
        started: (pid != 12).then(|| "2026-05-01T11:59:00.000Z".into()),
    }
}

#[test]
fn children_stand_below_their_parents() {
    let inspection = Inspection {
        processes: vec![
            node(10, None, "npm install"),
            node(11, Some(10), "sh -c 'node build'"),
            node(12, Some(11), "node build"),
            node(13, None, "sleep 1000"),
        ],
        is_cut: true,
        connections: 0,
        ended: None,
    };
    expect![[r"
              10  2026-05-01T11:59:00.000Z  npm install
              11  2026-05-01T11:59:00.000Z    sh -c 'node build'
              12  ?      node build
              13  2026-05-01T11:59:00.000Z  sleep 1000
        and more
    "]]
    .assert_eq(&render(&inspection));
}

#[test]
fn those_that_ended_say_when_and_how() {
    let ended = |pid, display: &str, how| EndedProgram {
        pid,
        display: display.into(),
        started: "2026-05-01T11:59:00.000Z".into(),
        ended: "2026-05-01T11:59:30.250Z".into(),
        how,
    };
    let programs = EndedPrograms {
        latest: vec![
            ended(14, "/usr/bin/make", HowEnded::Exited(2)),
            ended(1015, "/usr/bin/sleep", HowEnded::Killed(15)),
            ended(16, "/usr/bin/env", HowEnded::Replaced),
            ended(17, "~/bin/tool", HowEnded::Unknown),
        ],
        before: 3,
        unwatched: 7,
    };
    expect![[r#"
        ended:
              14  2026-05-01T11:59:00.000Z  2026-05-01T11:59:30.250Z  /usr/bin/make, status 2
            1015  2026-05-01T11:59:00.000Z  2026-05-01T11:59:30.250Z  /usr/bin/sleep, signal 15
              16  2026-05-01T11:59:00.000Z  2026-05-01T11:59:30.250Z  /usr/bin/env, became another program
              17  2026-05-01T11:59:00.000Z  2026-05-01T11:59:30.250Z  ~/bin/tool, status unknown
        and 3 before
        7 were started while too many ran to watch them all
    "#]]
    .assert_eq(&render_ended(Some(&programs)));
}

#[test]
fn that_none_ended_is_told_from_not_knowing() {
    let none = EndedPrograms {
        latest: Vec::new(),
        before: 0,
        unwatched: 0,
    };
    assert_eq!(render_ended(Some(&none)), "no program has ended\n");
    assert_eq!(
        render_ended(None),
        "what ended is not known: starts of its programs cannot be listened to\n"
    );
}
