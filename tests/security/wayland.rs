//! What a session that has the user's Wayland display can do there: show windows of its own, and nothing to others, although the
//! compositor lets every program copy the screen (threat 46).

use askbox_tests::{Compositor, World};

const FLAG: [&str; 3] = ["--non-interactive", "--with", "wayland"];
const HIDDEN: &str = "weston_screenshooter";

/// The last line that a client of ours says.
fn end(said: &str) -> &str {
    said.lines().last().unwrap_or_default()
}

#[test]
fn threat_46_the_display_stays_out_of_reach_without_a_word_of_the_user() {
    let world = World::new();
    let compositor = Compositor::start(&world);
    let look = Compositor::attempt("");
    compositor.outside(&world, &look).succeeded();
    let own = format!(
        "export XDG_RUNTIME_DIR={} WAYLAND_DISPLAY={}; {look}",
        compositor.socket().parent().unwrap().display(),
        compositor.socket().file_name().unwrap().display()
    );
    let inside = |options: &[&str], script: &str| compositor.sh(&world, options, script);
    inside(&["--non-interactive"], &look).failed();
    inside(&["--non-interactive"], &own).failed();
    world.write(
        ".askbox.toml",
        "[[rule]]\neffect = \"allow\"\nneighbour = \"wayland\"\n",
    );
    inside(&["--non-interactive"], &look).failed();
    // Nor is the compositor's own socket there where the display is.
    inside(&FLAG, &own).failed();
    assert_eq!(end(&inside(&FLAG, &look).succeeded().stdout), "alive");
    let socket = compositor.socket();
    let named = inside(&["--socket", socket.to_str().unwrap()], "true");
    assert_eq!(named.code, Some(125), "{named:#?}");
    assert!(named.stderr.contains("--with wayland shows"), "{named:#?}");
}

#[test]
fn threat_46_a_screen_that_every_program_copies_outside_is_not_copied_inside() {
    let world = World::new();
    let compositor = Compositor::start(&world);
    let copy = "weston-screenshooter; ls wayland-screenshot-*.png";
    compositor.outside(&world, copy).succeeded();
    world.host_script("rm wayland-screenshot-*.png").status().unwrap();
    compositor.sh(&world, &FLAG, copy).failed();
    let inside = compositor.sh(&world, &FLAG, "exec wayland-info");
    let (seen, all) = (inside.succeeded().stdout.clone(), compositor.globals(&world));
    for hidden in [
        HIDDEN,
        "weston_debug_v1",
        "weston_desktop_shell",
        "zwp_input_panel_v1",
    ] {
        assert!(all.contains(hidden) && !seen.contains(hidden), "{hidden}: {seen}");
    }
    for offered in ["wl_compositor", "wl_shm", "xdg_wm_base"] {
        assert!(
            all.contains(offered) && seen.contains(offered),
            "{offered}: {seen}"
        );
    }
}

#[test]
fn threat_46_what_was_not_announced_is_not_bound_and_ends_the_connection() {
    let world = World::new();
    let compositor = Compositor::start(&world);
    let number = compositor.number_of(&world, HIDDEN);
    let bind = format!("bind(registry, {number}, \"{HIDDEN}\")");
    let outside = compositor.outside(&world, &Compositor::attempt(&bind));
    assert_eq!(end(&outside.succeeded().stdout), "alive", "{outside:#?}");
    let bytes = format!("binding(registry, {number}, \"{HIDDEN}\", 1, next(ids))");
    for attack in [
        bind,
        // By another registry, by the number of something else, or under another name.
        format!(
            "other = get_registry(); assert \"{HIDDEN}\" not in told(other); bind(other, {number}, \"{HIDDEN}\")"
        ),
        format!("bind(registry, known[\"wl_shm\"], \"{HIDDEN}\")"),
        format!("bind(registry, {number}, \"wl_shm\")"),
        format!("bind(registry, {number}, \"wl_shm\\0{HIDDEN}\")"),
        // At once, before anything was heard of the registry, and in two parts.
        format!("bind(get_registry(), {number}, \"{HIDDEN}\")"),
        format!("data = {bytes}; connection.sendall(data[:11]); connection.sendall(data[11:])"),
        // Behind a message that says it is shorter or longer than it is.
        format!("connection.sendall(words(1, 4 << 16) + {bytes})"),
        "connection.sendall(words(1, 0xfffc << 16) + bytes(8192))".to_owned(),
        // A registry where another object is, or that is the compositor's to number.
        "say(1, 1, words(1))".to_owned(),
        "say(1, 1, words(registry))".to_owned(),
        "say(1, 1, words(0xff000000))".to_owned(),
        "bind(registry, known[\"wl_shm\"], \"wl_shm\", 77)".to_owned(),
    ] {
        let inside = compositor.sh(&world, &FLAG, &Compositor::attempt(&attack));
        assert_eq!(end(&inside.succeeded().stdout), "cut", "{attack}: {inside:#?}");
    }
    let twin = "bind(registry, known[\"wl_shm\"], \"wl_shm\"); assert told(get_registry()) == known";
    let inside = compositor.sh(&world, &FLAG, &Compositor::attempt(twin));
    assert_eq!(end(&inside.succeeded().stdout), "alive", "{inside:#?}");
    let log = world.log();
    let reason = format!("the program wanted {HIDDEN}, which no session gets");
    let is_told = log.iter().any(|event| {
        event["target"] == "wayland" && event["verdict"] == "deny" && event.to_string().contains(&reason)
    });
    assert!(is_told, "{log:#?}");
}

#[test]
fn threat_46_of_descriptors_only_memory_and_pipes_cross() {
    let world = World::new();
    let compositor = Compositor::start(&world);
    let pool = |descriptors: &str| {
        let bind = "shm = bind(registry, known[\"wl_shm\"], \"wl_shm\")";
        let attempt = format!("{bind}; send(message(shm, 0, words(next(ids), 4096)), {descriptors})");
        let inside = compositor.sh(&world, &FLAG, &Compositor::attempt(&attempt));
        end(&inside.succeeded().stdout).to_owned()
    };
    assert_eq!(pool("[memory()]"), "alive");
    for refused in [
        "[os.open(\"/\", os.O_RDONLY)]",
        "[os.open(\"/\", os.O_PATH)]",
        "[os.open(\"client.py\", os.O_RDONLY)]",
        "[os.open(\"/dev/null\", os.O_RDWR)]",
        "[connection.fileno()]",
        "[memory()] * 29",
    ] {
        assert_eq!(pool(refused), "cut", "{refused}");
    }
    // Which never become part of a message.
    let kept = "[send(b\"\\0\", [memory()] * 28) for part in range(4)]";
    let inside = compositor.sh(&world, &FLAG, &Compositor::attempt(kept));
    assert_eq!(end(&inside.succeeded().stdout), "cut", "{inside:#?}");
}
