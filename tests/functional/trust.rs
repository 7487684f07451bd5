//! The file of a project, `.askbox.toml`: what it may do before it is trusted, and what trusting it says.

use askbox_tests::server::Server;
use askbox_tests::{Running, Terminal, World};
use serde_json::Value;

use crate::rules::{passes, silent, without_rules};

#[test]
fn trusting_a_projects_file_says_what_it_loosens() {
    let world = World::new();
    let none = Running::start(world.askbox(&["trust"])).finish();
    assert!(
        none.code == Some(125)
            && none.stderr.contains("hint: ")
            && none.stderr.contains("askbox trust --help"),
        "{none:#?}"
    );
    world.write(".askbox.toml", "");
    let empty = world.ok(&["trust"]);
    assert!(empty.contains("Nothing changes by it"), "{empty}");
    world.write(
        ".askbox.toml",
        "preset = \"development\"\nauto_approve = [\"write\"]\n[sandbox]\ndebugger = true\n",
    );
    let text = world.ok(&["trust"]);
    for line in [
        "loosens  preset = development",
        "loosens  sandbox.debugger = true",
        "ignored  auto_approve",
        "2 settings count until the file changes; 2 of them loosen",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let json: Value = serde_json::from_str(&world.ok(&["trust", "--json"])).unwrap();
    assert_eq!(json["settings"][0]["outcome"], "loosens", "{json}");
    assert_eq!(json["settings"].as_array().unwrap().len(), 3, "{json}");
}

#[test]
fn threat_21_a_projects_file_only_tightens_until_it_is_trusted() {
    let world = without_rules();
    let server = Server::http("hello");
    let allow = "[[rule]]\neffect = \"allow\"\nnetwork = \"new.test\"\n";
    let file = world.write(".askbox.toml", allow);
    assert!(!passes(&world, &server));
    let text = world.ok(&["trust"]);
    assert!(text.contains("new.test"), "{text}");
    assert!(passes(&world, &server));
    // Inside it cannot be changed, and a change outside ends the trust.
    world.sh(&[], "echo >> .askbox.toml").failed();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), allow);
    world.write(".askbox.toml", &format!("{allow}# changed\n"));
    assert!(!passes(&world, &server));
}

#[test]
fn a_projects_file_that_does_not_count_is_told_at_the_start() {
    let world = without_rules();
    let told = || {
        let left = Terminal::start(&world.askbox(&["run", "--", "true"])).finish();
        left.shown.replace("\r\n", "\n")
    };
    let allow = "[[rule]]\neffect = \"allow\"\nnetwork = \"new.test\"\n";
    world.write(".askbox.toml", &allow.replace("allow", "deny"));
    assert!(!told().contains(".askbox.toml"));
    world.write(".askbox.toml", allow);
    let never = told();
    for words in [
        ".askbox.toml is not trusted",
        "one rule that allows",
        "`askbox trust /",
    ] {
        assert!(never.contains(words), "{words}: {never}");
    }
    assert_eq!(never.matches("askbox: ").count(), 1, "{never}");
    world.ok(&["trust"]);
    assert!(!told().contains(".askbox.toml"));
    world.write(".askbox.toml", &format!("{allow}# changed\n"));
    assert!(told().contains("was changed since you trusted it"), "{}", told());
}

#[test]
fn a_projects_file_tightens_without_being_trusted() {
    let world = without_rules();
    let server = Server::http("hello");
    world.write_policy("[[rule]]\neffect = \"allow\"\nnetwork = \"new.test\"\n");
    assert!(passes(&world, &server));
    world.write(
        ".askbox.toml",
        "[[rule]]\neffect = \"deny\"\nnetwork = \"new.test\"\n",
    );
    assert!(!passes(&world, &server));
    world.write(".askbox.toml", "[[rule]]\neffect = \"deny\"\nnonsense = 1\n");
    assert_eq!(silent(&world, &server, &[]).code, Some(125));
}
