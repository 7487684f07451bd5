//! The log: what it says, that a change of it is found, and that nothing is allowed which it cannot hold.

use std::os::unix::fs::PermissionsExt;

use askbox_tests::server::Server;
use askbox_tests::{Machine, Running, World};
use rusqlite::Connection;
use serde_json::Value;

const KEYS: [&str; 11] = [
    "seq",
    "time",
    "session",
    "project",
    "kind",
    "target",
    "verdict",
    "by",
    "process",
    "bytes_in",
    "bytes_out",
];

/// A session whose request passes or is denied. Returns the target.
fn request(world: &World, server: &Server, host: &str, allow: bool) -> String {
    let url = format!(
        "curl -sS --fail http://user:hunter2@{host}:{}/path?token=s3cret",
        server.port()
    );
    let flag = if allow { "--allow-domain" } else { "--block-domain" };
    let finished = world.sh(&[flag, host, "--resolve", &server.pin(host)], &url);
    assert_eq!(finished.code == Some(0), allow, "{finished:#?}");
    format!("{host}:{}", server.port())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The log's file.
pub(crate) fn database(world: &World) -> std::path::PathBuf {
    let status: Value = serde_json::from_str(&world.ok(&["status", "--json"])).unwrap();
    status["log"].as_str().unwrap().into()
}

#[test]
fn every_verdict_is_an_event_of_the_documented_shape() {
    let world = World::new();
    let server = Server::http("hello");
    let good = request(&world, &server, "good.test", true);
    let bad = request(&world, &server, "bad.test", false);
    let events = world.log();
    let find = |target: &str, verdict: &str| {
        let found = events
            .iter()
            .find(|event| event["target"] == target && event["verdict"] == verdict);
        found.unwrap_or_else(|| panic!("{target} {verdict}: {events:#?}"))
    };
    for event in [find(&good, "allow"), find(&bad, "deny")] {
        assert_eq!(event["kind"], "network");
        assert_eq!(event["project"], world.project().to_str().unwrap());
        assert!(
            event["session"].is_string() && event["by"].is_string() && event["seq"].is_u64(),
            "{event}"
        );
        let time = event["time"].as_str().unwrap();
        assert!(
            time.len() == "2026-01-01T00:00:00.000Z".len() && time.ends_with('Z'),
            "{time}"
        );
    }
    let traffic = events.iter().find(|event| event["kind"] == "traffic").unwrap();
    assert_eq!(traffic["target"], good.as_str());
    let denied = find(&bad, "deny");
    assert_eq!(denied["process"]["exe"], "/usr/bin/curl", "{denied}");
    assert!(
        traffic["bytes_in"].as_u64().unwrap() >= 5 && traffic["bytes_out"].as_u64().unwrap() > 0,
        "{traffic}"
    );
    for event in &events {
        for key in event.as_object().unwrap().keys() {
            assert!(
                KEYS.contains(&key.as_str())
                    || ["question", "grant", "action", "detail"].contains(&key.as_str()),
                "{key}"
            );
        }
    }
    let order: Vec<u64> = events
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert!(order.is_sorted_by(|one, next| one + 1 == *next), "{order:?}");
}

#[test]
fn the_log_is_narrowed_by_denial_session_and_time() {
    let world = World::new();
    let server = Server::http("hello");
    request(&world, &server, "good.test", true);
    let bad = request(&world, &server, "bad.test", false);
    let denied = lines(&world.ok(&["log", "--json", "--denied"]));
    assert!(
        !denied.is_empty() && denied.iter().all(|event| event["target"] == bad.as_str()),
        "{denied:#?}"
    );
    let refused = Running::start(world.askbox(&["log", "--session", "nope"])).finish();
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(125), ""));
    assert!(
        refused.stderr.contains("no session `nope`\nhint: "),
        "{refused:#?}"
    );
    let session = denied[0]["session"].as_str().unwrap();
    let of_session = lines(&world.ok(&["log", "--json", "--session", session]));
    assert!(of_session.len() > denied.len() && of_session.iter().all(|event| event["session"] == session));
    let all = world.log();
    assert_eq!(
        lines(&world.ok(&["log", "--json", "--since", "1h"])).len(),
        all.len()
    );
    assert_eq!(
        world.ok(&["log", "--json", "--since", "2099-01-01T00:00:00Z"]),
        ""
    );
    let from = denied[0]["time"].as_str().unwrap();
    let since = lines(&world.ok(&["log", "--json", "--since", from]));
    assert!(!since.is_empty() && since.len() < all.len());
    assert_eq!(
        lines(&world.ok(&["log", "--json", "--limit", "2"])),
        all[all.len() - 2..]
    );
    assert!(world.ok(&["log", "--denied"]).contains("bad.test"));
}

#[test]
fn the_log_is_read_without_a_daemon() {
    let world = World::new();
    let server = Server::http("hello");
    let good = request(&world, &server, "good.test", true);
    world.ok(&["daemon", "--stop"]);
    assert!(world.has_logged(&good, "allow"));
    assert!(world.ok(&["log", "verify"]).starts_with("intact"));
}

#[test]
fn an_export_is_one_object_a_line_each_with_its_hash() {
    let world = World::new();
    let server = Server::http("hello");
    let good = request(&world, &server, "good.test", true);
    let exported = lines(&world.ok(&["log", "export", "--format", "jsonl"]));
    assert!(exported.iter().any(|event| event["target"] == good.as_str()));
    assert!(
        exported
            .iter()
            .all(|event| event["hash"].as_str().is_some_and(|hash| hash.len() == 64)),
        "{exported:#?}"
    );
    assert_eq!(lines(&world.ok(&["log", "export"])).len(), world.log().len());
}

#[test]
fn threat_67_secrets_of_a_request_and_of_a_command_line_are_not_in_the_log() {
    let world = World::new();
    let server = Server::http("hello");
    let script = format!(
        "curl -sS --fail 'http://ada:hunter2@good.test:{0}/path?token=s3cret' --header 'Authorization: Bearer t0ken' \
         --data b0dy && curl -sS --fail http://good.test:{0}/ --password pa55 --api-key=k3y; true",
        server.port()
    );
    let options = [
        "--allow-domain",
        "good.test",
        "--resolve",
        &server.pin("good.test"),
        "--env",
        "WORD=va1ue",
    ];
    world.sh(&options, &script).succeeded();
    let mut command = world.askbox(&["run", "--", "echo", "--token", "s3cret", "--password=pa55"]);
    command.env("WORD", "va1ue");
    Running::start(command).finish().succeeded();
    world.ok(&["daemon", "--stop"]);
    let mut texts = vec![
        world.ok(&["log", "--json"]),
        world.ok(&["log"]),
        world.ok(&["log", "export"]),
    ];
    assert!(texts[0].contains("good.test"));
    for entry in std::fs::read_dir(world.root().join("state")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            texts.push(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
        }
    }
    for secret in ["hunter2", "s3cret", "t0ken", "b0dy", "pa55", "k3y", "va1ue"] {
        for text in &texts {
            let at = text.find(secret);
            assert!(
                at.is_none(),
                "{secret}: {}",
                &text[at.unwrap().saturating_sub(200)..]
            );
        }
    }
}

/// The log is intact, then something changes it, and verify finds that.
fn check_tampering(change: &str) {
    let world = World::new();
    let server = Server::http("hello");
    request(&world, &server, "good.test", true);
    request(&world, &server, "bad.test", false);
    assert!(world.ok(&["log", "verify"]).starts_with("intact"));
    let path = database(&world);
    world.ok(&["daemon", "--stop"]);
    assert!(world.ok(&["log", "verify"]).starts_with("intact"));
    let connection = Connection::open(path).unwrap();
    assert!(
        connection.execute(change, []).unwrap() > 0,
        "{change} changes nothing"
    );
    drop(connection);
    let finished = Running::start(world.askbox(&["log", "verify"])).finish();
    assert_eq!(finished.code, Some(1), "{change}: {finished:#?}");
    assert!(
        finished.stdout.contains("broken at event"),
        "{change}: {finished:#?}"
    );
    let json = Running::start(world.askbox(&["log", "verify", "--json"])).finish();
    let verdict: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(verdict["intact"], false);
}

#[test]
fn threat_66_an_edited_event_is_found() {
    check_tampering("UPDATE events SET target = 'other.test:443' WHERE target LIKE 'bad.test%'");
}

#[test]
fn threat_66_a_deleted_event_is_found() {
    check_tampering("DELETE FROM events WHERE seq = 3");
}

#[test]
fn threat_66_a_cut_tail_is_found() {
    check_tampering("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)");
}

#[test]
fn threat_66_an_event_of_another_verdict_is_found() {
    check_tampering("UPDATE events SET verdict = 'allow' WHERE verdict = 'deny'");
}

#[test]
fn the_start_of_a_session_names_its_command_without_secrets() {
    let world = World::new();
    let words = ["run", "--", "sh", "-c", "exit 0", "x", "--password", "hunter2"];
    Running::start(world.askbox(&words)).finish().succeeded();
    let events = world.log().into_iter();
    let mut starts = events.filter(|event| event["kind"] == "session" && event["action"] == "started");
    let detail = starts.next().unwrap()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.starts_with("sh -c ") && detail.contains("--password"),
        "{detail}"
    );
    assert!(!detail.contains("hunter2"), "{detail}");
}

#[test]
fn no_session_starts_without_a_log() {
    let world = World::new();
    let server = Server::http("hello");
    request(&world, &server, "good.test", true);
    let path = database(&world);
    world.ok(&["daemon", "--stop"]);
    let state = path.parent().unwrap();
    let modes = |directory, file| {
        std::fs::set_permissions(state, PermissionsExt::from_mode(directory)).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(file)).unwrap();
    };
    modes(0o500, 0o400);
    let finished = world.sh(&[], "echo ran");
    modes(0o700, 0o600);
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(125), ""),
        "{finished:#?}"
    );
    assert!(finished.stderr.contains("hint: "), "{finished:#?}");
    assert_eq!(world.sh(&[], "echo ran").succeeded().stdout, "ran\n");
}

#[test]
fn a_program_that_tries_again_and_again_is_logged_once_and_counted() {
    let world = World::new();
    let server = Server::banner("");
    let script = "import socket, sys\n\
        for _ in range(200):\n\
        \x20   with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:\n\
        \x20       try:\n\
        \x20           connection.sendall(bytes(8))\n\
        \x20           connection.recv(8)\n\
        \x20       except OSError: pass\n";
    world.write("again.py", script);
    let port = server.port();
    let again = |host: &str, flag: &str| {
        let run = format!("python3 again.py {host} {port}");
        world
            .sh(&[flag, host, "--resolve", &server.pin(host)], &run)
            .succeeded();
        let target = format!("{host}:{port}");
        let events = world.log().into_iter();
        let verdicts = events.filter(|event| event["target"] == target && event["verdict"].is_string());
        verdicts.collect::<Vec<_>>()
    };
    let denied = again("bad.test", "--block-domain");
    let count = |event: &Value| {
        let words = event["detail"].as_str()?.strip_suffix(" more times")?;
        words.parse::<usize>().ok()
    };
    let counted: usize = denied.iter().filter_map(count).sum();
    let alone = denied.iter().filter(|event| event["detail"].is_null()).count();
    assert_eq!(counted + alone, 200, "{denied:#?}");
    assert!(denied.len() < 20, "{denied:#?}");
    // What is allowed is an event each time.
    assert_eq!(again("good.test", "--allow-domain").len(), 200);
}

#[test]
fn a_full_disk_lets_nothing_through_and_is_told() {
    Machine::prepared("mount -t tmpfs -o size=6m,mode=0777 tmpfs /mnt", |_| {
        let world = World::new();
        let server = Server::http("hello");
        let pin = server.pin("good.test");
        let curl = format!("curl -sS --fail http://good.test:{}/", server.port());
        let askbox = |words: &[&str]| {
            let mut command = world.askbox(words);
            command.env("ASKBOX_ROOT", "/mnt/root");
            Running::start(command)
        };
        let start = |script: &str| {
            let options = ["run", "--allow-domain", "good.test", "--resolve", &pin];
            askbox(&[&options[..], &["--", "sh", "-c", script]].concat())
        };
        let fill = || {
            let script = "cat /dev/zero > /mnt/fill; cat /dev/zero > /mnt/rest";
            drop(Running::start(world.host_script(script)).finish());
        };
        let free = || std::fs::remove_file("/mnt/fill").unwrap();
        assert_eq!(start(&curl).finish().succeeded().stdout, "hello");
        // A session that runs.
        nix::unistd::mkfifo(&world.project().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let running = start(&format!(
            "touch ready; read go < fifo; for n in 1 2 3 4 5 6 7 8 9; do {curl} && echo passed $n; done"
        ));
        world.eventually("it runs", || world.project().join("ready").exists());
        let pid = || {
            let status = askbox(&["status", "--json"]).finish();
            let status: Value = serde_json::from_str(&status.succeeded().stdout).unwrap();
            status["pid"].as_u64().unwrap()
        };
        let daemon = pid();
        let connections = server.connections();
        fill();
        std::fs::write(world.project().join("fifo"), "go\n").unwrap();
        let finished = running.finish();
        assert!(!finished.stdout.contains("passed"), "{finished:#?}");
        // One that would begin, with the daemon that runs and with a new one.
        let refused = start(&curl).finish();
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(
            refused.stderr.contains("cannot write to the log")
                && refused.stderr.contains("\nhint: free some space"),
            "{refused:#?}"
        );
        assert_eq!(pid(), daemon);
        askbox(&["daemon", "--stop"]).finish();
        let refused = start(&curl).finish();
        assert_eq!(refused.code, Some(125), "{refused:#?}");
        assert!(refused.stderr.contains("hint: `askbox doctor`"), "{refused:#?}");
        let doctor = askbox(&["doctor"]).finish();
        assert!(doctor.stdout.contains("fix: free some space"), "{doctor:#?}");
        assert_eq!(server.connections(), connections);
        free();
        assert_eq!(start(&curl).finish().succeeded().stdout, "hello");
        assert!(
            askbox(&["log", "verify"])
                .finish()
                .succeeded()
                .stdout
                .starts_with("intact")
        );
        askbox(&["daemon", "--stop"]).finish().succeeded();
    });
}

#[test]
fn an_export_in_ocsf_says_what_the_log_says() {
    let world = World::new();
    let server = Server::http("hello");
    let good = request(&world, &server, "good.test", true);
    let bad = request(&world, &server, "bad.test", false);
    let exported = lines(&world.ok(&["log", "export", "--format", "ocsf"]));
    let log = world.log();
    assert_eq!(exported.len(), log.len());
    for (record, event) in exported.iter().zip(&log) {
        assert_eq!(record["metadata"]["version"], "1.8.0");
        assert_eq!(record["metadata"]["sequence"], event["seq"]);
        let class = record["class_uid"].as_u64().unwrap();
        let activity = record["activity_id"].as_u64().unwrap();
        assert_eq!(record["type_uid"], class * 100 + activity, "{record}");
        assert!(
            record["time"].is_u64() && record["severity_id"].is_u64(),
            "{record}"
        );
    }
    let decided = |target: &str| {
        let seq = log
            .iter()
            .find(|event| event["target"] == target && event["kind"] == "network")
            .map(|event| event["seq"].clone());
        let of_event = |record: &&Value| Some(&record["metadata"]["sequence"]) == seq.as_ref();
        exported.iter().find(of_event).unwrap()
    };
    let (good, bad) = (decided(&good), decided(&bad));
    assert_eq!(
        (&good["type_uid"], &good["action"]),
        (&400_101.into(), &"Allowed".into())
    );
    assert_eq!(
        (&bad["type_uid"], &bad["action"]),
        (&400_105.into(), &"Denied".into())
    );
    assert_eq!(bad["dst_endpoint"]["hostname"], "bad.test");
    assert_eq!(bad["dst_endpoint"]["port"], server.port());
    let later = world.ok(&[
        "log",
        "export",
        "--format",
        "ocsf",
        "--since",
        "2200-01-01T00:00:00Z",
    ]);
    assert_eq!(later, "");
    let hour = lines(&world.ok(&["log", "export", "--since", "1h"]));
    assert_eq!(hour.len(), log.len());
}
