//! What a person waits for on a desktop: a window, a notification, and what an answer lets go on; and what the app costs.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use askbox_tests::desktop::{NotificationServer, Profile, TrayHost, look};
use askbox_tests::server::{Server, read_head};
use askbox_tests::{Desktop, Running, eventually};

use crate::table::{self, Bar, median};
use crate::{Rounds, memory};

/// The settings window's title.
const TITLE: &str = "Askbox";

/// The prompt window's.
const PROMPT: &str = "Askbox asks";

/// First openings, each with a process of its own that has to start, and to end before the next.
const FIRST: usize = 3;

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
    elsewhere(&desktop, &server, &host, rounds);
    drop(desktop);
    prompt_elsewhere(rounds);
}

/// From a command to a window on the screen, and the memory before, meanwhile and after.
fn windows(desktop: &mut Desktop, rounds: Rounds) {
    let megabytes = |desktop: &mut Desktop| desktop.tray().set_size() as f64 / 1024.0 / 1024.0;
    let before = megabytes(desktop);
    let files = memory::megabytes(desktop.tray().pid(), "Pss_File:");
    let mut first = Vec::new();
    let mut with = 0.0;
    for _ in 0..FIRST {
        open(desktop, &mut first);
        look();
        with = megabytes(desktop);
        desktop.screen().close(TITLE);
        is_gone(desktop);
    }
    let after = megabytes(desktop);
    let mut again = Vec::new();
    for _ in 0..rounds.windows {
        open(desktop, &mut again);
        look();
        desktop.screen().close(TITLE);
        look();
    }
    is_gone(desktop);
    // The very first of the run is among them, which finds nothing of the engine in memory.
    let slowest = first.iter().copied().fold(0.0, f64::max);
    let detail = format!(
        "to a mapped window; the slowest of {FIRST} whose process starts; median {:.0}",
        median(first)
    );
    table::line(
        "window, first opening",
        slowest,
        "ms",
        Bar::AtMost(500.0),
        &detail,
    );
    let detail = format!(
        "to a mapped window; median of {}, soon after the last was closed",
        again.len()
    );
    table::line(
        "window, opened again",
        median(again),
        "ms",
        Bar::AtMost(500.0),
        &detail,
    );
    let detail = format!("Pss of its processes, {files:.1} of it files; with a window {with:.1}");
    table::line("app without a window", before, "MB", Bar::AtMost(50.0), &detail);
    let detail = "Pss, once the processes of the windows have ended";
    table::line("app after a window", after, "MB", Bar::AtMost(50.0), detail);
}

/// Opens the window, and notes how long that took.
fn open(desktop: &Desktop, took: &mut Vec<f64>) {
    let start = Instant::now();
    desktop.world().ok(&["open", "activity"]);
    desktop.screen().window(TITLE);
    took.push(milliseconds(start.elapsed()));
}

/// Waits until the process of the windows has ended with those of the engine, which it does some time after the last window was
/// closed.
fn is_gone(desktop: &mut Desktop) {
    let tray = desktop.tray();
    eventually("the processes of the windows have ended", || tray.is_alone());
}

/// From a question in the log to its notification, and from a click to the request at its server.
fn questions(desktop: &Desktop, server: &NotificationServer, rounds: Rounds) {
    let mut notified = Vec::new();
    let mut proceeded = Vec::new();
    for number in 0..rounds.questions {
        let (target, arrivals) = target();
        let host = format!("n{number}.test");
        let (running, title) = ask(desktop, &host, &target);
        let notification = server.shows(&title);
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

/// From an answer on the command line, its program's start included, to the end of the question in the notification and in the
/// tray's menu.
fn elsewhere(desktop: &Desktop, server: &NotificationServer, host: &TrayHost, rounds: Rounds) {
    let mut closed = Vec::new();
    let mut listed = Vec::new();
    for number in 0..rounds.questions {
        let (target, _arrivals) = target();
        let (running, title) = ask(desktop, &format!("e{number}.test"), &target);
        let notification = server.shows(&title);
        host.has(&[&title]);
        let answered = answer(desktop);
        closed.push(milliseconds(server.closed(&notification) - answered));
        host.has_no_more(&[&title]);
        listed.push(milliseconds(answered.elapsed()));
        running.finish().succeeded();
    }
    for (what, figures, detail) in [
        (
            "answered elsewhere to notification closed, p99",
            closed,
            "with `askbox allow`",
        ),
        (
            "answered elsewhere to the tray's menu, p99",
            listed,
            "the same, looked at every 20 ms",
        ),
    ] {
        report_elsewhere(what, figures, detail);
    }
}

/// The same in the prompt window, which says so.
fn prompt_elsewhere(rounds: Rounds) {
    let mut desktop = Desktop::new();
    desktop.run_window_manager();
    desktop.allow_driving();
    let server = NotificationServer::start(desktop.bus(), Profile::Gnome);
    let host = TrayHost::start(desktop.bus());
    desktop.start_tray();
    server.meets_the_app();
    // It stays, so that what drives the windows has one to hold on to.
    desktop.world().ok(&["open", "activity"]);
    let pages = desktop.pages();
    let mut said = Vec::new();
    for number in 0..rounds.windows {
        let (target, _arrivals) = target();
        let (running, title) = ask(&desktop, &format!("p{number}.test"), &target);
        host.choose(&[&title, "Options…"]);
        pages.look_at(PROMPT).shows(&title);
        let answered = answer(&desktop);
        pages.shows("Answered elsewhere: allowed.");
        said.push(milliseconds(answered.elapsed()));
        running.finish().succeeded();
        eventually("the prompt window closes", || {
            desktop.screen().windows(PROMPT).is_empty()
        });
    }
    report_elsewhere(
        "answered elsewhere to the prompt window, p99",
        said,
        "the same, looked at every 20 ms",
    );
}

/// Everything that shows a question has to be done with it by then.
fn report_elsewhere(what: &str, figures: Vec<f64>, detail: &str) {
    let middle = median(figures.clone());
    let detail = format!("of {}; median {middle:.1}; {detail}", figures.len());
    table::line(what, p99(figures), "ms", Bar::AtMost(200.0), &detail);
}

/// A session that asks for this host, and what its question is called.
fn ask(desktop: &Desktop, host: &str, target: &Server) -> (Running, String) {
    let script = format!("curl -sS http://{host}:{}/", target.port());
    let resolve = ["--resolve", &target.pin(host)];
    let running = desktop.world().start_sh(&resolve, &script);
    (running, format!("curl (project) wants {host}:{}", target.port()))
}

/// Allows what is asked, on the command line. Returns when that began.
fn answer(desktop: &Desktop) -> Instant {
    let question = desktop.world().wait_for_question();
    let began = Instant::now();
    let id = question["id"].as_str().unwrap();
    desktop.world().ok(&["allow", id, "--once"]);
    began
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
