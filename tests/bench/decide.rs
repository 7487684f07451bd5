//! One verdict with a million block-list names, and the memory that the names take.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use askbox_policy::block_list::BlockList;
use askbox_policy::policy::{Policy, SessionRules};
use askbox_policy::{
    CanonicalPath, Destination, GrantSet, Host, Moment, Port, Process, Project, Request, SessionId, Target,
};

use crate::Rounds;
use crate::table::{self, Bar};

const NAMES: usize = 1_000_000;

pub(crate) fn measure(rounds: Rounds) {
    let mut text = String::new();
    for number in 0..NAMES {
        writeln!(text, "blocked-{number}.example-{}.test", number % 5000).unwrap();
    }
    let list = BlockList::parse("names", &text);
    let megabytes = list.heap_bytes() as f64 / 1e6;
    let home = CanonicalPath::new(std::path::Path::new("/home/ada")).unwrap();
    let policy = Policy::builtin(&home).with_block_lists(vec![Arc::new(list)]);
    let (session, grants) = (SessionRules::default(), GrantSet::default());
    let now = Moment {
        boot_id: "boot".into(),
        boot_ms: 1,
        wall_ms: 1,
    };
    let requests: Vec<Request> = (0..1024)
        .map(|number| request(&format!("a.b.host-{number}.test")))
        .collect();
    let start = Instant::now();
    for round in 0..rounds.verdicts {
        std::hint::black_box(policy.decide(&requests[round % requests.len()], &session, &grants, &now, 0));
    }
    let microseconds = start.elapsed().as_secs_f64() * 1e6 / rounds.verdicts as f64;
    table::line(
        "decide with a million blocked names",
        microseconds,
        "µs",
        Bar::AtMost(1.0),
        "a name that no list has",
    );
    table::line(
        "a million blocked names in memory",
        megabytes,
        "MB",
        Bar::AtMost(40.0),
        "",
    );
}

fn request(name: &str) -> Request {
    Request {
        session: SessionId("s1".into()),
        project: Project(PathBuf::from("/home/ada/work")),
        process: Process::unknown(),
        target: Target::Network(Destination {
            host: Host::parse(name).unwrap(),
            port: Port::new(443).unwrap(),
        }),
    }
}
