//! Real dev servers inside, opened from outside once their port is published while they run, and not before.

use std::fs;
use std::process::Stdio;

use askbox_tests::server::free_port;
use askbox_tests::{Finished, Running, World};

use crate::install;
use crate::shared::{session, share};

/// Vite, at a version that Debian 12's node runs.
const VITE: &str = "vite@5.4.21";

/// Where the server listens inside.
const INSIDE: u16 = 3000;

/// curl on the host, for a path of the published port.
fn open(world: &World, port: u16, path: &str) -> Finished {
    let mut curl = world.host("curl");
    curl.args(["-sS", "--fail", "--max-time", "30"])
        .arg(format!("http://127.0.0.1:{port}/{path}"));
    Running::start(curl).finish()
}

/// Starts a server inside and publishes its port, at which nothing is before. Returns the port outside.
fn publish(world: &World, command: &str) -> (Running, u16) {
    let outside = free_port();
    let script = format!(
        "{command} > said 2>&1 & server=$!
        until curl -s http://localhost:{INSIDE}/ > first; do kill -0 $server || exit 7; sleep 0.05; done
        touch up; wait $server"
    );
    let running = session(world, &["--non-interactive"], &script, "up");
    open(world, outside, "").failed();
    share(world, "--publish", &format!("{outside}:{INSIDE}"));
    (running, outside)
}

#[test]
fn the_http_server_of_python_is_opened_from_outside() {
    let world = World::new();
    world.write("page.txt", "written outside");
    let (_running, port) = publish(&world, &format!("python3 -m http.server {INSIDE}"));
    assert_eq!(
        open(&world, port, "page.txt").succeeded().stdout,
        "written outside"
    );
    world.write("page.txt", "changed");
    assert_eq!(open(&world, port, "page.txt").succeeded().stdout, "changed");
}

/// Says back what it got, and how many requests there were.
const NODE_SERVER: &str = "import http from 'node:http';
let requests = 0;
http.createServer(async (request, answer) => {
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    answer.end(`${request.method} ${request.url} ${bytes} ${++requests}\\n`);
}).listen(Number(process.argv[2]));
";

#[test]
fn a_server_of_node_is_opened_from_outside() {
    let world = World::new();
    world.write("server.mjs", NODE_SERVER);
    let (_running, port) = publish(&world, &format!("node server.mjs {INSIDE}"));
    assert_eq!(open(&world, port, "a").succeeded().stdout, "GET /a 0 2\n");
    let body = "x".repeat(3_000_000);
    world.write("body", &body);
    let mut sending = world.host("curl");
    sending
        .args(["-sS", "--data-binary", "@body"])
        .arg(format!("http://127.0.0.1:{port}/b"));
    let finished = Running::start(sending).finish();
    assert_eq!(finished.succeeded().stdout, "POST /b 3000000 3\n");
}

#[test]
fn vite_is_opened_from_outside_and_tells_of_changes() {
    let world = World::new();
    install::npm(&world, &[VITE]);
    world.write("index.html", "<script type=module src=/main.ts></script>\n");
    world.write("main.ts", "const word: string = 'first';\nconsole.log(word);\n");
    let (_running, port) = publish(
        &world,
        &format!("node_modules/.bin/vite --port {INSIDE} --strictPort"),
    );
    let page = open(&world, port, "").succeeded().stdout.clone();
    assert!(page.contains("/@vite/client"), "{page}");
    // Translated, by a program of its own that vite starts.
    let script = open(&world, port, "main.ts").succeeded().stdout.clone();
    assert!(script.contains("const word = \"first\""), "{script}");

    // A browser's page hears of what an editor on the host changes. Frames of a server are not masked (RFC 6455).
    let heard = world.outside().join("heard");
    let mut follow = world.host("curl");
    follow
        .args([
            "-sSN",
            "--http1.1",
            "-H",
            "Connection: Upgrade",
            "-H",
            "Upgrade: websocket",
        ])
        .args([
            "-H",
            "Sec-WebSocket-Version: 13",
            "-H",
            "Sec-WebSocket-Protocol: vite-hmr",
        ])
        .args(["-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "-o"])
        .arg(&heard)
        .arg(format!("http://127.0.0.1:{port}/"))
        .stdin(Stdio::null());
    let _follow = Running::start(follow);
    let has_heard =
        |word: &str| fs::read(&heard).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(word));
    world.eventually("the page follows", || has_heard("\"connected\""));
    world.write("main.ts", "const word: string = 'second';\nconsole.log(word);\n");
    world.eventually("the page hears of it", || has_heard("main.ts"));
    let script = open(&world, port, "main.ts").succeeded().stdout.clone();
    assert!(script.contains("const word = \"second\""), "{script}");
}
