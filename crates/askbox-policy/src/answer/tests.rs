use std::path::Path;

use super::*;
use crate::Port;

fn network(host: &str, port: u16) -> Target {
    Target::Network(destination(host, port))
}

fn destination(host: &str, port: u16) -> Destination {
    Destination {
        host: Host::parse(host).unwrap(),
        port: Port::new(port).unwrap(),
    }
}

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn local() -> Target {
    let address = "10.1.2.3".parse().unwrap();
    Target::LocalNetwork {
        destination: destination("nas.example.com", 445),
        address,
    }
}

#[test]
fn an_answer_covers_exactly_what_was_listed_unless_widened() {
    let check = |target: Target, narrow: &str, wide: &str| {
        assert_eq!(preview(std::slice::from_ref(&target), false), [narrow]);
        assert_eq!(preview(std::slice::from_ref(&target), true), [wide]);
        for widen in [false, true] {
            for pattern in patterns(std::slice::from_ref(&target), widen) {
                assert!(pattern.matches(&target), "{pattern} matches {target}");
            }
        }
    };
    check(
        network("a.b.example.co.uk", 443),
        "network a.b.example.co.uk:443",
        "network **.example.co.uk:443",
    );
    check(network("co.uk", 80), "network co.uk:80", "network co.uk:80");
    check(
        network("192.0.2.1", 22),
        "network 192.0.2.1:22",
        "network 192.0.2.1:22",
    );
    let nas = "network nas.example.com:445 at 10.1.2.3 on your local network";
    check(local(), nas, nas);
    check(
        Target::Read(path("/home/u/a/b")),
        "read =/home/u/a/b",
        "read /home/u/a",
    );
    check(
        Target::Write(path("/home/u/a*")),
        r"write =/home/u/a\*",
        "write /home/u",
    );
    check(Target::Execute(path("/opt")), "execute =/opt", "execute =/opt");
}

#[test]
fn targets_of_one_family_widen_to_one_pattern() {
    let targets = [
        network("a.example.com", 443),
        network("b.example.com", 443),
        network("b.example.com", 80),
    ];
    assert_eq!(
        preview(&targets, true),
        ["network **.example.com:443", "network **.example.com:80"]
    );
    assert_eq!(patterns(&targets, false).len(), 3);
}

fn answer(duration: Duration, everywhere: bool) -> Answer {
    Answer {
        allow: true,
        duration,
        widen: false,
        everywhere,
    }
}

#[test]
fn the_default_scope_is_the_project() {
    let project = Project("/p".into());
    let [pattern] = patterns(&[network("example.com", 443)], false)
        .try_into()
        .unwrap();
    let rule = rule_from(pattern, &answer(Duration::Always, false), &project);
    assert_eq!(
        (rule.project.as_deref(), rule.origin),
        (Some(Path::new("/p")), Origin::Answered)
    );
    let everywhere = rule_from(rule.pattern.clone(), &answer(Duration::Always, true), &project);
    assert_eq!(everywhere.project, None);
    assert_ne!(everywhere.id, rule.id);
    let block = Answer {
        allow: false,
        ..answer(Duration::Always, false)
    };
    assert_eq!(
        rule_from(rule.pattern.clone(), &block, &project).effect,
        Effect::Deny
    );
}

#[test]
fn each_duration_has_its_scope_and_end() {
    let now = Moment {
        boot_id: "a".to_owned(),
        boot_ms: 5,
        wall_ms: 7,
    };
    let (session, project) = (SessionId("s".to_owned()), Project("/p".into()));
    let known = Process {
        pid: 1,
        started: 2,
        ..Process::unknown()
    };
    let unknown = Process::unknown();
    let give = |answer: Answer, process: &Process| {
        let asked = Asked {
            session: &session,
            project: &project,
            process,
        };
        let [pattern] = patterns(&[network("example.com", 443)], false)
            .try_into()
            .unwrap();
        grant_from(GrantId("g".to_owned()), pattern, &answer, &asked, &now)
            .map(|grant| (grant.scope, grant.expires.map(|end| end.boot_ms - 5)))
    };
    let once = |process: &Process| Scope::Once {
        session: session.clone(),
        process: process.clone(),
    };
    assert_eq!(
        give(answer(Duration::Once, false), &known),
        Some((once(&known), Some(600_000)))
    );
    assert_eq!(
        give(answer(Duration::Once, true), &unknown),
        Some((once(&unknown), Some(120_000)))
    );
    assert_eq!(
        give(answer(Duration::Session, true), &known),
        Some((Scope::Session(session.clone()), None))
    );
    assert_eq!(
        give(answer(Duration::For(9), false), &known),
        Some((Scope::Project("/p".into()), Some(9)))
    );
    assert_eq!(
        give(answer(Duration::For(9), true), &known),
        Some((Scope::Everywhere, Some(9)))
    );
    assert_eq!(give(answer(Duration::Always, false), &known), None);
}
