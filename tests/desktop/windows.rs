//! The prompt window that comes by itself, and whom it leaves alone; the process of the windows. What is in windows, is tested
//! beside it.

use std::fs;

use askbox_tests::desktop::{Program, look};
use askbox_tests::{Desktop, binary, eventually};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::seat::{Errand, answer, policy};

/// A window of somebody else's that has the focus and notes what is typed into it.
fn at_work(desktop: &Desktop) -> (Program, String) {
    let mut editor = desktop.command("xev");
    editor.args(["-name", "editor", "-event", "keyboard"]);
    let editor = Program::start(desktop.world(), &editor);
    let window = desktop.screen().window("editor");
    desktop.screen().focus(&window);
    (editor, window)
}

/// A desktop without a notification server, where somebody works while a question comes up.
fn interrupted() -> (Desktop, Errand, Program, String) {
    let mut desktop = Desktop::new();
    desktop.world().write_policy(&policy("10m"));
    desktop.run_window_manager();
    desktop.start_tray();
    let (editor, window) = at_work(&desktop);
    let errand = Errand::start(desktop.world(), "new.test");
    desktop.screen().window("Askbox asks");
    (desktop, errand, editor, window)
}

#[test]
fn complaint_4_a_prompt_that_comes_by_itself_takes_no_focus_and_no_keys() {
    let (desktop, mut errand, editor, window) = interrupted();
    assert_eq!(desktop.screen().focused(), window);
    desktop
        .screen()
        .press_keys(&["a", "1", "y", "Return", "Return", "z"]);
    desktop.world().eventually("the editor has every key", || {
        editor.said().contains("keysym 0x7a, z")
    });
    // Pressed and released, twice.
    assert_eq!(editor.said().matches("keysym 0xff0d, Return").count(), 4);
    assert_eq!(desktop.screen().focused(), window);
    errand.still_waits(desktop.world());
}

#[test]
fn complaint_4_enter_in_the_prompt_window_never_allows() {
    let (desktop, mut errand, _editor, _window) = interrupted();
    let prompt = desktop.screen().window("Askbox asks");
    desktop.screen().focus(&prompt);
    look();
    desktop.screen().press_keys(&["Return", "Return"]);
    // The question is answered by this, and by nothing before it.
    errand.still_waits(desktop.world());
    answer(desktop.world(), "deny");
    errand.was_refused();
}

#[test]
fn a_prompt_that_came_by_itself_hears_keys_once_it_has_the_focus() {
    let (desktop, errand, _editor, _window) = interrupted();
    let prompt = desktop.screen().window("Askbox asks");
    desktop.screen().focus(&prompt);
    look();
    desktop.world().eventually("it is answered by a key", || {
        desktop.screen().press_keys(&["alt+a"]);
        desktop.world().questions().is_empty()
    });
    errand.went_through();
}

#[test]
fn a_second_question_opens_no_second_window() {
    let (desktop, first, _editor, window) = interrupted();
    let second = Errand::start(desktop.world(), "two.test");
    desktop
        .world()
        .eventually("both are open", || desktop.world().questions().len() == 2);
    desktop.screen().window("Askbox asks");
    assert_eq!(desktop.screen().focused(), window);
    drop((first, second));
}

/// The process that has the browser engine.
const WINDOWS: &str = "askbox-windows";

#[test]
fn the_browser_engine_is_there_only_while_somebody_looks() {
    let mut desktop = Desktop::new();
    desktop.run_window_manager();
    desktop.start_tray();
    let tray = desktop.tray();
    eventually("what it read ahead with has ended", || tray.is_alone());
    desktop.world().ok(&["open", "rules"]);
    desktop.screen().window("Askbox");
    assert!(desktop.tray().part(WINDOWS).is_some());
    desktop.screen().close("Askbox");
    let tray = desktop.tray();
    eventually("it has ended", || tray.part(WINDOWS).is_none());
    assert!(desktop.tray().is_running());
}

/// Prints how many pages of a file are not in memory (mincore(2)), after they were dropped where that is wanted.
const MISSING: &str = "
import ctypes, mmap, os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
if sys.argv[2:] == ['drop']:
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
pages = mmap.mmap(file, 0, access=mmap.ACCESS_COPY)
there = (ctypes.c_ubyte * -(-len(pages) // mmap.PAGESIZE))()
start = ctypes.addressof(ctypes.c_char.from_buffer(pages))
assert ctypes.CDLL(None).mincore(ctypes.c_void_p(start), ctypes.c_size_t(len(pages)), there) == 0
print(sum(not page & 1 for page in there))
";

#[test]
fn what_windows_need_is_in_memory_before_the_first_one_is_wanted() {
    let desktop = Desktop::new();
    let directory = desktop.world().outside();
    for program in ["askbox-tray", WINDOWS] {
        fs::copy(binary(program), directory.join(program)).unwrap();
    }
    let windows = directory.join(WINDOWS);
    let missing = |words: &[&str]| -> u32 {
        let mut command = desktop.command("python3");
        let output = command.args(["-c", MISSING]).arg(&windows).args(words).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        said.trim()
            .parse()
            .unwrap_or_else(|_| panic!("{:?}", output.stderr))
    };
    assert_ne!(missing(&["drop"]), 0);
    let mut command = desktop.command(directory.join("askbox-tray").to_str().unwrap());
    let _tray = Program::start(desktop.world(), command.arg("--background"));
    eventually("all of it is there", || missing(&[]) == 0);
}

#[test]
fn windows_that_crash_take_nothing_with_them_and_come_up_again() {
    let mut desktop = Desktop::new();
    desktop.run_window_manager();
    desktop.start_tray();
    desktop.world().ok(&["open", "rules"]);
    desktop.screen().window("Askbox");
    let windows = desktop.tray().part(WINDOWS).unwrap();
    kill(Pid::from_raw(windows), Signal::SIGKILL).unwrap();
    askbox_tests::eventually("it has ended", || desktop.screen().windows("Askbox").is_empty());
    desktop.world().ok(&["open", "rules"]);
    desktop.screen().window("Askbox");
    assert!(desktop.tray().is_running());
}
