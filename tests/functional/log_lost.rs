//! The log's file is not where the daemon has it, or nothing can be written there.

use askbox_tests::World;
use askbox_tests::server::Server;
use serde_json::Value;

fn log_path(world: &World) -> std::path::PathBuf {
    let status: Value = serde_json::from_str(&world.ok(&["status", "--json"])).unwrap();
    status["log"].as_str().unwrap().into()
}

#[test]
fn nothing_is_allowed_when_the_log_was_removed() {
    let world = World::new();
    let server = Server::http("hello");
    let curl = format!("curl -sS --fail http://good.test:{}/", server.port());
    let options = [
        "--allow-domain",
        "good.test",
        "--resolve",
        &server.pin("good.test"),
    ];
    nix::unistd::mkfifo(&world.project().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let script = format!("{curl}; echo; read go < fifo; {curl} && echo passed");
    let running = world.start_sh(&options, &script);
    world.eventually("the first request is logged", || server.connections() == 1);
    let log = log_path(&world);
    for suffix in ["", "-wal", "-shm", "-signed"] {
        let _missing = std::fs::remove_file(format!("{}{suffix}", log.display()));
    }
    std::fs::write(world.project().join("fifo"), "go\n").unwrap();
    let finished = running.finish();
    assert!(!finished.stdout.contains("passed"), "{finished:#?}");
    assert_eq!(server.connections(), 1);
    let refused = world.sh(&options, "echo ran");
    assert!(!refused.stdout.contains("ran"), "{refused:#?}");
    assert!(refused.stderr.contains("askbox daemon --restart"), "{refused:#?}");
    world.ok(&["daemon", "--restart"]);
    assert_eq!(world.sh(&options, &curl).succeeded().stdout, "hello");
    assert!(world.ok(&["log", "verify"]).starts_with("intact"));
}
