//! Pictures of everything that the app shows, for people to look at: `cargo xtask screenshots` names the directory. They
//! judge nothing, so without a directory there are none.

use std::path::{Path, PathBuf};

use askbox_tests::desktop::{Profile, look};
use askbox_tests::{Desktop, Running, World};

use crate::seat::{Errand, Seat, policy};

/// Where the pictures go.
const DIRECTORY: &str = "ASKBOX_SCREENSHOTS";

/// Bytes that a picture may have: they are kept with the source.
const LARGEST: u64 = 60_000;

/// A theme of GTK, which the pages follow.
#[derive(Clone, Copy)]
struct Theme {
    name: &'static str,
    gtk: &'static str,
}

const THEMES: [Theme; 2] = [
    Theme {
        name: "light",
        gtk: "Adwaita",
    },
    Theme {
        name: "dark",
        gtk: "Adwaita:dark",
    },
];

/// A desktop with what has happened on one after an hour of work.
struct Scene {
    seat: Seat,
    _waiting: Vec<Running>,
}

impl Scene {
    fn new(theme: Theme) -> Self {
        let mut desktop = Desktop::new();
        desktop.set("GTK_THEME", theme.gtk);
        let seat = Seat::driven_on(desktop, Profile::Gnome);
        for (name, label) in [
            ("registry.example.org", "Allow 1 hour"),
            ("telemetry.example.net", "Block"),
        ] {
            let errand = Errand::start(seat.world(), name);
            seat.server.press(&seat.server.shows(&errand.title()), label);
            drop(errand.finish());
        }
        seat.world()
            .ok(&["rules", "add", "allow", "network", "**.docs.example.org"]);
        seat.world().ok(&["rules", "add", "deny", "read", "~/private"]);
        Self {
            _waiting: waiting(seat.world()),
            seat,
        }
    }
}

/// Sessions that wait for an answer. Their questions have the same order in every picture.
fn waiting(world: &World) -> Vec<Running> {
    let scripts = [
        ("notes", "cat ~/notes/spec.md"),
        ("build", "curl -sS https://cdn.example.com/package.tgz"),
    ];
    let mut waiting = Vec::new();
    for (name, script) in scripts {
        waiting.push(world.start_sh(&["--name", name], script));
        world.eventually("it asks", || world.questions().len() == waiting.len());
    }
    waiting
}

/// Writes a picture in few colours, all of it or a part.
fn store(desktop: &Desktop, picture: &[u8], part: Option<&str>, path: &Path) {
    let raw = desktop.world().outside().join("picture.png");
    std::fs::write(&raw, picture).unwrap();
    let mut words = vec![raw.to_str().unwrap()];
    words.extend(part.iter().flat_map(|part| ["-crop", part, "+repage"]));
    let target = format!("png8:{}", path.display());
    words.extend(["-resize", "1000x>", "+dither", "-colors", "64", "-strip", &target]);
    let written = desktop.command("convert").args(words).status();
    assert!(written.unwrap().success(), "{}", path.display());
    let size = std::fs::metadata(path).unwrap().len();
    assert!(size <= LARGEST, "{} has {size} bytes", path.display());
}

/// The whole screen.
fn screen(desktop: &Desktop) -> Vec<u8> {
    let mut import = desktop.command("import");
    import.args(["-silent", "-window", "root", "png:-"]);
    import.output().unwrap().stdout
}

fn windows(directory: &Path, theme: Theme) {
    let scene = Scene::new(theme);
    let seat = &scene.seat;
    let pages = seat.opens("questions");
    for (view, text) in [
        ("questions", "What waits for you"),
        ("rules", "remembered answer"),
        ("sessions", "Running (2)"),
        ("activity", "telemetry.example.net"),
        ("settings", "What needs no question"),
    ] {
        seat.world().ok(&["open", view]);
        pages.shows(text);
        let path = directory.join(format!("{view}-{}.png", theme.name));
        store(&seat.desktop, &pages.picture(), None, &path);
    }
    pages.run("document.getElementById('resources-title').scrollIntoView()");
    let path = directory.join(format!("limits-{}.png", theme.name));
    store(&seat.desktop, &pages.picture(), None, &path);
    seat.world().ok(&["open", "questions"]);
    pages.shows("What waits for you").press("button", "Answer…");
    pages.look_at("Askbox asks").finds("button", "Allow");
    let path = directory.join(format!("prompt-{}.png", theme.name));
    store(&seat.desktop, &pages.picture(), None, &path);
}

/// Tray icon and notification as a panel and a server that people have draw them.
fn tray_and_notification(directory: &Path, theme: Theme) {
    let mut desktop = Desktop::new();
    desktop.set("GTK_THEME", theme.gtk);
    desktop.world().write_policy(&policy("10m"));
    desktop.run_window_manager();
    desktop.run("dunst", &[]);
    desktop.run_panel();
    desktop.start_tray();
    desktop
        .world()
        .eventually("the panel has the icon", || desktop.bus().tray_icons() == 1);
    let _waiting = waiting(desktop.world());
    desktop.world().eventually("both are shown", || {
        let shown = desktop.command("dunstctl").args(["count", "displayed"]).output();
        shown.unwrap().stdout.starts_with(b"2")
    });
    // They fade in.
    look();
    let taken = screen(&desktop);
    for (what, part) in [("tray", "700x26+700+0"), ("notification", "340x220+1060+40")] {
        let path = directory.join(format!("{what}-{}.png", theme.name));
        store(&desktop, &taken, Some(part), &path);
    }
}

#[test]
fn pictures_of_everything() {
    let Some(directory) = std::env::var_os(DIRECTORY).filter(|name| !name.is_empty()) else {
        return;
    };
    let directory = PathBuf::from(directory);
    for theme in THEMES {
        windows(&directory, theme);
        tray_and_notification(&directory, theme);
    }
}
