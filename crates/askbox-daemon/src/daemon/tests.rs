use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;

use askbox_audit::{Key, Reader, Verification};
use askbox_wire::{Client, ClientError, Event as Told, LockError, Request, Response, Topic, VERSION};

use super::*;
use crate::testing::{Place, World, follow, log_of, wait_for};

#[test]
fn a_front_end_is_greeted_and_told_how_the_daemon_is() {
    let world = World::new();
    let Response::Status(status) = world.client().call(Request::Status).unwrap() else {
        panic!("no status")
    };
    assert_eq!(
        (status.version.as_str(), status.pid),
        (VERSION, std::process::id())
    );
    assert_eq!(status.warnings, Vec::<String>::new());
    assert_eq!(status.policy.preset, "minimal");
}

#[test]
fn directories_and_socket_are_for_their_user_alone() {
    let world = World::new();
    for path in world
        .paths
        .own()
        .into_iter()
        .chain([world.paths.stage().as_path()])
    {
        assert_eq!(
            fs::metadata(path).unwrap().mode() & 0o777,
            0o700,
            "{}",
            path.display()
        );
    }
    assert_eq!(fs::metadata(world.paths.socket()).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn nobody_else_may_write_where_the_directories_lie() {
    for (before, after) in [(0o777, 0o755), (0o770, 0o750), (0o711, 0o711)] {
        let place = Place::new();
        let root = place.paths.root().unwrap().to_owned();
        fs::set_permissions(&root, Permissions::from_mode(before)).unwrap();
        let _world = place.start();
        assert_eq!(fs::metadata(&root).unwrap().mode() & 0o7777, after, "{before:o}");
    }
}

#[test]
fn a_second_daemon_is_refused_and_the_first_stays() {
    let world = World::new();
    let place = Place::new();
    let second = run(&world.paths, place.options(None));
    assert!(matches!(&second, Err(Error::Lock(LockError::Held))));
    assert_eq!(second.unwrap_err().to_string(), "a daemon is already running");
    assert!(world.client().call(Request::Status).is_ok());
}

#[test]
fn a_second_daemon_with_another_runtime_directory_is_refused_and_the_first_stays() {
    let world = World::new();
    let mut before = world.client();
    // What another one would find there.
    fs::remove_file(world.paths.lock()).unwrap();
    let second = run(&world.paths, Place::new().options(None));
    assert!(
        matches!(&second, Err(Error::Elsewhere { state }) if state == world.paths.state()),
        "{second:?}"
    );
    assert!(before.call(Request::Status).is_ok());
}

#[test]
fn the_leftovers_of_a_dead_daemon_are_replaced() {
    let place = Place::new();
    drop(UnixListener::bind(place.paths.socket()).unwrap());
    fs::write(place.paths.lock(), "").unwrap();
    let world = place.start();
    assert!(world.client().call(Request::Status).is_ok());
}

#[test]
fn a_shutdown_is_answered_announced_and_leaves_nothing() {
    let world = World::new();
    let mut follower = world.client();
    follow(&mut follower, &[Topic::Sessions]);
    let (session, mut leash) = {
        let mut client = world.client();
        let request = crate::testing::launch_request(&world.project("p"));
        let (session, leash) = crate::testing::run_session(&mut client, request);
        // The connection goes on until the daemon ends it.
        std::mem::forget(client);
        (session, leash)
    };
    let place = world.end();
    assert_eq!(leash.read(&mut [0]).unwrap(), 0, "the leash is dropped");
    wait_for(&mut follower, |event| {
        (event
            == Told::SessionEnded {
                session: session.clone(),
            })
        .then_some(())
    });
    wait_for(&mut follower, |event| (event == Told::Stopping).then_some(()));
    assert_eq!(follower.next_event().unwrap(), None);
    assert!(!place.paths.socket().exists());
    assert!(matches!(
        Client::connect(&place.paths.socket()),
        Err(ClientError::NotRunning { .. })
    ));
    assert_eq!(
        log_of(&place.paths),
        [
            "daemon started",
            "session started",
            "session ended",
            "daemon stopped"
        ]
    );
    let verified = Reader::open(&place.paths.log())
        .unwrap()
        .verify(&Key::Nowhere)
        .unwrap();
    assert!(matches!(verified, Verification::Intact { events: 4, .. }));

    let world = place.start();
    assert!(!world.log().contains(&"daemon unclean end".to_owned()));
}

#[test]
fn lists_hold_a_directory_as_written_and_as_it_is() {
    let place = Place::new();
    let real = place.directory.path().join("real");
    let link = place.directory.path().join("link");
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let home = CanonicalPath::new(place.directory.path()).unwrap();
    let programs = OwnPrograms::find(Path::new("/usr/libexec/askbox/askbox-init"));
    let lists = lists(&place.paths, &home, std::slice::from_ref(&link), &programs);
    for directory in [real, link, place.paths.config().to_owned()] {
        let inside = CanonicalPath::new(&directory.join("x")).unwrap();
        assert!(lists.startup(&inside).is_some(), "{}", directory.display());
    }
}
