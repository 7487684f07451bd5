//! A session whose ports are shared while it runs.

use std::net::TcpStream;

use askbox_tests::{Running, World};
use serde_json::Value;

/// Starts a session with a script, and waits until it has made this file.
pub(crate) fn session(world: &World, options: &[&str], script: &str, made: &str) -> Running {
    let running = world.start_sh(options, script);
    world.eventually("the session has come so far", || {
        world.project().join(made).exists()
    });
    running
}

/// Shares a port with the one session that runs.
pub(crate) fn share(world: &World, option: &str, port: &str) {
    let sessions: Vec<Value> = serde_json::from_str(&world.ok(&["sessions", "--json"])).unwrap();
    let [session] = sessions.as_slice() else {
        unreachable!("one session runs: {sessions:#?}")
    };
    world.ok(&["ports", "add", session["id"].as_str().unwrap(), option, port]);
}

/// Waits until something on the host listens at this port.
pub(crate) fn wait_for_listener(world: &World, port: u16) {
    world.eventually("the service listens", || {
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
}
