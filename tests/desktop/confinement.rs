//! What a window could do if its page were somebody else's: run nothing that it did not come with, reach nothing but the
//! app, and ask the app for nothing but what a person does there.

use askbox_tests::desktop::{Pages, Profile, look};
use askbox_tests::server::Server;
use serde_json::{Value, json};

use crate::seat::{Errand, Seat};

/// What must not run or be drawn.
const HOSTILE: &str = "<img src=x onerror=window.ran=1><script>window.ran=1</script>\u{202e}\u{1b}[31m";

/// Both windows, each as the first one of an app of its own.
fn each_window(check: impl Fn(&Seat, &Pages)) {
    let seat = Seat::driven(Profile::Gnome);
    check(&seat, &seat.opens("questions"));
    drop(seat);
    let seat = Seat::driven(Profile::Gnome);
    let errand = Errand::start(seat.world(), "new.test");
    check(&seat, &seat.prompts(&errand.title()));
}

/// Calls a command of the app; `Err` with what it was refused with.
fn invoke(pages: &Pages, command: &str, arguments: &Value) -> Result<Value, Value> {
    let script = format!(
        "const done = arguments[0];
        window.__TAURI_INTERNALS__.invoke('{command}', {arguments})
            .then((value) => done([true, value]), (error) => done([false, error]))"
    );
    let answer = pages.run_to_end(&script);
    match &answer[0] {
        Value::Bool(true) => Ok(answer[1].clone()),
        _ => Err(answer[1].clone()),
    }
}

#[test]
fn no_script_runs_but_the_windows_own() {
    each_window(|_seat, pages| {
        let tries = "
            const done = arguments[0];
            const script = document.createElement('script');
            script.textContent = 'window.ran = \"element\"';
            document.body.append(script);
            const box = document.createElement('div');
            box.innerHTML = '<img src=x onerror=\"window.ran = `handler`\"><iframe srcdoc=\"<script>parent.ran = 1</script>\"></iframe>';
            document.body.append(box);
            let evaluated = 'no';
            try { evaluated = (0, eval)('1 + 1'); } catch (error) { evaluated = error.name; }
            const data = document.createElement('script');
            data.src = 'data:text/javascript,window.ran=2';
            data.onerror = () => done([window.ran ?? null, evaluated]);
            data.onload = () => done(['data', evaluated]);
            document.body.append(data);";
        assert_eq!(pages.run_to_end(tries), json!([null, "EvalError"]));
    });
}

#[test]
fn nothing_is_reached_but_the_app() {
    let server = Server::http("hello");
    each_window(|_seat, pages| {
        let port = server.port();
        let tries = format!(
            "const done = arguments[0];
            const url = 'http://127.0.0.1:{port}/';
            const image = new Promise((end) => {{
                const image = new Image();
                image.onload = () => end('image');
                image.onerror = () => end(null);
                image.src = url;
            }});
            const socket = new Promise((end) => {{
                try {{
                    const socket = new WebSocket('ws://127.0.0.1:{port}/');
                    socket.onopen = () => end('socket');
                    socket.onerror = () => end(null);
                }} catch {{ end(null); }}
            }});
            const fetched = fetch(url, {{ mode: 'no-cors' }}).then(() => 'fetch', () => null);
            const style = document.createElement('link');
            style.rel = 'stylesheet';
            style.href = url;
            document.head.append(style);
            const frame = document.createElement('iframe');
            frame.src = url;
            document.body.append(frame);
            let beacon = null;
            try {{ navigator.sendBeacon(url, 'x'); }} catch {{ }}
            Promise.all([image, socket, fetched]).then(done)"
        );
        assert_eq!(pages.run_to_end(&tries), json!([null, null, null]));
        assert_eq!(server.connections(), 0);
    });
}

#[test]
fn a_window_goes_to_no_other_page() {
    let server = Server::http("hello");
    each_window(|seat, pages| {
        let url = format!("http://127.0.0.1:{}/", server.port());
        pages.run(&format!("window.open('{url}'); location.href = '{url}'"));
        look();
        assert_eq!(pages.run("return location.origin"), "tauri://localhost");
        seat.world().ok(&["open", "rules"]);
        pages.look_at("Askbox").shows("What you decided");
        assert_eq!(server.connections(), 0);
    });
}

#[test]
fn no_command_of_the_framework_can_be_called() {
    each_window(|_seat, pages| {
        for command in [
            "plugin:app|version",
            "plugin:app|exit",
            "plugin:path|resolve_directory",
            "plugin:window|create",
            "plugin:window|set_always_on_top",
            "plugin:window|destroy",
            "plugin:webview|create_webview_window",
            "plugin:webview|internal_toggle_devtools",
            "plugin:event|emit",
            "plugin:event|emit_to",
            "plugin:menu|new",
            "plugin:tray|new",
            "plugin:resources|close",
            "plugin:image|from_path",
            "plugin:shell|execute",
            "plugin:fs|read_file",
        ] {
            let refused = invoke(pages, command, &json!({})).unwrap_err();
            let text = refused.as_str().unwrap_or_default();
            assert!(
                text.contains("not allowed") || text.contains("not found"),
                "{command}: {refused}"
            );
        }
    });
}

#[test]
fn of_the_daemon_a_window_asks_only_what_a_person_does_there() {
    each_window(|seat, pages| {
        let daemon = seat.world().daemon_pid();
        for request in [
            json!("shutdown"),
            json!({ "show": { "view": "rules", "item": null } }),
            json!({ "ended": { "status": 0 } }),
            json!({ "launch": {} }),
            json!({ "follow": {} }),
        ] {
            let arguments = json!({ "request": { "daemon": request } });
            invoke(pages, "request", &arguments).unwrap_err();
        }
        assert_eq!(
            invoke(pages, "request", &json!({ "request": { "daemon": "shutdown" } })).unwrap_err()["code"],
            "refused"
        );
        assert_eq!(seat.world().daemon_pid(), daemon);
        // What is on the list is answered.
        invoke(pages, "request", &json!({ "request": { "daemon": "status" } })).unwrap();
    });
}

#[test]
fn threat_62_hostile_text_is_text_in_both_windows() {
    let seat = Seat::driven(Profile::Gnome);
    let name = HOSTILE.replace('/', "");
    std::fs::write(seat.world().home().join("notes").join(&name), "text").unwrap();
    let script = format!("cat ~/notes/'{name}'");
    let running = seat.world().start_sh(&["--name", "<b>errand"], &script);
    let question = seat.world().wait_for_question();
    let pages = seat.opens("questions");
    let check = || {
        let shown = "<img src=x onerror=window.ran=1><script>window.ran=1<script>";
        pages.shows(shown).shows(r"\u{202e}\u{1b}[31m");
        let parsed =
            "return [window.ran ?? null, document.querySelectorAll('img, b, main script, iframe').length]";
        assert_eq!(pages.run(parsed), json!([null, 0]));
    };
    check();
    pages.press("button", "Answer…").look_at("Askbox asks");
    check();
    let id = question["id"].as_str().unwrap();
    seat.world().ok(&["deny", id, "--once"]);
    running.finish();
    seat.world().ok(&["open", "activity"]);
    pages.look_at("Askbox");
    check();
}
