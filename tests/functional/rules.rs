//! Rules: written by the command line and by hand, loaded while everything runs, and never open because a file is broken.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use askbox_tests::server::Server;
use askbox_tests::{Finished, Running, Terminal, World};
use serde_json::Value;

fn rules(world: &World) -> Vec<Value> {
    let lists: Value = serde_json::from_str(&world.ok(&["rules", "list", "--json"])).unwrap();
    lists["rules"].as_array().unwrap().clone()
}

fn status(world: &World) -> Value {
    serde_json::from_str(&world.ok(&["status", "--json"])).unwrap()
}

/// A request of a session that asks nobody.
pub(crate) fn silent(world: &World, server: &Server, options: &[&str]) -> Finished {
    let url = format!("curl -sS --fail http://new.test:{}/", server.port());
    let pin = server.pin("new.test");
    world.sh(
        &[&["--non-interactive", "--resolve", &pin], options].concat(),
        &url,
    )
}

/// A world whose policy has no rule yet.
pub(crate) fn without_rules() -> World {
    let world = World::new();
    world.write_policy("[questions]\ntimeout = \"20s\"\n");
    world
}

pub(crate) fn passes(world: &World, server: &Server) -> bool {
    silent(world, server, &[]).code == Some(0)
}

fn fails(world: &World, words: &[&str]) -> String {
    let finished = Running::start(world.askbox(words)).finish();
    assert_eq!(finished.code, Some(125), "{finished:#?}");
    assert_eq!(finished.stdout, "", "{finished:#?}");
    finished.stderr
}

#[test]
fn who_adds_a_rule_hears_which_one_goes_before_it() {
    let world = without_rules();
    let add = |words: &[&str]| world.ok(&[&["rules", "add"], words].concat());
    let closer = add(&["allow", "network", "b.new.test"]);
    assert!(!closer.contains("goes before"), "{closer}");
    let wider = add(&["deny", "network", "**.new.test"]);
    let id = closer.split_whitespace().next().unwrap();
    let expected = format!("rule {id} goes before it: allow network b.new.test\n");
    assert!(wider.contains(&expected), "{wider}");
    // The twin: what is closer still decides.
    let closest = add(&["deny", "network", "b.new.test:443"]);
    assert!(!closest.contains("goes before"), "{closest}");
}

#[test]
fn a_relative_path_of_a_rule_begins_where_it_is_written() {
    let world = without_rules();
    let project = std::fs::canonicalize(world.project()).unwrap();
    std::fs::create_dir(project.join("below")).unwrap();
    let added = |words: &[&str]| {
        let mut command = world.askbox(&["rules", "add", "--json"]);
        command.current_dir(project.join("below")).args(words);
        let finished = Running::start(command).finish();
        let rule: Value = serde_json::from_str(&finished.succeeded().stdout).unwrap();
        (rule["pattern"].clone(), rule["program"].clone())
    };
    let at = |name: &str| Value::from(format!("{}/{name}", project.display()));
    assert_eq!(added(&["allow", "read", "./x"]), (at("below/x"), Value::Null));
    assert_eq!(added(&["allow", "write", "../*.md"]), (at("*.md"), Value::Null));
    assert_eq!(
        added(&["deny", "read", "y", "--program", "bin/tool"]),
        (at("below/y"), at("below/bin/tool"))
    );
    assert_eq!(
        added(&["deny", "execute", "./tool"]),
        (at("below/tool"), Value::Null)
    );
    // A bare name is no path, as in a shell.
    for words in [
        ["deny", "execute", "git"].as_slice(),
        &["deny", "read", "/abs", "--program", "git"],
    ] {
        let complaint = fails(&world, &[&["rules", "add"], words].concat());
        assert!(
            complaint.contains("`git` is the name of a program")
                && complaint.contains("hint: ./git ")
                && complaint.contains("/usr/bin/git"),
            "{complaint}"
        );
    }
    assert_eq!(added(&["deny", "read", "/abs"]), ("/abs".into(), Value::Null));
    assert_eq!(
        added(&["allow", "network", "x.test"]),
        ("x.test".into(), Value::Null)
    );
}

#[test]
fn a_rule_is_added_listed_obeyed_and_removed() {
    let world = without_rules();
    let server = Server::http("hello");
    assert!(!passes(&world, &server));
    let added: Value = serde_json::from_str(&world.ok(&[
        "rules",
        "add",
        "allow",
        "network",
        "*.test",
        "--note",
        "for tests",
        "--json",
    ]))
    .unwrap();
    let id = added["id"].as_str().unwrap();
    let listed = rules(&world);
    let rule = listed.iter().find(|rule| rule["id"] == id).unwrap();
    assert_eq!(
        (&rule["effect"], &rule["kind"], &rule["pattern"]),
        (&"allow".into(), &"network".into(), &"*.test".into())
    );
    assert_eq!(
        (&rule["note"], &rule["origin"]),
        (&"for tests".into(), &added["origin"])
    );
    assert!(world.ok(&["rules"]).contains("for tests"));
    assert!(passes(&world, &server));
    let used = rules(&world);
    let used = used.iter().find(|rule| rule["id"] == id).unwrap();
    assert!(
        0 < used["hits"].as_u64().unwrap() && used["last_used"].is_string(),
        "{used}"
    );
    assert!(world.ok(&["rules"]).contains("used "));
    world.ok(&["rules", "remove", id]);
    assert!(!passes(&world, &server));
    assert!(rules(&world).is_empty());
    assert!(fails(&world, &["rules", "remove", id]).contains("hint: "));
}

#[test]
fn adding_and_removing_a_rule_leaves_the_users_words_alone() {
    let world = without_rules();
    let text = "# Mine.\n\n[questions] # patient\ntimeout   =   \"20s\"\n\n# about bad.test\n[[rule]]\neffect = \"deny\"\n\
                network = \"bad.test\"\n";
    world.write_policy(text);
    let added: Value =
        serde_json::from_str(&world.ok(&["rules", "add", "deny", "read", "~/notes", "--json"])).unwrap();
    let now = std::fs::read_to_string(world.policy()).unwrap();
    assert!(now.starts_with(text) && text.len() < now.len(), "{now}");
    world.ok(&["rules", "remove", added["id"].as_str().unwrap()]);
    let now = std::fs::read_to_string(world.policy()).unwrap();
    assert_eq!(now.trim_end(), text.trim_end());
}

#[test]
fn an_edit_by_hand_counts_while_everything_runs() {
    let world = without_rules();
    let server = Server::http("hello");
    assert!(!passes(&world, &server));
    let daemon = world.daemon_pid();
    world.write_policy("[[rule]]\neffect = \"allow\"\nnetwork = \"new.test\"\n");
    world.eventually("the rule counts", || rules(&world).len() == 1);
    assert!(passes(&world, &server));
    // As editors save: a new file, renamed over the old one.
    let beside = world.policy().with_extension("new");
    std::fs::write(&beside, "[[rule]]\neffect = \"deny\"\nnetwork = \"new.test\"\n").unwrap();
    std::fs::rename(beside, world.policy()).unwrap();
    world.eventually("it denies", || {
        rules(&world).iter().any(|rule| rule["effect"] == "deny")
    });
    assert!(!passes(&world, &server));
    assert_eq!(world.daemon_pid(), daemon);
}

#[test]
fn a_broken_file_keeps_the_last_good_policy_and_says_line_and_reason() {
    let world = without_rules();
    let server = Server::http("hello");
    world.write_policy("[[rule]]\neffect = \"allow\"\nnetwork = \"new.test\"\n");
    assert!(passes(&world, &server));
    world.write_policy("# one\n# two\n[[rule]]\neffect = \"allow\"\nnetwork = \"*\"\nnonsense = 1\n");
    world.eventually("the file is broken", || {
        status(&world)["policy"]["files"]
            .to_string()
            .contains("last_good")
    });
    let files = status(&world)["policy"]["files"].clone();
    let file = files
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["state"] == "last_good")
        .unwrap();
    assert_eq!(file["problems"][0]["line"], 6);
    assert!(
        file["problems"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("nonsense"),
        "{file}"
    );
    let text = world.ok(&["status"]);
    assert!(text.contains("broken") && text.contains("6:"), "{text}");
    assert!(passes(&world, &server));
    assert_eq!(rules(&world).len(), 1);
    assert!(fails(&world, &["rules", "add", "allow", "network", "x.test"]).contains("hint: "));
}

#[test]
fn who_starts_a_session_is_told_that_the_file_cannot_be_used_and_what_counts() {
    let world = without_rules();
    let told = || {
        let left = Terminal::start(&world.askbox(&["run", "--", "true"])).finish();
        assert_eq!(left.code, Some(0), "{left:#?}");
        let lines = left.shown.lines().filter(|line| line.contains("policy.toml"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let mode = |mode| std::fs::set_permissions(world.policy(), Permissions::from_mode(mode)).unwrap();
    let is_last_good = || status(&world).to_string().contains("last_good");
    assert_eq!(told(), [""; 0]);
    mode(0o000);
    world.eventually("the file cannot be read", is_last_good);
    let lines = told();
    assert!(
        matches!(&lines[..], [line] if line.contains("it cannot be read: Permission denied")
            && line.ends_with("its last good content counts")),
        "{lines:#?}"
    );
    // The twin: at once when it can be read again.
    mode(0o600);
    assert_eq!(told(), [""; 0]);
    world.write_policy("nonsense = 1\n");
    world.eventually("the file is broken", is_last_good);
    let lines = told();
    assert!(
        matches!(&lines[..], [line] if line.contains("nonsense") && line.ends_with("its last good content counts")),
        "{lines:#?}"
    );
}

#[test]
fn under_a_file_that_was_never_good_no_session_starts() {
    let world = without_rules();
    let server = Server::http("hello");
    world.write_policy("[[rule]]\neffect = \"allow\"\nnetwork = \"new.test\"\nnonsense = 1\n");
    let refused = silent(&world, &server, &[]);
    assert_eq!(
        (refused.code, refused.stdout.as_str()),
        (Some(125), ""),
        "{refused:#?}"
    );
    for words in ["policy.toml: line 4", "nonsense", "hint: "] {
        assert!(refused.stderr.contains(words), "{refused:#?}");
    }
    let status = world.ok(&["status"]);
    for words in ["no session starts", "4:1: ", "nonsense", "hint: "] {
        assert!(status.contains(words), "{status}");
    }
    world.write_policy("[[rule]]\neffect = \"allow\"\nnetwork = \"new.test\"\n");
    assert!(passes(&world, &server));
}

#[test]
fn presets_decide_what_nobody_wrote_about() {
    let world = without_rules();
    let server = Server::http("hello");
    // A registrable domain of no list: asks with the two tighter presets.
    for (preset, code) in [("minimal", false), ("moderate", false), ("development", true)] {
        let finished = silent(&world, &server, &["--preset", preset]);
        assert_eq!(finished.code == Some(0), code, "{preset}: {finished:#?}");
        let url = format!("curl -sS --fail http://some-name.npmjs.org:{}/", server.port());
        let options = [
            "--non-interactive",
            "--preset",
            preset,
            "--resolve",
            &server.pin("some-name.npmjs.org"),
        ];
        let finished = world.sh(&options, &url);
        assert_eq!(
            finished.code == Some(0),
            preset != "minimal",
            "{preset}: {finished:#?}"
        );
    }
    world.write_policy("preset = \"development\"\n");
    world.eventually("the preset counts", || {
        status(&world)["policy"]["preset"] == "development"
    });
    assert!(passes(&world, &server));
    assert_ne!(silent(&world, &server, &["--preset", "minimal"]).code, Some(0));
}

#[test]
fn auto_approved_network_asks_nobody_but_obeys_denials() {
    let world = without_rules();
    let server = Server::http("hello");
    world.write_policy("auto_approve = [\"network\"]\n");
    assert!(passes(&world, &server));
    assert_ne!(
        silent(&world, &server, &["--block-domain", "new.test"]).code,
        Some(0)
    );
    world.ok(&["rules", "add", "deny", "network", "**.test"]);
    assert!(!passes(&world, &server));
}

#[test]
fn a_rule_may_be_for_one_project_and_for_a_time() {
    let world = without_rules();
    let server = Server::http("hello");
    let other = world.home().join("other");
    std::fs::create_dir(&other).unwrap();
    world.ok(&[
        "rules",
        "add",
        "allow",
        "network",
        "new.test",
        "--project",
        other.to_str().unwrap(),
    ]);
    assert!(!passes(&world, &server));
    world.ok(&[
        "rules",
        "add",
        "allow",
        "network",
        "new.test",
        "--project",
        ".",
        "--expires",
        "2s",
    ]);
    assert!(passes(&world, &server));
    world.eventually("the rule has ended", || !passes(&world, &server));
}

#[test]
fn what_is_no_rule_is_refused_by_its_name() {
    let world = without_rules();
    for words in [
        ["allow", "network", "http://new.test/path"],
        ["allow", "network", "127.1"],
        ["allow", "network", "new.test:99999"],
        ["allow", "network", "new test"],
        ["allow", "read", "relative/../path"],
        ["allow", "read", "/a/../b"],
        ["allow", "everything", "*"],
        ["permit", "network", "*"],
    ] {
        let complaint = fails(&world, &[&["rules", "add"], &words[..]].concat());
        assert!(
            complaint.contains(words.into_iter().next_back().unwrap())
                || complaint.contains("possible values"),
            "{words:?}: {complaint}"
        );
    }
    let program = [
        "rules",
        "add",
        "allow",
        "network",
        "new.test",
        "--program",
        "/usr/bin/curl",
    ];
    assert!(fails(&world, &program).contains("hint: "));
    assert_eq!(
        std::fs::read_to_string(world.policy())
            .unwrap()
            .matches("[[rule]]")
            .count(),
        0
    );
}

#[test]
fn rules_go_from_one_machine_to_another() {
    let (one, other) = (without_rules(), without_rules());
    one.ok(&["rules", "add", "deny", "network", "bad.test"]);
    one.ok(&["rules", "add", "deny", "read", "/srv/secret", "--note", "never"]);
    let text = one.ok(&["rules", "export"]);
    assert_eq!(text, std::fs::read_to_string(one.policy()).unwrap());
    other.ok(&["rules", "add", "deny", "network", "bad.test"]);

    let file = other.write("theirs.toml", &text);
    let file = file.to_str().unwrap();
    let said = other.ok(&["rules", "import", file]);
    assert!(
        said.contains("/srv/secret") && said.ends_with("1 rule added, 1 there already\n"),
        "{said}"
    );
    assert_eq!(rules(&other).len(), 2);
    let again: Value = serde_json::from_str(&other.ok(&["rules", "import", file, "--json"])).unwrap();
    assert_eq!(again, serde_json::json!({"added": [], "known": 2}));

    other.write("theirs.toml", &format!("{text}\n[[rule]]\neffect = \"deny\"\n"));
    let before = std::fs::read_to_string(other.policy()).unwrap();
    let complaint = fails(&other, &["rules", "import", file]);
    assert!(
        complaint.contains("nothing is imported: line ")
            && complaint.contains("does not say what it is about"),
        "{complaint}"
    );
    assert_eq!(std::fs::read_to_string(other.policy()).unwrap(), before);

    // What else is wrong is said on lines of their own, each with its number.
    let broken = "[[rule]]\neffect = \"deny\"\n[[rule]]\neffect = \"no\"\nread = \"/a\"\n";
    other.write("theirs.toml", broken);
    let complaint = fails(&other, &["rules", "import", file]);
    let lines: Vec<&str> = complaint.lines().collect();
    assert!(
        lines[0].starts_with("askbox: nothing is imported: line 1") && lines[1].starts_with("  line 4"),
        "{complaint}"
    );

    other.write("theirs.toml", &"# Long.\n".repeat(200_000));
    let complaint = fails(&other, &["rules", "import", file]);
    assert!(
        complaint.contains("theirs.toml has too many rules to import at once")
            && complaint.contains("import it in parts"),
        "{complaint}"
    );

    let mut command = other.askbox(&["rules", "import", "-"]);
    command.stdin(std::process::Stdio::piped());
    let mut piped = Running::start(command);
    piped.type_in(&text);
    let piped = piped.finish();
    assert_eq!(piped.stdout, "0 rules added, 2 there already\n", "{piped:#?}");
}

#[test]
fn rules_are_readable_on_a_terminal_and_plain_in_a_pipe() {
    let world = without_rules();
    world.ok(&["rules", "add", "deny", "network", "bad.test"]);
    let left = Terminal::start(&world.askbox(&["rules"])).finish();
    assert!(
        left.shown.contains("\x1b[31m") && left.shown.contains("bad.test"),
        "{left:#?}"
    );
    assert!(!world.ok(&["rules"]).contains('\x1b'));
}
