//! Everything larger and smaller, by the keys and the wheel of a real keyboard and pointer.

use askbox_tests::desktop::{Pages, Profile};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::seat::{Errand, Seat};

/// Waits until a window draws everything this large, in hundredths. It has a frame of a few points.
fn is_drawn_at(pages: &Pages, zoom: f64) {
    let drawn = || pages.run("return 100 * outerWidth / innerWidth").as_f64();
    askbox_tests::eventually_or(
        || drawn().is_some_and(|drawn| (drawn / zoom - 1.0).abs() < 0.03),
        || format!("everything is drawn at {zoom} %, but it is at {:?}", drawn()),
    );
}

/// Gives a window the focus of the keyboard, and presses keys one after the other.
fn press(seat: &Seat, title: &str, keys: &[&str]) {
    let screen = seat.desktop.screen();
    screen.focus(&screen.window(title));
    screen.press_keys(keys);
}

#[test]
fn everything_grows_and_shrinks_by_keys_and_wheel_between_half_and_three_times() {
    let seat = Seat::driven(Profile::Gnome);
    let pages = seat.opens("settings");
    pages.shows("By keys: Ctrl and +");
    is_drawn_at(&pages, 100.0);
    press(&seat, "Askbox", &["ctrl+plus", "ctrl+plus"]);
    is_drawn_at(&pages, 125.0);
    press(&seat, "Askbox", &["ctrl+minus"]);
    is_drawn_at(&pages, 110.0);
    press(&seat, "Askbox", &["ctrl+0"]);
    is_drawn_at(&pages, 100.0);
    press(&seat, "Askbox", &["ctrl+minus"; 9]);
    is_drawn_at(&pages, 50.0);
    press(&seat, "Askbox", &["ctrl+plus"; 15]);
    is_drawn_at(&pages, 300.0);
    press(&seat, "Askbox", &["ctrl+0"]);
    is_drawn_at(&pages, 100.0);
    seat.desktop.screen().turn_wheel_with_ctrl("Askbox", 1);
    is_drawn_at(&pages, 110.0);
    seat.desktop.screen().turn_wheel_with_ctrl("Askbox", -1);
    is_drawn_at(&pages, 100.0);
}

#[test]
fn both_windows_have_one_size_and_new_ones_have_it_too() {
    let mut seat = Seat::driven(Profile::Gnome);
    let errand = Errand::start(seat.world(), "new.test");
    let pages = seat.opens("questions");
    pages.shows(&errand.title()).press("button", "Answer…");
    pages.look_at("Askbox asks").shows(&errand.title());
    press(&seat, "Askbox asks", &["ctrl+plus"]);
    is_drawn_at(&pages, 110.0);
    is_drawn_at(pages.look_at("Askbox"), 110.0);
    drop(pages);
    let windows = seat.desktop.tray().part("askbox-windows").unwrap();
    kill(Pid::from_raw(windows), Signal::SIGKILL).unwrap();
    seat.world().eventually("the windows are gone", || {
        seat.desktop.screen().windows("Askbox").is_empty()
    });
    is_drawn_at(&seat.opens("questions"), 110.0);
    drop(errand);
}
