//! What a person waits for on a desktop: a window, a notification, and what an answer lets go on; and what the app costs.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use askbox_tests::desktop::{NotificationServer, Profile, TrayHost, look};
use askbox_tests::server::{Server, read_head};
use askbox_tests::{Desktop, eventually};

use crate::table::{self, Bar, median};
use crate::{Rounds, memory};

/// The settings window's title.
const TITLE: &str = "Askbox";

pub(crate) fn measure(rounds: Rounds) {
    let mut desktop = Desktop::new();
    desktop.run_window_manager();
    let server = NotificationServer::start(desktop.bus(), Profile::Gnome);
    let host = TrayHost::start(desktop.bus());
    desktop.start_tray();
    server.meets_the_app();
    host.has(&["Open Askbox"]);
    windows(&mut desktop, rounds);
    questions(&desktop, &server, rounds);
}

/// From a command to a window on the screen, and the memory before, meanwhile and after.
fn windows(desktop: &mut Desktop, rounds: Rounds) {
    let megabytes = |desktop: &mut Desktop| desktop.tray().memory() as f64 / 1024.0 / 1024.0;
    let before = megabytes(desktop);
    let libraries = memory::megabytes(desktop.tray().pid(), "Pss_File:");
    let mut opened = Vec::new();
    let mut with = 0.0;
    for _ in 0..rounds.windows {
        let start = Instant::now();
        desktop.world().ok(&["open", "activity"]);
        let window = desktop.screen().window(TITLE);
        opened.push(milliseconds(start.elapsed()));
        look();
        with = megabytes(desktop);
        desktop.screen().focus(&window);
        eventually("it is closed", || {
            // A page that is still being made may take the focus away again.
            if desktop.screen().focused() == window {
                desktop.screen().press_keys(&["alt+F4"]);
            }
            desktop.screen().windows(TITLE).is_empty()
        });
        look();
    }
    let after = megabytes(desktop);
    let first = opened[0];
    let detail = format!("median of {}; the first {first:.0}", rounds.windows);
    table::line(
        "window, from `askbox open`",
        median(opened),
        "ms",
        Bar::AtMost(500.0),
        &detail,
    );
    let detail = format!("PSS; {libraries:.1} of it programs and libraries; with a window {with:.1}");
    table::line("app without a window", before, "MB", Bar::AtMost(50.0), &detail);
    table::line("app after a window", after, "MB", Bar::AtMost(50.0), "PSS");
}

/// From a question in the log to its notification, and from a click to the request at its server.
fn questions(desktop: &Desktop, server: &NotificationServer, rounds: Rounds) {
    let mut notified = Vec::new();
    let mut proceeded = Vec::new();
    for number in 0..rounds.questions {
        let (target, arrivals) = target();
        let host = format!("n{number}.test");
        let script = format!("curl -sS http://{host}:{}/", target.port());
        let running = desktop
            .world()
            .start_sh(&["--resolve", &target.pin(&host)], &script);
        let notification = server.shows(&format!("wants {host}"));
        let asked = asked(desktop, &format!("{host}:{}", target.port()));
        let shown = SystemTime::now() - notification.at.elapsed();
        notified.push(milliseconds(shown.duration_since(asked).unwrap_or_default()));
        look();
        let click = Instant::now();
        server.hit(&notification, "Allow once");
        proceeded.push(milliseconds(arrivals.recv().unwrap() - click));
        running.finish().succeeded();
    }
    for (what, figures, bar) in [
        ("question to notification, p99", notified, 20.0),
        ("click to request at its server, p99", proceeded, 10.0),
    ] {
        let detail = format!("of {}; median {:.1}", figures.len(), median(figures.clone()));
        table::line(what, p99(figures), "ms", Bar::AtMost(bar), &detail);
    }
}

/// A server that says when a request came.
fn target() -> (Server, Receiver<Instant>) {
    let (arrived, arrivals) = channel();
    let server = Server::start(move |mut stream| {
        read_head(&mut stream);
        let _whether_it_is_awaited = arrived.send(Instant::now());
        drop(std::io::Write::write_all(
            &mut stream,
            b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        ));
    });
    (server, arrivals)
}

/// When the log says that something was asked for.
fn asked(desktop: &Desktop, target: &str) -> SystemTime {
    let mut log = desktop.world().log().into_iter();
    let event = log.find(|event| event["target"] == target && event["verdict"] == "ask");
    let time = event.unwrap()["time"].as_str().unwrap().to_owned();
    humantime::parse_rfc3339(&time).unwrap()
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// The one that one in a hundred is above; of fewer than a hundred, the largest.
fn p99(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[(figures.len() * 99).div_ceil(100) - 1]
}
