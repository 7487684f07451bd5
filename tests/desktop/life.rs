//! The app, the bus, the screen and the panel come and go; sessions, questions and answers stay.

use askbox_tests::desktop::{NotificationServer, Profile, TrayHost};
use askbox_tests::{Desktop, Running};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::seat::{Errand, Seat, answer, policy};

/// A seat with two open questions: one to be answered while something is away, one after.
fn with_two_questions() -> (Seat, Errand, Errand) {
    let seat = Seat::new(Profile::Gnome);
    let first = Errand::start(seat.world(), "one.test");
    seat.server.shows(&first.title());
    let second = Errand::start(seat.world(), "two.test");
    seat.server.shows(&second.title());
    (seat, first, second)
}

/// Answers the question about this errand from the command line.
fn answer_elsewhere(seat: &Seat, errand: &Errand) {
    let questions = seat.world().questions();
    let ours = questions
        .iter()
        .find(|question| question["title"] == errand.title())
        .unwrap();
    seat.world()
        .ok(&["allow", ours["id"].as_str().unwrap(), "--once"]);
}

#[test]
fn threat_60_a_killed_app_takes_nothing_with_it_and_a_new_one_shows_the_questions() {
    let (mut seat, first, mut second) = with_two_questions();
    let daemon = seat.world().daemon_pid();
    seat.desktop.kill_tray();
    assert_eq!(seat.world().daemon_pid(), daemon);
    answer_elsewhere(&seat, &first);
    first.went_through();
    second.still_waits(seat.world());
    seat.server.sweep();
    seat.desktop.start_tray();
    assert_eq!(seat.world().daemon_pid(), daemon);
    let notification = seat.server.shows(&second.title());
    seat.host.has(&[&second.title(), "Allow once"]);
    seat.server.press(&notification, "Allow once");
    second.went_through();
}

#[test]
fn threat_60_a_screen_that_dies_takes_no_session_with_it() {
    let (mut seat, first, mut second) = with_two_questions();
    let daemon = seat.world().daemon_pid();
    seat.desktop.end_screen();
    seat.desktop.tray_ends();
    assert_eq!(seat.world().daemon_pid(), daemon);
    answer_elsewhere(&seat, &first);
    first.went_through();
    second.still_waits(seat.world());
    seat.server.sweep();
    seat.desktop.start_screen();
    seat.desktop.start_tray();
    let notification = seat.server.shows(&second.title());
    seat.server.press(&notification, "Allow once");
    second.went_through();
}

#[test]
fn threat_60_a_bus_that_dies_takes_no_session_with_it_and_the_questions_are_shown_on_the_next() {
    let (mut seat, first, mut second) = with_two_questions();
    let daemon = seat.world().daemon_pid();
    seat.desktop.end_bus();
    assert_eq!(seat.world().daemon_pid(), daemon);
    answer_elsewhere(&seat, &first);
    first.went_through();
    second.still_waits(seat.world());
    seat.desktop.start_bus();
    seat.server = NotificationServer::start(seat.desktop.bus(), Profile::Gnome);
    seat.host = TrayHost::start(seat.desktop.bus());
    let title = second.title();
    let notification = seat.server.shows(&title);
    seat.host.has(&[&title, "Allow once"]);
    assert!(seat.desktop.tray().is_running());
    seat.server.press(&notification, "Allow once");
    second.went_through();
}

#[test]
fn a_tray_host_that_comes_after_the_app_gets_the_icon() {
    let mut desktop = Desktop::new();
    desktop.start_tray();
    let host = TrayHost::start(desktop.bus());
    host.says("Askbox: nothing runs");
    host.has(&["Open Askbox"]);
    // And so does the next one, after a crash of the panel.
    host.stop();
    let host = TrayHost::start(desktop.bus());
    host.says("Askbox: nothing runs");
    assert_eq!(host.icons(), 1);
}

/// Waits until an app that nobody holds has ended with its screen.
fn ends_with_its_screen(desktop: &mut Desktop) {
    desktop.end_screen();
    askbox_tests::eventually("the app has ended", || !desktop.has_app());
}

#[test]
fn the_first_session_on_a_desktop_brings_the_app_up_beside_it() {
    let mut desktop = Desktop::new();
    let server = NotificationServer::start(desktop.bus(), Profile::Gnome);
    let host = TrayHost::start(desktop.bus());
    // Over ssh the screen is not in front of the person.
    let mut remote = desktop.askbox(&["run", "--", "true"]);
    remote.env("SSH_CONNECTION", "192.0.2.1 22 192.0.2.2 22");
    Running::start(remote).finish().succeeded();
    assert!(!desktop.has_app());
    let running = Running::start(desktop.askbox(&["run", "--", "sleep", "1000"]));
    host.says("Askbox: 1 session");
    server.meets_the_app();
    assert!(desktop.screen().windows("Askbox").is_empty());
    // The second one finds it.
    let second = desktop.askbox(&["run", "--", "true"]);
    Running::start(second).finish().succeeded();
    assert_eq!(host.icons(), 1);
    drop(running);
    host.says("Askbox: nothing runs");
    ends_with_its_screen(&mut desktop);
}

#[test]
fn askbox_open_brings_the_app_up_where_none_runs() {
    let mut desktop = Desktop::new();
    desktop.run_window_manager();
    for view in ["rules", "sessions"] {
        let open = desktop.askbox(&["open", view]);
        Running::start(open).finish().succeeded();
        desktop.screen().window("Askbox");
    }
    assert!(desktop.has_app());
    ends_with_its_screen(&mut desktop);
}

#[test]
fn quit_ends_the_daemon() {
    let mut seat = Seat::new(Profile::Gnome);
    let daemon = Pid::from_raw(seat.world().daemon_pid());
    seat.host.choose(&["Quit"]);
    assert_eq!(seat.desktop.tray_ends(), Some(0));
    seat.world().eventually("the daemon has ended", || {
        nix::sys::signal::kill(daemon, None).is_err()
    });
}

#[test]
fn quit_warns_while_sessions_run_and_ends_them() {
    let mut seat = Seat::new(Profile::Gnome);
    let running = seat.world().start_sh(&[], "sleep 1000");
    let warned = ["Quit", "Quit and end 1 session"];
    seat.host.has(&warned);
    let quit = seat.host.has(&["Quit"]);
    assert_eq!(quit.labels(), ["Quit and end 1 session"]);
    seat.host.choose(&warned);
    assert_eq!(seat.desktop.tray_ends(), Some(0));
    let finished = running.finish();
    assert_ne!(finished.code, Some(0), "{finished:#?}");
    assert!(seat.world().sandboxed().is_empty());
}

#[test]
fn quit_stays_and_says_why_where_the_daemon_does_not_end() {
    let mut seat = Seat::new(Profile::Gnome);
    let daemon = Pid::from_raw(seat.world().daemon_pid());
    kill(daemon, Signal::SIGSTOP).unwrap();
    seat.host.choose(&["Quit"]);
    let trouble = seat.server.shows("That did not happen");
    assert!(trouble.body.contains(&daemon.to_string()), "{trouble:#?}");
    assert!(seat.desktop.tray().is_running());
    // It was told meanwhile, and hears it now. The app does not start another.
    kill(daemon, Signal::SIGCONT).unwrap();
    seat.host
        .choose(&["Quit", "Quit and end every session that runs"]);
    assert_eq!(seat.desktop.tray_ends(), Some(0));
}

#[test]
fn a_second_start_brings_the_window_up_and_ends() {
    let seat = Seat::new(Profile::Gnome);
    let quiet = Running::start(seat.desktop.tray_command(&["--background"])).finish();
    quiet.succeeded();
    assert!(seat.desktop.screen().windows("Askbox").is_empty());
    let second = Running::start(seat.desktop.tray_command(&[])).finish();
    second.succeeded();
    seat.desktop.screen().window("Askbox");
    // Once more: it is the same window.
    Running::start(seat.desktop.tray_command(&[]))
        .finish()
        .succeeded();
    seat.desktop.screen().window("Askbox");
    assert_eq!(seat.host.icons(), 1);
}

#[test]
fn without_a_display_it_says_what_serves_instead() {
    let desktop = Desktop::new();
    let mut none = desktop.tray_command(&[]);
    none.env_remove("DISPLAY");
    let mut wrong = desktop.tray_command(&[]);
    wrong.env("DISPLAY", ":4711");
    for command in [none, wrong] {
        let finished = Running::start(command).finish();
        assert_eq!(finished.code, Some(1), "{finished:#?}");
        assert!(finished.stderr.contains("hint: "), "{finished:#?}");
        assert!(finished.stderr.contains("`askbox daemon`"), "{finished:#?}");
    }
}

#[test]
fn what_it_says_of_itself_needs_no_display() {
    let desktop = Desktop::new();
    let say = |word: &str| {
        let mut command = desktop.tray_command(&[word]);
        command.env_remove("DISPLAY");
        Running::start(command).finish()
    };
    for word in ["--help", "-h"] {
        assert!(say(word).succeeded().stdout.contains("--background"));
    }
    for word in ["--version", "-V"] {
        assert!(say(word).succeeded().stdout.starts_with("askbox-tray "));
    }
    let wrong = say("--windows");
    assert_eq!(wrong.code, Some(2), "{wrong:#?}");
    assert!(wrong.stderr.contains("--windows"), "{wrong:#?}");
    assert!(wrong.stderr.contains("`askbox-tray --help`"), "{wrong:#?}");
}

#[test]
fn threat_60_an_app_that_hangs_is_named_and_keeps_nobody_waiting() {
    let mut seat = Seat::new(Profile::Gnome);
    let open = |seat: &Seat| {
        let begun = std::time::Instant::now();
        let finished = Running::start(seat.world().askbox(&["open"])).finish();
        (finished, begun.elapsed())
    };
    open(&seat).0.succeeded();
    let app = Pid::from_raw(seat.desktop.tray().pid());
    nix::sys::signal::kill(app, Signal::SIGSTOP).unwrap();
    let (hanging, took) = open(&seat);
    nix::sys::signal::kill(app, Signal::SIGCONT).unwrap();
    assert_eq!(hanging.code, Some(125), "{hanging:#?}");
    assert!(hanging.stderr.contains("does not answer"), "{hanging:#?}");
    assert!(hanging.stderr.contains("hint: "), "{hanging:#?}");
    assert!(took < std::time::Duration::from_secs(4), "{took:?}");
    open(&seat).0.succeeded();
}

#[test]
fn a_daemon_that_is_killed_is_started_again_and_asks_as_before() {
    let seat = Seat::new(Profile::Gnome);
    let daemon = seat.world().daemon_pid();
    nix::sys::signal::kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
    seat.world().eventually("there is another", || {
        let status = seat.world().askbox(&["status", "--json"]).output().unwrap();
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap_or_default();
        status["pid"].as_i64().is_some_and(|pid| pid != i64::from(daemon))
    });
    let errand = Errand::start(seat.world(), "new.test");
    let notification = seat.server.shows(&errand.title());
    seat.server.press(&notification, "Allow once");
    errand.went_through();
}

#[test]
fn a_question_that_was_open_before_the_app_is_shown_when_it_starts() {
    let mut desktop = Desktop::new();
    desktop.world().write_policy(&policy("10m"));
    let errand = Errand::start(desktop.world(), "new.test");
    desktop.world().wait_for_question();
    let server = NotificationServer::start(desktop.bus(), Profile::Plasma);
    desktop.start_tray();
    server.shows(&errand.title());
    answer(desktop.world(), "allow");
    errand.went_through();
}
