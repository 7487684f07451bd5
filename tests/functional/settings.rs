//! Settings: listed and changed by the command line, in a file that people write by hand too.

use askbox_tests::server::Server;
use askbox_tests::{Running, World};
use serde_json::{Value, json};

const MINE: &str = "# Mine.\npreset = \"minimal\" # for now\n";

fn settings(world: &World) -> Value {
    serde_json::from_str(&world.ok(&["settings", "--json"])).unwrap()
}

fn fails(world: &World, words: &[&str]) -> String {
    let finished = Running::start(world.askbox(words)).finish();
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(125), ""),
        "{finished:#?}"
    );
    finished.stderr
}

#[test]
fn a_setting_is_changed_and_counts_and_comments_stay() {
    let world = World::new();
    world.write_policy(MINE);
    let server = Server::http("hello");
    let pin = server.pin("new.test");
    let url = format!("curl -sS --fail http://new.test:{}/", server.port());
    let passes = || {
        let options = ["--non-interactive", "--resolve", &pin];
        world.sh(&options, &url).code == Some(0)
    };
    assert!(!passes());
    let shown = world.ok(&["settings", "set", "preset", "development"]);
    assert!(shown.contains("preset            development\n"), "{shown}");
    assert!(passes());
    world.ok(&["settings", "set", "question_timeout", "90s"]);
    world.ok(&["settings", "set", "auto_approve", "read", "execute"]);
    let after = settings(&world);
    assert_eq!(
        (
            &after["preset"],
            &after["question_timeout_ms"],
            &after["auto_approve"]
        ),
        (&json!("development"), &json!(90_000), &json!(["read", "execute"]))
    );
    let text = std::fs::read_to_string(world.policy()).unwrap();
    assert!(
        text.starts_with("# Mine.\npreset = \"development\" # for now\n"),
        "{text}"
    );
    world.ok(&["settings", "set", "auto_approve"]);
    assert_eq!(settings(&world)["auto_approve"], json!([]));
}

#[test]
fn a_limit_is_set_and_taken_out_again() {
    let world = World::new();
    world.write_policy(MINE);
    let files = || world.sh(&[], "ulimit -n").succeeded().stdout.clone();
    let usual = files();
    let shown = world.ok(&["settings", "set", "limits.open_files", "321"]);
    assert!(shown.contains("limits.open_files 321\n"), "{shown}");
    assert_eq!(files(), "321\n");
    let text = std::fs::read_to_string(world.policy()).unwrap();
    assert!(
        text.starts_with("# Mine.\n") && text.contains("[limits]\nopen_files = \"321\"\n"),
        "{text}"
    );
    let said = fails(&world, &["settings", "set", "limits.open_files", "many"]);
    assert!(said.contains("open_files"), "{said}");
    fails(&world, &["settings", "set", "limits.open_files", "1", "2"]);
    assert_eq!(files(), "321\n");
    world.ok(&["settings", "set", "limits.open_files"]);
    assert_eq!(files(), usual);
}

#[test]
fn a_block_list_is_named_by_a_relative_path_and_must_be_readable() {
    let world = World::new();
    world.write_policy(MINE);
    world.write("ads.txt", "ad.test\n");
    world.ok(&["settings", "set", "block_lists", "ads.txt"]);
    let path = world.project().join("ads.txt");
    assert_eq!(
        settings(&world)["block_lists"],
        json!([{"path": path.to_str().unwrap(), "problem": null}])
    );
    let complaint = fails(&world, &["settings", "set", "block_lists", "none.txt"]);
    assert!(complaint.contains("none.txt cannot be read"), "{complaint}");
    world.ok(&["settings", "set", "block_lists"]);
    assert_eq!(settings(&world)["block_lists"], json!([]));
}

#[test]
fn a_value_that_makes_no_sense_is_refused_and_a_broken_file_is_left_alone() {
    let world = World::new();
    world.write_policy(MINE);
    for (words, said) in [
        (&["preset", "open"][..], "a preset is"),
        (&["question_timeout", "never"], "write it as 90s"),
        (&["question_timeout", "1ms"], "between 1s and 1day"),
        (&["auto_approve", "profile"], "a profile is always asked about"),
        (&["default_expiry"], "this setting has one value"),
        (&["colour", "red"], "possible values"),
    ] {
        let complaint = fails(&world, &[&["settings", "set"], words].concat());
        assert!(complaint.contains(said), "{complaint}");
    }
    assert_eq!(std::fs::read_to_string(world.policy()).unwrap(), MINE);
    let broken = "preset = \"minimal\"\ncolour = \"red\"\n";
    world.write_policy(broken);
    let complaint = fails(&world, &["settings", "set", "preset", "moderate"]);
    assert!(complaint.contains("line 2, column 1"), "{complaint}");
    assert_eq!(std::fs::read_to_string(world.policy()).unwrap(), broken);
}
