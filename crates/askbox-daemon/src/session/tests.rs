use std::fs;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;

use askbox_policy::{SessionId, Switches};
use askbox_wire::{
    Descriptor, ErrorCode, Event, Request, Response, RunOptions, SessionState, Stop, StopReason, Topic,
};

use super::flags;
use crate::testing::{Place, World, follow, launch_request, listeners, refusal, run_session, wait_for};

#[test]
fn a_session_lasts_as_long_as_its_connection() {
    let world = World::new();
    let mut follower = world.client();
    follow(&mut follower, &[Topic::Sessions]);
    let mut client = world.client();
    let (session, mut leash) = run_session(&mut client, launch_request(&world.project("p")));
    assert_eq!(
        client
            .call(Request::Started {
                session: session.clone(),
                pid: std::process::id()
            })
            .unwrap(),
        Response::Done
    );
    let Response::Sessions(sessions) = follower.call(Request::Sessions).unwrap() else {
        panic!("no sessions")
    };
    assert_eq!((sessions.len(), sessions[0].state), (1, SessionState::Running));
    assert_eq!(sessions[0].pid, Some(std::process::id()));

    drop(client);
    assert_eq!(leash.read(&mut [0]).unwrap(), 0);
    wait_for(&mut follower, |event| {
        (event
            == Event::SessionEnded {
                session: session.clone(),
            })
        .then_some(())
    });
    assert_eq!(
        follower.call(Request::Sessions).unwrap(),
        Response::Sessions(Vec::new())
    );
    assert_eq!(
        world.log(),
        ["daemon started", "session started", "session ended"]
    );
}

#[test]
fn a_session_that_ends_by_itself_says_how() {
    let world = World::new();
    let mut client = world.client();
    let (session, mut leash) = run_session(&mut client, launch_request(&world.project("p")));
    assert_eq!(
        client
            .call(Request::Ended {
                session: session.clone(),
                status: 7
            })
            .unwrap(),
        Response::Ended { made: Vec::new() }
    );
    assert_eq!(leash.read(&mut [0]).unwrap(), 0);
    let again = Request::Ended { session, status: 7 };
    assert_eq!(refusal(client.call(again)).code, ErrorCode::NotFound);
}

#[test]
fn what_a_session_made_that_runs_outside_is_said_and_logged_at_its_end() {
    let world = World::new();
    let project = world.project("p");
    let made = |text: &str| {
        let entry = format!("session made {text}");
        let details = world.log_details();
        assert_eq!(details[details.len() - 2], entry);
        assert!(
            details[details.len() - 1].starts_with("session ended"),
            "{details:?}"
        );
    };
    let mut client = world.client();
    let (session, _leash) = run_session(&mut client, launch_request(&project));
    fs::write(project.join(".envrc"), "").unwrap();
    fs::create_dir_all(project.join("x\u{1b}/.git")).unwrap();
    fs::write(project.join("ordinary"), "").unwrap();
    let ended = client.call(Request::Ended { session, status: 0 }).unwrap();
    let names = [".envrc", "x\\u{1b}/.git"].map(str::to_owned).to_vec();
    assert_eq!(ended, Response::Ended { made: names });
    made(".envrc, x\\u{1b}/.git");

    // It is there already for this one; and nobody is left to be told when the client goes.
    let mut follower = world.client();
    follow(&mut follower, &[Topic::Sessions]);
    let mut client = world.client();
    let (session, _leash) = run_session(&mut client, launch_request(&project));
    fs::write(project.join(".mcp.json"), "").unwrap();
    drop(client);
    let ended = Event::SessionEnded { session };
    wait_for(&mut follower, |event| (event == ended).then_some(()));
    made(".mcp.json");
}

#[test]
fn a_session_is_asked_to_end_first_and_its_client_hears_why() {
    let world = World::new();
    let mut client = world.client();
    let (session, mut leash) = run_session(&mut client, launch_request(&world.project("p")));
    let mut other = world.client();
    let stop = Request::Stop(Stop::All);
    assert_eq!(other.call(stop.clone()).unwrap(), Response::Stopped { count: 1 });
    let mut order = [0; 2];
    assert_eq!(leash.read(&mut order).unwrap(), 1);
    assert_eq!(order, *b"t\0");
    let stopping = Event::SessionStopping {
        session: session.clone(),
        reason: StopReason::Asked,
        text: String::new(),
    };
    assert_eq!(client.next_event().unwrap(), Some(stopping));
    // A second time asks for nothing new; killing does not wait.
    assert_eq!(other.call(stop).unwrap(), Response::Stopped { count: 1 });
    assert_eq!(
        other.call(Request::Kill(Stop::All)).unwrap(),
        Response::Stopped { count: 1 }
    );
    assert_eq!(leash.read(&mut order).unwrap(), 0);
    assert_eq!(
        client.next_event().unwrap(),
        Some(Event::SessionEnded { session })
    );
}

#[test]
fn only_a_frozen_session_is_thawed() {
    let world = World::new();
    let mut client = world.client();
    let (session, _leash) = run_session(&mut client, launch_request(&world.project("p")));
    let thaw = |session: SessionId| Request::Thaw {
        session,
        disk_bytes: None,
    };
    let mut other = world.client();
    assert_eq!(refusal(other.call(thaw(session))).code, ErrorCode::Refused);
    let unknown = SessionId("none".into());
    assert_eq!(refusal(other.call(thaw(unknown))).code, ErrorCode::NotFound);
}

#[test]
fn a_killed_session_loses_its_leash_and_its_client_hears_of_it() {
    let world = World::new();
    let mut client = world.client();
    let (session, mut leash) = run_session(&mut client, launch_request(&world.project("p")));
    let mut other = world.client();
    let stop = Request::Kill(Stop::Session(session.clone()));
    assert_eq!(other.call(stop.clone()).unwrap(), Response::Stopped { count: 1 });
    assert_eq!(leash.read(&mut [0]).unwrap(), 0);
    let stopping = Event::SessionStopping {
        session: session.clone(),
        reason: StopReason::Asked,
        text: String::new(),
    };
    assert_eq!(client.next_event().unwrap(), Some(stopping));
    assert_eq!(
        client.next_event().unwrap(),
        Some(Event::SessionEnded { session })
    );
    // It does not end, so its connection is closed.
    assert_eq!(client.next_event().unwrap(), None);
    assert_eq!(
        other.call(Request::Stop(Stop::All)).unwrap(),
        Response::Stopped { count: 0 }
    );
    assert_eq!(refusal(other.call(stop)).code, ErrorCode::NotFound);
}

#[test]
fn only_its_own_connection_speaks_for_a_session() {
    let world = World::new();
    let mut client = world.client();
    let request = Box::new(launch_request(&world.project("p")));
    let Response::Launched { session, .. } = client.call(Request::Launch(request.clone())).unwrap() else {
        panic!("not launched");
    };
    assert_eq!(
        refusal(client.call(Request::Launch(request))).code,
        ErrorCode::Malformed
    );

    let (_leash, writer) = std::io::pipe().unwrap();
    let descriptors = listeners(writer);
    let all: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    let serve = |attached: &[Descriptor]| Request::Serve {
        session: session.clone(),
        attached: attached.to_vec(),
    };
    let mut stranger = world.client();
    let refused = refusal(stranger.call_with_descriptors(serve(&Descriptor::CAPTURED), &all));
    assert_eq!(refused.code, ErrorCode::NotFound);
    // Nor is a session of its own enough.
    let own = Box::new(launch_request(&world.project("own")));
    let launched = stranger.call(Request::Launch(own)).unwrap();
    assert!(matches!(launched, Response::Launched { .. }), "{launched:?}");
    let refused = refusal(stranger.call_with_descriptors(serve(&Descriptor::CAPTURED), &all));
    assert_eq!(refused.code, ErrorCode::NotFound);

    let mut twice = Descriptor::CAPTURED;
    twice[1] = Descriptor::Tcp4;
    for (attached, descriptors) in [
        (&twice[..], &all[..]),
        (&Descriptor::CAPTURED[..6], &all[..6]),
        (&Descriptor::CAPTURED, &all[..6]),
    ] {
        let refused = refusal(client.call_with_descriptors(serve(attached), descriptors));
        assert_eq!(refused.code, ErrorCode::Malformed, "{attached:?}");
    }
    assert_eq!(
        client
            .call_with_descriptors(serve(&Descriptor::CAPTURED), &all)
            .unwrap(),
        Response::Serving
    );
    let again = refusal(client.call_with_descriptors(serve(&Descriptor::CAPTURED), &all));
    assert_eq!(again.code, ErrorCode::NotFound);
}

#[test]
fn launches_that_could_do_harm_are_refused() {
    let world = World::new();
    let project = world.project("p");
    let mut client = world.client();
    let home = world.daemon.home.as_path().to_owned();
    for (request, expected) in [
        (launch_request("/".as_ref()), ErrorCode::Refused),
        (launch_request(&home), ErrorCode::Refused),
        (launch_request(world.paths.config()), ErrorCode::Refused),
        (
            askbox_wire::LaunchRequest {
                uid: 12345,
                ..launch_request(&project)
            },
            ErrorCode::Refused,
        ),
        (
            askbox_wire::LaunchRequest {
                argv: Vec::new(),
                ..launch_request(&project)
            },
            ErrorCode::Malformed,
        ),
        (
            with_options(&project, |options| options.preset = Some("wild".into())),
            ErrorCode::Refused,
        ),
        (
            with_options(&project, |options| options.allow_domain = vec!["a b".into()]),
            ErrorCode::Refused,
        ),
        (
            with_options(&project, |options| {
                options.allow_read = vec!["~/.ssh/../x".into()];
            }),
            ErrorCode::Refused,
        ),
    ] {
        let shown = format!("{:?} in {:?}", request.options, request.cwd);
        assert_eq!(
            refusal(client.call(Request::Launch(Box::new(request)))).code,
            expected,
            "{shown}"
        );
    }
    assert_eq!(world.log(), ["daemon started"]);
    run_session(&mut client, launch_request(&project));
}

/// Starts a daemon that must refuse to launch with these words, then mends the policy, after which it launches.
fn refuses_until_mended(place: Place, words: &str, mend: impl FnOnce(&World)) -> World {
    let world = place.start();
    let mut client = world.client();
    let request = launch_request(&world.project("p"));
    let error = refusal(client.call(Request::Launch(Box::new(request.clone()))));
    assert_eq!(error.code, ErrorCode::Policy);
    assert!(error.message.contains(words), "{}", error.message);
    assert!(error.hint.is_some(), "{error:?}");
    let Response::Status(status) = client.call(Request::Status).unwrap() else {
        panic!("no status")
    };
    assert!(
        status.warnings[0].contains(words) && status.warnings[0].contains("no session starts"),
        "{:?}",
        status.warnings
    );
    assert!(status.obstacle.unwrap().reason.contains(words));
    mend(&world);
    run_session(&mut client, request);
    world
}

#[test]
fn no_session_starts_under_an_administrators_broken_policy() {
    let place = Place::new();
    let file = place.managed().join("10.toml");
    fs::write(&file, "[[rule]]\neffect = 1\nnetwork = \"*\"\n").unwrap();
    refuses_until_mended(place, "10.toml: line 2", |_| fs::write(&file, "").unwrap());
}

#[test]
fn no_session_starts_under_rules_that_were_never_good() {
    let place = Place::new();
    fs::write(
        place.paths.policy(),
        "[[rule]]\neffect = \"denny\"\nnetwork = \"*\"\n",
    )
    .unwrap();
    refuses_until_mended(place, "policy.toml: line 2", |world| {
        fs::write(world.paths.policy(), "").unwrap();
    });

    let place = Place::new();
    let elsewhere = place.directory.path().join("dotfiles.toml");
    std::os::unix::fs::symlink(&elsewhere, place.paths.policy()).unwrap();
    refuses_until_mended(place, "a link to a file that is not there", |_| {
        fs::write(&elsewhere, "").unwrap();
    });
}

#[test]
fn no_session_starts_without_a_block_list_that_was_never_read() {
    let place = Place::new();
    let list = place.directory.path().join("ads.txt");
    let policy = format!("[network]\nblock_lists = [\"{}\"]\n", list.display());
    fs::write(place.paths.policy(), policy).unwrap();
    let world = refuses_until_mended(place, "ads.txt cannot be read", |_| {
        fs::write(&list, "ads.test\n").unwrap();
    });

    // One that vanishes while the daemon runs keeps its names, and stops nobody.
    let mut client = world.client();
    follow(&mut client, &[Topic::Policy]);
    fs::remove_file(&list).unwrap();
    let policy = wait_for(&mut client, |event| match event {
        Event::PolicyChanged(policy) => Some(policy),
        _ => None,
    });
    assert_eq!(policy.blocked_names, 1);
    run_session(&mut world.client(), launch_request(&world.project("p")));
}

#[test]
fn a_projects_file_may_loosen_only_as_it_was_trusted() {
    let world = World::new();
    let project = world.project("p");
    let file = project.join(".askbox.toml");
    let allow = "[[rule]]\neffect = \"allow\"\nnetwork = \"ok.test\"\n";
    fs::write(&file, allow).unwrap();
    let allowed = |world: &World| {
        let mut client = world.client();
        let (session, _leash) = run_session(&mut client, launch_request(&project));
        let mut request = crate::testing::wanted(&session, "ok.test");
        request.project = askbox_policy::Project(project.clone());
        matches!(world.daemon.gate.peek(&request), askbox_policy::Verdict::Allow(_))
    };
    assert!(!allowed(&world));
    let trust = Request::Trust {
        directory: project.clone().into(),
    };
    let Response::Trusted(trusted) = world.client().call(trust).unwrap() else {
        panic!("not trusted")
    };
    assert_eq!(trusted.rules.len(), 1);
    assert!(allowed(&world));

    fs::write(&file, format!("{allow}# and more\n")).unwrap();
    assert!(!allowed(&world));
    fs::write(&file, "nonsense").unwrap();
    let error = refusal(
        world
            .client()
            .call(Request::Launch(Box::new(launch_request(&project)))),
    );
    assert_eq!(error.code, ErrorCode::Policy);
    fs::write(&file, allow).unwrap();
    let world = world.end().start();
    assert!(allowed(&world), "trust outlives the daemon");
}

#[test]
fn a_broken_list_of_trusted_files_is_kept_and_trusts_nothing() {
    let place = Place::new();
    let broken = "{\"version\":1,\"files\":[";
    fs::write(place.paths.trusted(), broken).unwrap();
    let world = place.start();
    let kept = world.paths.trusted().with_file_name("trusted.json.broken-1");
    let warnings = |world: &World| {
        let Response::Status(status) = world.client().call(Request::Status).unwrap() else {
            panic!("no status")
        };
        status.warnings
    };
    let warned = warnings(&world);
    assert!(
        warned[0].contains("no project file is trusted") && warned[0].contains(kept.to_str().unwrap()),
        "{warned:?}"
    );

    // A new list does not overwrite it, and the next daemon finds nothing wrong.
    let project = world.project("p");
    fs::write(project.join(".askbox.toml"), "").unwrap();
    let trust = Request::Trust {
        directory: project.into(),
    };
    world.client().call(trust).unwrap();
    let world = world.end().start();
    assert_eq!(warnings(&world), Vec::<String>::new());
    assert_eq!(fs::read_to_string(&kept).unwrap(), broken);
}

fn with_options(project: &Path, change: impl FnOnce(&mut RunOptions)) -> askbox_wire::LaunchRequest {
    let mut request = launch_request(project);
    change(&mut request.options);
    request
}

/// Launches the known program from this file and returns what is said to the person at the terminal.
fn notices_of(world: &World, program: &Path, change: impl FnOnce(&mut RunOptions)) -> Vec<String> {
    let mut request = with_options(&world.project("p"), change);
    request.argv = vec!["claude".into()];
    request.program = Some(program.to_owned().into());
    let Response::Launched { notices, .. } = world.client().call(Request::Launch(Box::new(request))).unwrap()
    else {
        panic!("not launched")
    };
    notices
        .into_iter()
        .filter(|notice| notice.contains("Claude Code"))
        .collect()
}

#[test]
fn a_profile_that_nobody_may_be_asked_about_is_said_once() {
    let world = World::new();
    let alone = |options: &mut RunOptions| options.non_interactive = true;
    let installed = Path::new("/usr/bin/true");
    assert_eq!(
        notices_of(&world, installed, alone),
        [
            "Claude Code goes without its own login and state, git configuration and shell start-up files (31 paths, 3 domain families): nobody may be asked; \
             --profile claude opens that"
        ]
    );
    let none: [&str; 0] = [];
    assert_eq!(notices_of(&world, installed, |_| {}), none);
    let without = |options: &mut RunOptions| {
        alone(options);
        options.profile = Some("none".to_owned());
    };
    assert_eq!(notices_of(&world, installed, without), none);
    let made = world.project("p").join("claude");
    fs::write(&made, "").unwrap();
    assert_eq!(notices_of(&world, &made, alone), none);
    assert_eq!(notices_of(&world, "/no/such/file".as_ref(), alone), none);
}

#[test]
fn a_wall_that_was_to_go_down_and_stands_is_said() {
    let switches = |nested_sandbox, debugger| Switches {
        nested_sandbox,
        debugger,
    };
    let said = |wanted, down| flags::switches_in_vain(wanted, down).collect::<Vec<_>>();
    let both = switches(true, true);
    assert_eq!(said(both, both), Vec::<String>::new());
    assert_eq!(
        said(switches(false, false), switches(false, false)),
        Vec::<String>::new()
    );
    let one = said(both, switches(true, false));
    assert!(
        matches!(one.as_slice(), [notice] if notice.starts_with("--debugger has no effect")),
        "{one:?}"
    );
}
