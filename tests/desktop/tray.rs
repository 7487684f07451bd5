//! The icon in the tray: what it shows and what its menu does.

use std::collections::BTreeSet;

use askbox_tests::Desktop;
use askbox_tests::desktop::{Entry, Portal, Profile, Scheme, TrayHost};
use askbox_tests::server::Server;

use crate::seat::{Errand, Seat, nothing_is_written};

#[test]
fn every_state_has_a_picture_of_its_own_and_says_what_it_is() {
    let seat = Seat::new(Profile::Gnome);
    let mut pictures = BTreeSet::new();
    seat.host.says("Askbox: nothing runs");
    pictures.insert(seat.host.picture());
    let running = seat.world().start_sh(&[], "sleep 1000");
    seat.host.says("Askbox: 1 session");
    pictures.insert(seat.host.picture());
    let errand = Errand::start(seat.world(), "new.test");
    seat.host.says("Askbox: 1 question waits, 2 sessions");
    pictures.insert(seat.host.picture());
    seat.host.choose(&["Lockdown: deny everything"]);
    seat.host.says("Lockdown: everything is denied");
    pictures.insert(seat.host.picture());
    drop((running, errand));
    // A daemon that was told to end is not started again.
    seat.world().ok(&["daemon", "--stop"]);
    seat.host.says("Askbox is not connected: everything is refused");
    pictures.insert(seat.host.picture());
    assert_eq!(pictures.len(), 5, "pictures that differ");
}

/// Of the icon: the brightness of its parts that can be seen, from 0 to 255, the darkest and the lightest.
fn brightness(picture: &[u8]) -> (u8, u8) {
    let (pixels, _) = picture.as_chunks::<4>();
    let seen = pixels.iter().filter(|[alpha, ..]| *alpha == u8::MAX);
    let (darkest, lightest) = seen
        .map(|[_, red, ..]| *red)
        .fold((u8::MAX, 0), |(least, most), one| (least.min(one), most.max(one)));
    assert!(darkest <= lightest, "nothing of it can be seen");
    (darkest, lightest)
}

#[test]
fn the_icon_stands_out_from_a_panel_of_the_desktops_colour_and_without_one_from_any() {
    let is_light = |(darkest, lightest): (u8, u8)| 200 < darkest && 200 < lightest;
    let is_dark = |(darkest, lightest): (u8, u8)| darkest < 60 && lightest < 60;
    let is_both = |(darkest, lightest): (u8, u8)| darkest < 60 && 200 < lightest;
    let seat = Seat::new(Profile::Gnome);
    assert!(is_both(brightness(&seat.host.picture())));
    drop(seat);
    let mut desktop = Desktop::new();
    let portal = Portal::start(desktop.bus(), Scheme::Light);
    let host = TrayHost::start(desktop.bus());
    desktop.start_tray();
    let will = |what: &str, is_so: &dyn Fn((u8, u8)) -> bool| {
        desktop
            .world()
            .eventually(what, || host.icons() != 0 && is_so(brightness(&host.picture())));
    };
    will("it is dark on a light desktop", &is_dark);
    portal.change(Scheme::Dark);
    will("it is light on a dark one", &is_light);
    portal.change(Scheme::Any);
    will("it stands out from any", &is_both);
}

#[test]
fn the_menu_lists_what_waits_and_what_runs() {
    let seat = Seat::new(Profile::Gnome);
    let idle = [
        "Askbox: nothing runs",
        "Pause questions (deny quietly)",
        "Lockdown: deny everything",
        "Open Askbox",
        "Quit",
    ];
    assert_eq!(seat.host.menu().labels(), idle);
    let errand = Errand::start(seat.world(), "new.test");
    let question = seat.host.has(&[&errand.title()]);
    assert_eq!(
        question.labels(),
        ["Allow once", "Allow 1 hour", "Block", "Options…"]
    );
    let pause = seat.host.has(&["Pause questions (deny quietly)"]);
    assert_eq!(pause.labels(), ["5 minutes", "15 minutes", "1 hour"]);
    seat.host.answer(&errand.title(), "Block");
    errand.was_refused();
    seat.world()
        .eventually("it is as before", || seat.host.menu().labels() == idle);
}

/// A line stands between two entries, whatever the menu had before.
fn has_lines_between_entries_only(menu: &Entry) {
    let lines: Vec<bool> = menu
        .below
        .iter()
        .filter(|entry| entry.is_visible)
        .map(|entry| entry.is_line)
        .collect();
    assert_eq!(
        (lines.first(), lines.last()),
        (Some(&false), Some(&false)),
        "{menu:#?}"
    );
    assert!(!lines.windows(2).any(|pair| pair[0] && pair[1]), "{menu:#?}");
}

#[test]
fn lines_stand_between_entries() {
    let seat = Seat::new(Profile::Gnome);
    has_lines_between_entries_only(&seat.host.menu());
    let running = seat.world().start_sh(&[], "sleep 1000");
    seat.host.says("Askbox: 1 session");
    has_lines_between_entries_only(&seat.host.menu());
    let errand = Errand::start(seat.world(), "new.test");
    seat.host.has(&[&errand.title()]);
    has_lines_between_entries_only(&seat.host.menu());
    drop((running, errand));
}

#[test]
fn a_session_is_stopped_from_the_menu() {
    let seat = Seat::new(Profile::Gnome);
    let running = seat.world().start_sh(&["--name", "errand"], "sleep 1000");
    seat.world().eventually("it is listed", || {
        seat.host
            .menu()
            .labels()
            .iter()
            .any(|label| label.starts_with("errand: "))
    });
    let menu = seat.host.menu();
    let labels = menu.labels();
    let session = labels.iter().find(|label| label.starts_with("errand: ")).unwrap();
    seat.host.choose(&[session, "Stop"]);
    assert_ne!(running.finish().code, Some(0));
    seat.host.has_no_more(&[session]);
}

#[test]
fn complaint_10_questions_can_be_paused_and_asked_again() {
    let seat = Seat::new(Profile::Gnome);
    seat.host.choose(&["Pause questions (deny quietly)", "5 minutes"]);
    let is_paused = |label: &&str| label.starts_with("Questions are paused until ");
    seat.world().eventually("the menu says until when", || {
        seat.host.menu().labels().iter().any(is_paused)
    });
    let quiet = Errand::start(seat.world(), "quiet.test");
    let title = quiet.title();
    quiet.was_refused();
    nothing_is_written(seat.world());
    assert!(seat.server.history().is_empty(), "{:#?}", seat.server.history());
    let menu = seat.host.menu();
    let labels = menu.labels();
    let paused = labels.iter().find(|label| is_paused(label)).unwrap();
    seat.host.choose(&[paused, "Ask again now"]);
    seat.host.has(&["Pause questions (deny quietly)"]);
    let errand = Errand::start(seat.world(), "loud.test");
    let notification = seat.server.shows(&errand.title());
    seat.server.press(&notification, "Allow once");
    errand.went_through();
    assert!(seat.server.history().iter().all(|one| one.summary != title));
}

#[test]
fn complaint_4_an_entry_that_is_hit_as_it_appears_decides_nothing_and_shows_the_question() {
    let seat = Seat::new(Profile::Gnome);
    let errand = Errand::start(seat.world(), "new.test");
    let title = errand.title();
    seat.host.hit(&[&title, "Block"]);
    seat.desktop.screen().window("Askbox asks");
    seat.host.answer(&title, "Allow once");
    errand.went_through();
    let log = seat.world().log();
    let answers = log.iter().filter(|event| event["kind"] == "answer");
    let by: Vec<_> = answers.map(|event| event["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["tray"]);
}

#[test]
fn lockdown_denies_until_it_is_lifted() {
    let seat = Seat::new(Profile::Gnome);
    let target = Server::http("hello");
    // One program that makes its requests itself, since none starts in a lockdown.
    let script = format!(
        "mkfifo go; exec bash -c '
ask() {{
    exec 3<> /dev/tcp/new.test/{0}
    printf \"GET / HTTP/1.0\\r\\nHost: new.test:{0}\\r\\n\\r\\n\" >&3
    read -r _ status _ <&3
    echo $status
}}
read x < go; ask; read x < go; ask'",
        target.port()
    );
    let running = seat
        .world()
        .start_sh(&["--resolve", &target.pin("new.test")], &script);
    let fifo = seat.world().project().join("go");
    seat.world().eventually("it waits for us", || fifo.exists());
    let lockdown = ["Lockdown: deny everything"];
    seat.host.choose(&lockdown);
    seat.host.says("Lockdown: everything is denied");
    seat.world().write("go", "\n");
    seat.world().eventually("it is denied", || {
        let name = format!("new.test:{}", target.port());
        seat.world().has_logged(&name, "deny")
    });
    assert!(seat.server.history().is_empty());
    seat.host.choose(&["End the lockdown"]);
    seat.host.says("Askbox: 1 session");
    seat.host.has(&lockdown);
    seat.world().write("go", "\n");
    let notification = seat.server.shows("wants new.test");
    seat.server.press(&notification, "Allow once");
    assert_eq!(running.finish().succeeded().stdout, "403\n200\n");
    assert_eq!(target.connections(), 1);
}

#[test]
fn a_click_on_the_icon_opens_the_window() {
    let seat = Seat::new(Profile::Gnome);
    seat.host.click();
    seat.desktop.screen().window("Askbox");
}

#[test]
fn options_in_the_menu_opens_the_prompt_window() {
    let seat = Seat::new(Profile::Gnome);
    let mut errand = Errand::start(seat.world(), "new.test");
    seat.host.choose(&[&errand.title(), "Options…"]);
    seat.desktop.screen().window("Askbox asks");
    errand.still_waits(seat.world());
}

#[test]
fn with_the_real_panel_there_is_an_icon() {
    let mut desktop = Desktop::new();
    desktop.run_window_manager();
    desktop.run_panel();
    desktop.start_tray();
    desktop
        .world()
        .eventually("the panel has the icon", || desktop.bus().tray_icons() == 1);
}
