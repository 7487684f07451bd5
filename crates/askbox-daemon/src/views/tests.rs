use askbox_policy::{Basis, CanonicalPath, Kind, Project, SessionId};

use super::*;

fn shown_by() -> ShownBy {
    let home = CanonicalPath::new("/home/u".as_ref()).unwrap();
    ShownBy {
        lists: Arc::new(Lists::for_home(&home, &[], &[])),
        toolchains: [].into(),
    }
}

fn reads(paths: &[&str]) -> Vec<Target> {
    let path = |path: &&str| CanonicalPath::new(path.as_ref()).unwrap();
    paths.iter().map(path).map(Target::Read).collect()
}

fn cat() -> Process {
    Process {
        exe: Some("/usr/bin/cat".into()),
        ..Process::unknown()
    }
}

fn asking(targets: Vec<Target>, process: &Process) -> Question {
    let member = |target| askbox_gate::Member {
        target,
        process: process.clone(),
        basis: Basis::NoRule,
        waiting: 1,
        since: 1,
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
    let view = question(&asking(vec![Target::Read(path)], &process), &shown_by());
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
        interpreter: Some(format!("/{}", "\u{1}".repeat(4000)).into()),
        ancestors: (0..16).map(|_| "\u{1f600}".repeat(200)).collect(),
    };
    let path = |at| format!("/{at}{}", "/\u{1}".repeat(2000));
    let targets: Vec<_> = (0..askbox_gate::limits::MEMBERS_PER_QUESTION)
        .map(|at| Target::Read(CanonicalPath::new(path(at).as_ref()).unwrap()))
        .collect();
    let view = question(&asking(targets, &process), &shown_by());
    assert_eq!(view.targets.len(), askbox_gate::limits::MEMBERS_PER_QUESTION);
    askbox_wire::codec::encode(&Event::QuestionOpened(view)).unwrap();
}

#[test]
fn files_are_shown_below_home_and_with_what_widening_covers() {
    let mut asked = asking(reads(&["/home/u/notes/a/1", "/home/u/notes/a/2"]), &cat());
    asked.group = "/home/u/notes".into();
    asked.unlisted = 188;
    let view = question(&asked, &shown_by());
    assert_eq!(view.title, "cat (app) wants to read ~/notes/a/1 and 189 more");
    assert_eq!(
        (view.group.as_str(), view.members[1].display.as_str()),
        ("~/notes", "~/notes/a/2")
    );
    assert_eq!(view.targets[1], "/home/u/notes/a/2");
    assert_eq!(view.widened, ["read ~/notes/a and everything below"]);
}

#[test]
fn the_start_of_a_script_names_who_reads_it() {
    let path = CanonicalPath::new("/home/u/bin/tool".as_ref()).unwrap();
    let starts = Process {
        interpreter: Some("/usr/bin/x\u{202e}y".into()),
        ..cat()
    };
    let mut asked = asking(vec![Target::Execute(path)], &starts);
    asked.kind = Kind::Execute;
    let view = question(&asked, &shown_by());
    let shown = r"~/bin/tool, a script read by /usr/bin/x\u{202e}y";
    assert_eq!(view.title, format!("cat (app) wants to run {shown}"));
    assert_eq!(view.members[0].display, shown);
    assert_eq!(view.targets, ["/home/u/bin/tool"]);
}

#[test]
fn a_write_that_runs_outside_later_says_so() {
    let path = CanonicalPath::new("/home/u/.bashrc".as_ref()).unwrap();
    let mut asked = asking(vec![Target::Write(path)], &cat());
    asked.kind = Kind::Write;
    asked.members[0].basis = Basis::Startup("shell start-up file".into());
    let view = question(&asked, &shown_by());
    assert_eq!(
        view.title,
        "cat (app) wants to change ~/.bashrc (it runs outside the sandbox later: shell start-up file)"
    );
    assert_eq!(view.widened, ["write ~/.bashrc"]);
}

#[test]
fn a_question_about_a_profile_lists_all_that_it_covers() {
    let mut asked = asking(vec![Target::Profile("claude".parse().unwrap())], &cat());
    asked.kind = Kind::Profile;
    let view = question(&asked, &shown_by());
    for line in [
        "read ~/.claude and everything below",
        "read and write ~/.claude/.credentials.json",
        "read and write ~/.claude/projects and everything below",
    ] {
        assert!(
            view.covers.iter().any(|one| one == line),
            "{line}: {:#?}",
            view.covers
        );
    }
    let families = view.covers.iter().filter(|one| one.starts_with("network "));
    assert_eq!(families.count(), 3);
    let path = CanonicalPath::new("/home/u/notes".as_ref()).unwrap();
    assert!(
        question(&asking(vec![Target::Read(path)], &cat()), &shown_by())
            .covers
            .is_empty()
    );
}

#[test]
fn a_host_comes_in_parts_and_a_path_or_an_address_has_none() {
    let network = |host: &str, port: u16| {
        Target::Network(askbox_policy::Destination {
            host: askbox_policy::Host::parse(host).unwrap(),
            port: askbox_policy::Port::new(port).unwrap(),
        })
    };
    let targets = vec![
        network("www.münchen.test", 8443),
        network("192.0.2.1", 443),
        reads(&["/home/u/a"]).remove(0),
    ];
    let view = question(&asking(targets, &cat()), &shown_by());
    let hosts: Vec<_> = view.members.into_iter().map(|member| member.host).collect();
    let host = HostView {
        labels: "www.".into(),
        registrable: "xn--mnchen-3ya.test".into(),
        unicode: Some("www.münchen.test".into()),
        port: 8443,
    };
    assert_eq!(hosts, [Some(host), None, None]);
}

#[test]
fn a_process_is_shown_harmless_and_with_the_time_of_its_start() {
    let now = Moment {
        boot_id: String::new(),
        boot_ms: 100_000,
        wall_ms: 1_700_000_000_000,
    };
    let node = |command: &[&str], started| Node {
        pid: 7,
        parent: Some(6),
        name: "e\u{1b}vil".into(),
        command: command.iter().map(|&word| word.to_owned()).collect(),
        started,
    };
    let shown = |command: &[&str], started| {
        let node = process_node(&node(command, started), &now);
        (node.display, node.started)
    };
    // 40 seconds after the machine, and so one minute ago.
    let minute_ago = Some("2023-11-14T22:12:20.000Z".to_owned());
    assert_eq!(
        shown(&["ls", "\u{202e}x"], 4_000),
        (r"ls $'\u202ex'".to_owned(), minute_ago.clone())
    );
    assert_eq!(shown(&[], 4_000), (r"(e\u{1b}vil)".to_owned(), minute_ago));
    assert_eq!(shown(&["ls"], 10_001).1, None);
}
