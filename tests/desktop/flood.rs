//! A session that asks for very much buries no other, and costs the app nothing.

use askbox_tests::desktop::Profile;
use askbox_tests::{Running, World};

use crate::seat::{Errand, Seat, is_summary};

/// Opens connections to a thousand names of a thousand domains, in as little time as it takes. It stays then: what it asked ends
/// with it.
const FLOOD: &str = r"exec /usr/bin/python3 - <<'END'
import concurrent.futures, signal, socket
def one(number):
    try:
        socket.create_connection((f'n{number}.domain{number}.test', 443), 60)
    except OSError:
        pass
with concurrent.futures.ThreadPoolExecutor(200) as pool:
    list(pool.map(one, range(1000)))
signal.pause()
END";

/// What the app may need more for the questions of one session: twenty of at most fifty lines, twice in memory and once on the
/// bus, are less than a megabyte; the rest is what allocators of its threads keep of the work.
const FIRST_FLOOD: u64 = 4 << 20;

/// What it may need for the same once more: nothing, but that allocators do not put everything where it was.
const SECOND_FLOOD: u64 = 2 << 20;

/// A flood until it has become quiet: its session.
fn flood(world: &World) -> Running {
    let before = refused_quietly(world);
    let noisy = world.start_sh(&["--name", "noisy"], FLOOD);
    world.eventually("it is quiet", || before < refused_quietly(world));
    noisy
}

fn refused_quietly(world: &World) -> usize {
    let text = world.ok(&["questions", "--missed", "--json"]);
    text.matches("\"quiet\"").count()
}

#[test]
fn threat_61_complaint_6_a_flood_is_one_summary_in_which_the_honest_question_can_be_seen() {
    let mut seat = Seat::new(Profile::Gnome);
    // A click that comes back proves the server: no window opens, which would be most of the memory.
    let proof = Errand::start(seat.world(), "proof.test");
    let notification = seat.server.shows(&proof.title());
    seat.server.press(&notification, "Allow once");
    proof.went_through();
    let mut honest = Errand::start(seat.world(), "honest.test");
    seat.server.shows(&honest.title());
    let before = seat.desktop.tray().memory();

    let noisy = flood(seat.world());
    let summary = seat.server.shows_one("there is a summary", is_summary);
    let first_line = summary.body.lines().next().unwrap();
    assert_eq!(first_line, honest.title(), "{summary:#?}");
    assert!(summary.body.lines().count() <= 5, "{summary:#?}");
    seat.server.shows("A session asks too much");
    let shown = seat.server.shown();
    assert_eq!(shown.len(), 2, "{shown:#?}");
    let told = seat.server.history().len();
    assert!(told < 60, "told {told} times");
    seat.host.has(&[&honest.title(), "Allow once"]);
    honest.still_waits(seat.world());
    let after = seat.desktop.tray().memory();
    assert!(after < before + FIRST_FLOOD, "from {before} to {after}");
    end(&seat, noisy, &honest);

    let settled = seat.desktop.tray().memory();
    let noisy = flood(seat.world());
    seat.server.shows_one("there is a summary", is_summary);
    end(&seat, noisy, &honest);
    let again = seat.desktop.tray().memory();
    assert!(again < settled + SECOND_FLOOD, "from {settled} to {again}");

    let notification = seat
        .server
        .shows_one("it has its own", |one| one.summary == honest.title());
    seat.server.press(&notification, "Allow once");
    honest.went_through();
}

/// The noisy session ends, and with it what it asked.
fn end(seat: &Seat, noisy: Running, honest: &Errand) {
    drop(noisy);
    seat.server.shows_one("the honest question stands alone", |one| {
        one.summary == honest.title()
    });
}
