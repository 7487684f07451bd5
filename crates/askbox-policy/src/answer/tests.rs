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

fn lists() -> Lists {
    Lists::for_home(&path("/home/u"), &[], &[])
}

fn check(targets: &[Target], widen: bool, expected: &[&str]) {
    let patterns = patterns(targets, widen, &lists());
    let text = |pattern: &Pattern| format!("{} {pattern}", pattern.kind());
    assert_eq!(patterns.iter().map(text).collect::<Vec<_>>(), expected);
    for target in targets {
        let is_covered = patterns.iter().any(|pattern| pattern.matches(target));
        assert!(is_covered, "{target}");
    }
}

fn reads(paths: &[&str]) -> Vec<Target> {
    paths.iter().map(|text| Target::Read(path(text))).collect()
}

fn writes(paths: &[&str]) -> Vec<Target> {
    paths.iter().map(|text| Target::Write(path(text))).collect()
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
    let check_both = |target: Target, narrow: &str, wide: &str| {
        check(std::slice::from_ref(&target), false, &[narrow]);
        check(std::slice::from_ref(&target), true, &[wide]);
    };
    check_both(
        network("a.b.example.co.uk", 443),
        "network a.b.example.co.uk:443",
        "network **.example.co.uk:443",
    );
    check_both(network("co.uk", 80), "network co.uk:80", "network co.uk:80");
    check_both(
        network("192.0.2.1", 22),
        "network 192.0.2.1:22",
        "network 192.0.2.1:22",
    );
    let nas = "network nas.example.com:445 at 10.1.2.3";
    check_both(local(), nas, nas);
    check_both(
        Target::Read(path("/home/u/a/b")),
        "read =/home/u/a/b",
        "read /home/u/a",
    );
    check_both(
        Target::Execute(path("/opt/x/bin/y")),
        "execute =/opt/x/bin/y",
        "execute /opt/x/bin",
    );
}

#[test]
fn files_widen_to_the_deepest_directory_that_holds_them_all() {
    check(
        &reads(&["/home/u/n/a/1", "/home/u/n/a/2"]),
        true,
        &["read /home/u/n/a"],
    );
    check(
        &reads(&["/home/u/n/a/1", "/home/u/n/b/c/2"]),
        true,
        &["read /home/u/n"],
    );
    check(&reads(&["/home/u/n", "/home/u/n/b/2"]), true, &["read /home/u/n"]);
    check(
        &reads(&["/home/u/.config/x/1", "/home/u/.config/y/1"]),
        true,
        &["read /home/u/.config/x", "read /home/u/.config/y"],
    );
    let kinds = [reads(&["/home/u/n/a/1"]), writes(&["/home/u/n/b/1"])].concat();
    check(&kinds, true, &["read /home/u/n/a", "write /home/u/n/b"]);
}

#[test]
fn nothing_widens_to_the_home_directory_or_to_what_many_share() {
    // Below a file there is nothing more; below a directory there is.
    check(
        &reads(&["/home/u/a*", "/home/u/b"]),
        true,
        &[r"read /home/u/a\*", "read /home/u/b"],
    );
    for holder in [
        "/",
        "/home",
        "/home/u",
        "/home/u/.config",
        "/home/u/.local/share",
        "/opt",
    ] {
        check(&reads(&[holder]), true, &[&format!("read ={holder}")]);
    }
}

#[test]
fn what_a_list_protects_is_answered_by_its_path_alone() {
    check(
        &writes(&["/home/u/.bashrc", "/home/u/.config/fish/config.fish"]),
        true,
        &[
            "write =/home/u/.bashrc",
            "write =/home/u/.config/fish/config.fish",
        ],
    );
    // Whoever may write to a directory that holds an entry may move the entry away.
    check(
        &writes(&["/home/u/.cargo", "/home/u/.cargo/a/1", "/home/u/.cargo/a/2"]),
        true,
        &["write =/home/u/.cargo", "write /home/u/.cargo/a"],
    );
    check(&reads(&["/home/u/.ssh/id"]), true, &["read =/home/u/.ssh/id"]);
}

#[test]
fn the_answer_to_a_listed_directory_is_not_for_what_lies_below() {
    let [pattern] = patterns(&reads(&["/home/u/n"]), false, &lists())
        .try_into()
        .unwrap();
    assert!(pattern.matches(&Target::Read(path("/home/u/n"))));
    assert!(!pattern.matches(&Target::Read(path("/home/u/n/a"))));
    let [pattern] = patterns(&reads(&["/home/u/n"]), true, &lists())
        .try_into()
        .unwrap();
    assert!(pattern.matches(&Target::Read(path("/home/u/n/a"))));
    assert!(!pattern.matches(&Target::Read(path("/home/u/nn"))));
}

#[test]
fn targets_of_one_family_widen_to_one_pattern() {
    let targets = [
        network("a.example.com", 443),
        network("b.example.com", 443),
        network("b.example.com", 80),
    ];
    check(
        &targets,
        true,
        &["network **.example.com:443", "network **.example.com:80"],
    );
    assert_eq!(patterns(&targets, false, &lists()).len(), 3);
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
    let [pattern] = patterns(&[network("example.com", 443)], false, &lists())
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
        let [pattern] = patterns(&[network("example.com", 443)], false, &lists())
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

#[test]
fn growth_is_remembered_for_a_session_or_a_time_and_never_denied_beyond_the_question() {
    let session = SessionId("s".to_owned());
    let asked = Asked {
        session: &session,
        project: &Project("/p".into()),
        process: &Process::unknown(),
    };
    let now = crate::grant::Moment {
        boot_id: "a".to_owned(),
        boot_ms: 1,
        wall_ms: 1,
    };
    for (allow, duration, expected) in [
        (true, Duration::Once, None),
        (true, Duration::Session, Some(Scope::Session(session.clone()))),
        (true, Duration::For(60_000), Some(Scope::Project("/p".into()))),
        (true, Duration::Always, None),
        (false, Duration::Once, None),
        (false, Duration::Session, None),
        (false, Duration::For(60_000), None),
    ] {
        let answer = Answer {
            allow,
            duration,
            widen: false,
            everywhere: false,
        };
        let pattern = Pattern::Growth(GrowthPattern);
        let grant = grant_from(GrantId("g".to_owned()), pattern, &answer, &asked, &now);
        assert_eq!(grant.map(|grant| grant.scope), expected, "{answer:?}");
    }
}
