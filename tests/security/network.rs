//! The network (threats 24 to 44 and 70). Each test has a machine of its own, where an attack has somewhere to arrive: outside
//! the sandbox it succeeds, inside it fails, and inside with a rule for it the same program succeeds.

use askbox_tests::machine::{OTHER_PUBLIC, PUBLIC};
use askbox_tests::{Finished, Machine, Running, World};

mod addresses;
mod capture;
mod datagrams;
mod denied_addresses;
mod dns;
mod explicit_proxy;
mod http;
mod names;
mod streams;
mod tls;
mod translation;
mod walls;

/// Runs a shell script on the host, outside any sandbox.
fn outside(world: &World, script: &str) -> Finished {
    let mut command = world.host("sh");
    command.args(["-c", script]);
    Running::start(command).finish()
}

/// `ok.test`, which tests allow, and names that look like it, which they do not.
fn usual_names(machine: &Machine) {
    machine.hosts(&[
        ("ok.test", PUBLIC),
        ("a.ok.test", PUBLIC),
        ("a.b.ok.test", PUBLIC),
        ("denied.test", OTHER_PUBLIC),
        ("evilok.test", OTHER_PUBLIC),
        ("ok.test.evil.test", OTHER_PUBLIC),
    ]);
}

/// The options that allow these hosts and deny whatever would be a question.
fn allowing<'a>(hosts: &[&'a str]) -> Vec<&'a str> {
    let mut options = vec!["--non-interactive"];
    options.extend(hosts.iter().flat_map(|host| ["--allow-domain", host]));
    options
}

/// Whether the log has a denial of this target whose reason has these words.
fn was_denied(world: &World, target: &str, words: &str) -> bool {
    world.log().iter().any(|event| {
        event["target"] == target
            && event["verdict"] == "deny"
            && event["by"].as_str().is_some_and(|by| by.contains(words))
    })
}
