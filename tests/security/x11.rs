//! What a session that has the user's X11 display can do there: nothing to others, unless it was given all of it (threat 46).

use askbox_tests::{Display, World};

/// Looks for the window of a program outside by its title.
const LOOK: &str = "exec xwininfo -name secret-window";

/// Presses a key wherever the focus is.
const PRESS: &str = "exec xdotool key a";

/// Says which of these it gets: the pixels of the window whose number is in the file `window`, and the keys that are held down now.
const PROBE: &str = r#"exec /usr/bin/python3 -c '
import os, socket, struct
c = socket.socket(socket.AF_UNIX); c.connect("/tmp/.X11-unix/X" + os.environ["DISPLAY"][1:])
c.sendall(struct.pack("<BxHHHHxx", 108, 11, 0, 0, 0))
def take(n):
    data = b""
    while len(data) < n: data += c.recv(n - len(data))
    return data
head = take(8); assert head[0] == 1, head; take(4 * struct.unpack("<H", head[6:])[0])
def ask(request):
    c.sendall(request); head = take(32)
    if head[0] == 0: return b""
    return head[8:] + take(4 * struct.unpack("<I", head[4:8])[0])
window = int(open("window").read(), 16)
image = ask(struct.pack("<BBHIhhHHI", 73, 2, 5, window, 0, 0, 9, 9, 0xffffffff))
keys = ask(struct.pack("<BxH", 44, 1))
print("image" if any(image[24:]) else "-", "keys" if any(keys) else "-")'"#;

#[test]
fn threat_46_a_session_reads_no_window_of_others_and_no_key_and_presses_none() {
    let world = World::new();
    let display = Display::start(&world, "");
    let _window = display.window(&world, "secret-window");
    let found = "xwininfo -name secret-window | sed -n 's/.*Window id: 0x\\([0-9a-f]*\\).*/\\1/p' > window; xdotool keydown a";
    askbox_tests::Running::start(display.of(world.host_script(found)))
        .finish()
        .succeeded();
    // All of it, for comparison.
    let whole = display.sh(&world, &["--with", "x11-trusted"], PROBE);
    assert_eq!(whole.succeeded().stdout, "image keys\n", "{whole:#?}");
    display.sh(&world, &["--with", "x11-trusted"], PRESS).succeeded();
    let inside = display.sh(&world, &["--with", "x11"], PROBE);
    assert_eq!(inside.succeeded().stdout, "- -\n", "{inside:#?}");
    let pressed = display.sh(&world, &["--with", "x11"], PRESS);
    assert_ne!(pressed.code, Some(0), "{pressed:#?}");
}

#[test]
fn threat_46_a_display_that_cannot_keep_programs_apart_is_a_question_of_its_own() {
    let world = World::new();
    let display = Display::start(&world, "-extension SECURITY");
    let _window = display.window(&world, "secret-window");
    let refused = display.sh(&world, &["--non-interactive", "--with", "x11"], LOOK);
    assert!(!refused.failed().stdout.contains("secret-window"), "{refused:#?}");
    assert!(world.has_logged("x11-trusted", "deny"));
    let running = display.start_sh(&world, &["--with", "x11"], "exec xwininfo -name secret-window");
    let question = world.wait_for_question();
    let title = question["title"].as_str().unwrap();
    assert!(
        title.contains("see every window, and press and read every key"),
        "{title}"
    );
    world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    running.finish().succeeded();
}

#[test]
fn threat_46_the_display_and_its_cookie_stay_out_of_reach_without_a_word_of_the_user() {
    let world = World::new();
    let display = Display::start(&world, "");
    let number = "ls -A /tmp/.X11-unix; cat ~/.Xauthority";
    let inside = display.sh(&world, &["--non-interactive"], number);
    assert_eq!(inside.failed().stdout, "", "{inside:#?}");
    world.write(
        ".askbox.toml",
        "[[rule]]\neffect = \"allow\"\nneighbour = \"x11-trusted\"\n",
    );
    display
        .sh(&world, &["--non-interactive"], "exec xwininfo -root")
        .failed();
    std::fs::remove_file(world.project().join(".askbox.toml")).unwrap();
    // The cookie is no more inside where the display is.
    let script = "xdpyinfo > info && cat ~/.Xauthority";
    let twin = display.sh(&world, &["--non-interactive", "--with", "x11"], script);
    assert_eq!(twin.failed().stdout, "", "{twin:#?}");
    assert!(
        std::fs::read_to_string(world.project().join("info"))
            .unwrap()
            .contains("screen #0")
    );
}
