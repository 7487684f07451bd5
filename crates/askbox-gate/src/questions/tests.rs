//! What somebody saw of a question who looked at an earlier revision.

use std::path::PathBuf;

use askbox_policy::{Basis, Destination, Host, Kind, Port, Process, Project, SessionId, Target};

use super::{Member, Question, QuestionId};

/// A question at revision 4 with members that these revisions listed.
fn question(kind: Kind, listed: &[u32]) -> Question {
    let member = |(number, since): (usize, &u32)| Member {
        target: Target::Network(Destination {
            host: Host::parse(&format!("h{number}.test")).unwrap(),
            port: Port::new(443).unwrap(),
        }),
        process: Process::unknown(),
        basis: Basis::NoRule,
        waiting: 1,
        since: *since,
    };
    Question {
        id: QuestionId(7),
        revision: 4,
        kind,
        session: SessionId("s1".into()),
        project: Project(PathBuf::from("/p/app")),
        session_name: String::new(),
        members: listed.iter().enumerate().map(member).collect(),
        group: "test".into(),
        unlisted: 0,
        raised_ms: 0,
        expires_ms: 0,
    }
}

fn since(question: Option<Question>) -> Vec<u32> {
    let members = question.map(|question| question.members).unwrap_or_default();
    members.iter().map(|member| member.since).collect()
}

#[test]
fn what_was_seen_is_what_was_listed_by_then_and_still_is() {
    let check = |kind, listed: &[u32], revision, seen: &[u32], beyond: &[u32]| {
        let question = question(kind, listed);
        assert_eq!(
            (
                since(question.clone().seen_at(revision)).as_slice(),
                since(question.beyond(revision)).as_slice()
            ),
            (seen, beyond),
            "{kind:?} {listed:?} at {revision}"
        );
    };
    check(Kind::Network, &[1, 2, 4], 4, &[1, 2, 4], &[]);
    check(Kind::Network, &[1, 2, 4], 3, &[1, 2], &[4]);
    check(Kind::Network, &[1, 2, 4], 1, &[1], &[2, 4]);
    // Two of one operation were listed at once.
    check(Kind::Write, &[1, 1, 4], 1, &[1, 1], &[4]);
    // What was answered or decided since is not there, and neither is anything else in its place.
    check(Kind::Read, &[3, 4], 2, &[], &[3, 4]);
    check(Kind::Execute, &[1, 4], 0, &[], &[1, 4]);
    // A revision that there was not yet is nobody's.
    check(Kind::Network, &[1, 4], 5, &[], &[]);
    // What asks about one thing is answered as it is now.
    for kind in [Kind::Profile, Kind::Neighbour, Kind::Growth] {
        check(kind, &[1, 4], 4, &[1, 4], &[]);
        check(kind, &[1, 4], 3, &[], &[4]);
    }
}
