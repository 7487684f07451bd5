//! Full-screen programs inside and around a session.

use std::time::{Duration, Instant};

use askbox_tests::{Running, Terminal, World};

/// For a hung program, not for a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn lines(world: &World) {
    let text: Vec<String> = (1..=500).map(|number| format!("row {number}\n")).collect();
    world.write("rows", &text.concat());
}

#[test]
fn less_works_inside() {
    let world = World::new();
    lines(&world);
    let mut terminal = Terminal::start(&world.askbox(&["run", "--", "less", "rows"]));
    terminal.wait_for("row 23");
    terminal.press("G");
    terminal.wait_for("row 500");
    terminal.press("q");
    let left = terminal.finish();
    assert_eq!((left.code, left.modes_restored), (Some(0), true), "{left:#?}");
}

#[test]
fn a_pager_behind_a_command_gets_every_key() {
    let world = World::new();
    lines(&world);
    let mut terminal = Terminal::start(&world.host_script("$ASKBOX run -- cat rows | less"));
    terminal.wait_for("row 23");
    terminal.press("G");
    terminal.wait_for("row 500");
    terminal.press("q");
    let left = terminal.finish();
    assert_eq!((left.code, left.modes_restored), (Some(0), true), "{left:#?}");
}

#[test]
fn a_pager_gets_every_key_while_the_command_still_runs() {
    let world = World::new();
    lines(&world);
    // The pager starts late, and the command then waits for a line from the terminal, which is the pager's meanwhile.
    let script = "$ASKBOX run -- sh -c 'echo first; cat rows; exec cat' | sh -c 'read first; exec less'";
    let mut terminal = Terminal::start(&world.host_script(script));
    terminal.wait_for("row 23");
    for row in ["row 46", "row 69", "row 92"] {
        terminal.press(" ");
        terminal.wait_for(row);
    }
    terminal.press("q");
    terminal.wait_until("the old screen", |shown| shown.contains("\x1b[?1049l"));
    terminal.press("\x04");
    let left = terminal.finish();
    assert_eq!((left.code, left.modes_restored), (Some(0), true), "{left:#?}");
}

#[test]
fn vim_works_inside() {
    let world = World::new();
    let words = ["run", "--", "vim.tiny", "-u", "NONE", "-N", "-n", "letter.txt"];
    let mut terminal = Terminal::start(&world.askbox(&words));
    terminal.wait_for("letter.txt");
    terminal.press("ihello from vim\x1b:wq\r");
    let left = terminal.finish();
    assert_eq!((left.code, left.modes_restored), (Some(0), true), "{left:#?}");
    assert_eq!(
        std::fs::read_to_string(world.project().join("letter.txt")).unwrap(),
        "hello from vim\n"
    );
}

#[test]
fn tmux_works_inside() {
    let world = World::new();
    let words = ["run", "--", "tmux", "-f", "/dev/null", "new-session", "sh"];
    let mut terminal = Terminal::start(&world.askbox(&words));
    terminal.wait_for("[0] 0:");
    terminal.press("echo in''side $TMUX\r");
    terminal.wait_for("inside /tmp/tmux");
    terminal.press("exit\r");
    terminal.wait_for("[exited]");
    let left = terminal.finish();
    assert_eq!((left.code, left.modes_restored), (Some(0), true), "{left:#?}");
}

/// A tmux server on the host, with a bash in a window of 80 by 24.
struct Tmux<'a> {
    world: &'a World,
    socket: String,
}

impl<'a> Tmux<'a> {
    fn start(world: &'a World) -> Self {
        let socket = world.outside().join("tmux").to_str().unwrap().to_owned();
        let tmux = Self { world, socket };
        let shell = ["bash", "--norc", "--noprofile"];
        tmux.ok(&[&["new-session", "-d", "-x", "80", "-y", "24"][..], &shell].concat());
        tmux
    }

    fn ok(&self, words: &[&str]) -> String {
        let mut command = self.world.host("tmux");
        command.args(["-f", "/dev/null", "-S", &self.socket]).args(words);
        command
            .env("ASKBOX", self.world.askbox(&[]).get_program())
            .env("PS1", "host> ");
        Running::start(command).finish().succeeded().stdout.clone()
    }

    fn type_in(&self, line: &str) {
        self.ok(&["send-keys", "-l", line]);
        self.ok(&["send-keys", "Enter"]);
    }

    fn wait_for(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let screen = self.ok(&["capture-pane", "-p"]);
            if screen.contains(text) {
                return;
            }
            assert!(Instant::now() < end, "never shown: {text}\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let mut command = self.world.host("tmux");
        command.args(["-S", &self.socket, "kill-server"]);
        drop(Running::start(command).finish());
    }
}

#[test]
fn a_session_works_inside_tmux() {
    let world = World::new();
    lines(&world);
    let tmux = Tmux::start(&world);
    tmux.type_in("clear; $ASKBOX shell --env PS1='in''side> '");
    tmux.wait_for("inside>");
    tmux.type_in("echo $((6*7)) in $ASKBOX_SESSION.");
    tmux.wait_for("42 in ");
    tmux.type_in("less rows");
    tmux.wait_for("row 23");
    tmux.ok(&["send-keys", "G"]);
    tmux.wait_for("row 500");
    tmux.ok(&["send-keys", "q"]);
    // A key that comes together with a change of size less may lose.
    tmux.wait_for("inside>");
    tmux.ok(&["resize-window", "-x", "91", "-y", "19"]);
    tmux.type_in("clear; stty size");
    tmux.wait_for("19 91");
    tmux.type_in("exit 5");
    tmux.wait_for("host>");
    tmux.type_in("echo left with $?");
    tmux.wait_for("left with 5");
}
