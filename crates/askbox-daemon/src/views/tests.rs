use askbox_policy::{Basis, CanonicalPath, Kind, Project, SessionId};

use super::*;

fn asking(targets: Vec<Target>, process: &Process) -> Question {
    let member = |target| askbox_gate::Member {
        target,
        process: process.clone(),
        basis: Basis::NoRule,
        waiting: 1,
    };
    Question {
        id: askbox_gate::QuestionId(7),
        revision: 1,
        kind: Kind::Read,
        session: SessionId("s".into()),
        project: Project("/home/u/app".into()),
        session_name: "app".into(),
        members: targets.into_iter().map(member).collect(),
        group: "/home/u".into(),
        unlisted: 0,
        raised_ms: 1_700_000_000_000,
        expires_ms: 1_700_000_060_000,
    }
}

#[test]
fn what_a_program_chose_is_harmless_for_people_and_raw_for_scripts() {
    let evil = "x\u{202e}\u{1b}[2Jy";
    let process = Process {
        exe: Some(format!("/home/u/app/{evil}").into()),
        command: vec![evil.to_owned()],
        ..Process::unknown()
    };
    let path = CanonicalPath::new(format!("/home/u/{evil}").as_ref()).unwrap();
    let view = question(&asking(vec![Target::Read(path)], &process), &[]);
    assert!(view.targets[0].contains(evil) && view.process.command[0].contains(evil));
    let shown = [
        &view.title,
        &view.members[0].display,
        &view.process.display,
        &view.widened[0],
    ];
    for text in shown {
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text:?}");
    }
}

#[test]
fn the_largest_question_fits_into_one_message() {
    let process = Process {
        pid: u32::MAX,
        started: 1,
        exe: Some(format!("/{}", "\u{1}".repeat(4000)).into()),
        command: (0..1000).map(|_| "\u{1}".repeat(64)).collect(),
        others: (0..16).map(|_| "\u{1f600}".repeat(200)).collect(),
    };
    let path = |at| format!("/{at}{}", "/\u{1}".repeat(2000));
    let targets: Vec<_> = (0..askbox_gate::limits::MEMBERS_PER_QUESTION)
        .map(|at| Target::Read(CanonicalPath::new(path(at).as_ref()).unwrap()))
        .collect();
    let view = question(&asking(targets, &process), &[]);
    assert_eq!(view.targets.len(), askbox_gate::limits::MEMBERS_PER_QUESTION);
    askbox_wire::codec::encode(&Event::QuestionOpened(view)).unwrap();
}
