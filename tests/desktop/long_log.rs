//! A log of ten thousand events in the real window: wherever one scrolls to, every row in sight is drawn, and few exist.

use std::collections::HashSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use askbox_audit::{DaemonChange, Durability, Entry, EventProcess, Log, Outcome, What};
use askbox_policy::{CanonicalPath, Target};
use askbox_tests::desktop::{Pages, Profile};
use askbox_tests::{Desktop, World};
use serde::Deserialize;

use crate::seat::Seat;

const EVENTS: usize = 10_000;

/// Rows that may exist at a time: those in sight of a window of the usual size, and some more at both ends.
const MOST_ROWS: usize = 60;

/// Goes on a number of times, by so many screens each, and notes after each what can be seen: files by their numbers, places
/// where no row is drawn, how many rows exist, and how long it took until all in sight were there.
const SCROLL: &str = "
    const box = document.querySelector('[role=listbox]');
    const frame = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    const holes = () => {
        const { left, top, width, height } = box.getBoundingClientRect();
        const found = [];
        for (let y = 4; y < height - 20; y += 16) {
            if (!document.elementFromPoint(left + width / 2, top + y)?.closest('[role=option]')) found.push(y);
        }
        return found;
    };
    const said = { seen: [], holes: 0, rows: 0, late: [], isAtEnd: false, isAtStart: false };
    for (let step = 0; step < parts; step += 1) {
        const begin = performance.now();
        box.scrollTop += Math.round(part * box.clientHeight);
        await frame();
        for (let wait = 0; wait < 60 && holes().length !== 0; wait += 1) await frame();
        said.late.push(performance.now() - begin);
        said.holes += holes().length;
        const rows = [...box.querySelectorAll('[role=option]')];
        said.rows = Math.max(said.rows, rows.length);
        for (const row of rows) said.seen.push(...(row.textContent.match(/event-\\d+/) ?? []));
        said.isAtStart = box.scrollTop === 0;
        said.isAtEnd = Math.abs(box.scrollHeight - box.clientHeight - box.scrollTop) < 2;
        if (part < 0 ? said.isAtStart : said.isAtEnd) break;
    }
    done(said);";

/// What [`SCROLL`] notes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    seen: Vec<String>,
    holes: usize,
    rows: usize,
    late: Vec<f64>,
    is_at_end: bool,
    is_at_start: bool,
}

/// Fills the log of a machine on which Askbox has not run yet.
fn fill_log(world: &World) {
    let state = world.root().join("state");
    let mut directory = std::fs::DirBuilder::new();
    directory.recursive(true).mode(0o700).create(&state).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let log = Log::open(&state.join("log.sqlite")).unwrap();
        for number in 0..EVENTS {
            log.record(event(number), Durability::Unsynced).await.unwrap();
        }
        let stopped = Entry::of_daemon(DaemonChange::Stopped, None);
        log.record(stopped, Durability::Synced).await.unwrap();
        log.close().await.unwrap();
    });
}

fn event(number: usize) -> Entry {
    let path = CanonicalPath::new(&PathBuf::from(format!("/srv/event-{number}"))).unwrap();
    Entry {
        session: None,
        project: None,
        what: What::Verdict {
            target: Target::Read(path),
            verdict: if number.is_multiple_of(3) {
                Outcome::Deny
            } else {
                Outcome::Allow
            },
            by: "preset moderate".to_owned(),
            process: EventProcess {
                pid: 4711,
                exe: Some("/usr/bin/node".to_owned()),
                command: vec!["npm".to_owned(), "install".to_owned()],
            },
            question: None,
            repeats: 0,
            interpreter: None,
        },
    }
}

/// What was seen on the way to an end.
#[derive(Default)]
struct Way {
    seen: HashSet<String>,
    /// How long each screen took, in milliseconds.
    late: Vec<f64>,
}

impl Way {
    fn has_seen(&self, number: usize) -> bool {
        self.seen.contains(&format!("event-{number}"))
    }

    /// How slow it was.
    fn figures(&mut self) -> String {
        self.late.sort_by(f64::total_cmp);
        let at = |part: usize| self.late[(self.late.len() * part / 100).min(self.late.len() - 1)];
        let (half, most, all) = (at(50), at(99), at(100));
        format!(
            "{} screens, all rows there after {half:.0} ms (median), {most:.0} ms (99 of 100), {all:.0} ms (all)",
            self.late.len()
        )
    }
}

/// Scrolls until the end that has this event.
fn scroll(pages: &Pages, part: f64, last: usize, is_there: impl Fn(&Said) -> bool) -> Way {
    let mut way = Way::default();
    // An end without that event is one where further events are on their way.
    for _ in 0..EVENTS {
        let script = format!("(async (parts, part, done) => {{ {SCROLL} }})(50, {part}, arguments[0])");
        let said: Said = serde_json::from_value(pages.run_to_end(&script)).unwrap();
        assert_eq!(said.holes, 0, "{said:?}");
        assert!(said.rows <= MOST_ROWS, "{} rows exist", said.rows);
        way.late.extend(&said.late);
        let is_there = is_there(&said);
        way.seen.extend(said.seen);
        if is_there && way.has_seen(last) {
            return way;
        }
    }
    panic!("no end has event-{last}")
}

#[test]
fn ten_thousand_events_scroll_to_the_end_and_back() {
    let desktop = Desktop::new();
    fill_log(desktop.world());
    let seat = Seat::driven_on(desktop, Profile::Gnome);
    let pages = seat.opens("activity");
    pages.shows(&format!("event-{}", EVENTS - 1));
    let mut down = scroll(&pages, 4.5, 0, |said| said.is_at_end);
    println!("down: {}", down.figures());
    let mut up = scroll(&pages, -9.5, EVENTS - 1, |said| said.is_at_start);
    println!("up: {}", up.figures());
    pages.shows(&format!("event-{}", EVENTS - 1));
}
