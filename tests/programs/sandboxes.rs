//! Debuggers and sandboxes inside, each by its switch and not without.

use askbox_tests::server::Server;
use askbox_tests::{Finished, Running, World};
use serde_json::json;

use crate::install;

/// The sandbox of agents, at a version that Debian 12's node runs.
const SANDBOX_RUNTIME: &str = "@anthropic-ai/sandbox-runtime@0.0.54";

/// Debian's Chromium, which is a script that starts it.
const CHROMIUM: &str = "chromium --headless --disable-gpu --user-data-dir=/tmp/chromium";

const PROGRAM: &str = "#include <stdio.h>
#include <pthread.h>
struct point { int x, y; };
static int compute(struct point p, int depth) {
    return depth == 0 ? p.x * p.y : compute(p, depth - 1);
}
static void *work(void *result) {
    *(int *)result = compute((struct point){6, 7}, 2);
    return NULL;
}
int main(void) {
    int result = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, work, &result);
    pthread_join(thread, NULL);
    printf(\"result %d\\n\", result);
}
";

#[test]
fn gdb_stops_in_a_thread_shows_it_and_goes_on() {
    let world = World::new();
    world.write("program.c", PROGRAM);
    let script = "cc -g -O0 -pthread -o program program.c &&
        gdb -batch -nx -ex 'break compute if depth == 0' -ex run -ex 'print p' -ex backtrace -ex 'set var p.y = 8' -ex delete -ex continue \
        ./program 2>&1";
    let with = world.sh(&["--non-interactive", "--debugger"], script);
    let said = &with.succeeded().stdout;
    for sign in [
        "$1 = {x = 6, y = 7}",
        "in work (result=",
        "result 48",
        "exited normally",
    ] {
        assert!(said.contains(sign), "{sign}: {said}");
    }
    let without = world.sh(&["--non-interactive"], script);
    assert!(
        without.stdout.contains("Operation not permitted") && !without.stdout.contains("$1 ="),
        "{without:#?}"
    );
}

#[test]
fn gdb_looks_at_a_program_that_runs() {
    let world = World::new();
    let script = "sleep 1000 & gdb -batch -nx -ex 'info proc' -ex detach -p $! 2>&1; kill $!";
    let with = world.sh(&["--non-interactive", "--debugger"], script);
    assert!(with.stdout.contains("exe = '/usr/bin/sleep'"), "{with:#?}");
    let without = world.sh(&["--non-interactive"], script);
    assert!(without.stdout.contains("Operation not permitted"), "{without:#?}");
}

#[test]
fn bwrap_builds_with_a_project_that_is_all_it_may_write() {
    let world = World::new();
    world.write("program.c", PROGRAM);
    let script = "bwrap --unshare-all --die-with-parent --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib \
        --symlink usr/lib64 /lib64 --ro-bind-try /etc/alternatives /etc/alternatives --proc /proc --dev /dev --tmpfs /tmp \
        --bind . /work --chdir /work -- sh -c 'cc -pthread -o program program.c && ./program; touch /usr/made || echo read-only'";
    let with = world.sh(&["--non-interactive", "--nested-sandbox"], script);
    assert_eq!(with.succeeded().stdout, "result 42\nread-only\n", "{with:#?}");
    let without = world.sh(&["--non-interactive"], script);
    assert!(
        without
            .failed()
            .stderr
            .contains("No permissions to create new namespace"),
        "{without:#?}"
    );
}

/// Runs a command in the sandbox for agents, inside.
fn sandbox_runtime(world: &World, server: &Server, options: &[&str], command: &str) -> Finished {
    let settings = json!({
        "network": { "allowedDomains": ["ok.test"], "deniedDomains": [] },
        "filesystem": { "denyRead": ["secret.txt"], "allowWrite": ["."], "denyWrite": ["kept.txt"] },
    });
    world.write("settings.json", &settings.to_string());
    let pin = server.pin("ok.test");
    let mut run = world.askbox(&["run", "--non-interactive", "--resolve", &pin]);
    run.args(options)
        .args(["--", "node_modules/.bin/srt", "--settings", "settings.json"])
        .args(["-c", command]);
    Running::start(run).finish()
}

#[test]
fn sandbox_runtime_confines_and_reaches_what_both_allow() {
    let world = World::new();
    install::npm(&world, &[SANDBOX_RUNTIME]);
    world.write("secret.txt", "secret");
    world.write("kept.txt", "kept");
    let server = Server::http("hello");
    let nested = ["--nested-sandbox", "--allow-domain", "ok.test"];
    let command = format!(
        "echo made > made.txt; cat secret.txt; echo x > kept.txt; curl -sS --fail http://ok.test:{}/; echo; \
         curl -sS --fail http://no.test/ || echo over",
        server.port()
    );
    let with = sandbox_runtime(&world, &server, &nested, &command);
    assert_eq!(with.succeeded().stdout, "hello\nover\n", "{with:#?}");
    assert_eq!(
        std::fs::read_to_string(world.project().join("made.txt")).unwrap(),
        "made\n"
    );
    assert_eq!(
        std::fs::read_to_string(world.project().join("kept.txt")).unwrap(),
        "kept"
    );
    // What it alone allows, Askbox does not.
    let one = sandbox_runtime(&world, &server, &["--nested-sandbox"], &command);
    assert!(!one.stdout.contains("hello"), "{one:#?}");
    assert_eq!(server.connections(), 1);
    let without = sandbox_runtime(&world, &server, &["--allow-domain", "ok.test"], &command);
    assert!(
        without
            .failed()
            .stderr
            .contains("No permissions to create new namespace"),
        "{without:#?}"
    );
}

#[test]
fn chromium_draws_a_page_and_runs_its_script() {
    let world = World::new();
    let server = Server::http(
        "<title>page</title><p id=p>plain</p><script>document.getElementById('p').textContent = 6 * 7</script>",
    );
    let url = format!("http://ok.test:{}/", server.port());
    let script = format!("{CHROMIUM} --screenshot=page.png {url}; {CHROMIUM} --dump-dom {url}");
    let pin = server.pin("ok.test");
    let options = [
        "--non-interactive",
        "--resolve",
        &pin,
        "--allow-domain",
        "ok.test",
    ];
    let with = world.sh(&[&options[..], &["--nested-sandbox"]].concat(), &script);
    assert!(
        with.succeeded().stdout.contains("<p id=\"p\">42</p>"),
        "{with:#?}"
    );
    let picture = std::fs::read(world.project().join("page.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"), "{} bytes", picture.len());
    let denied = world.sh(
        &options[..3]
            .iter()
            .copied()
            .chain(["--nested-sandbox"])
            .collect::<Vec<_>>(),
        &script,
    );
    assert!(!denied.stdout.contains("<p id=\"p\">42</p>"), "{denied:#?}");

    let without = world.sh(&options, &script);
    assert!(
        without.failed().stderr.contains("No usable sandbox"),
        "{without:#?}"
    );
}
