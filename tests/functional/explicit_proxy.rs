//! Sessions whose connections nobody can capture: programs that know proxies work, and ask the same questions.

use askbox_tests::machine::{OTHER_PUBLIC, PRIVATE, PUBLIC};
use askbox_tests::server::Server;
use askbox_tests::{Finished, Machine, Running, Terminal, World};

/// A session by the proxy that allows these hosts and denies whatever would be a question.
fn by_proxy<'a>(hosts: &[&'a str]) -> Vec<&'a str> {
    let mut options = vec!["--network", "proxy", "--non-interactive"];
    options.extend(hosts.iter().flat_map(|host| ["--allow-domain", host]));
    options
}

fn names(machine: &Machine) {
    machine.hosts(&[("ok.test", PUBLIC), ("denied.test", OTHER_PUBLIC)]);
}

/// The same script with `ok.test`, which is allowed, and with `denied.test`.
fn check(world: &World, script: &str, says: &str) {
    let run = |script: &str| world.sh(&by_proxy(&["ok.test"]), script);
    let allowed = run(script);
    assert!(
        allowed.succeeded().stdout.contains(says),
        "{script}: {allowed:#?}"
    );
    let denied = run(&script.replace("ok.test", "denied.test"));
    assert!(!denied.failed().stdout.contains(says), "{script}: {denied:#?}");
}

fn without_nf_tables_to_its_end(world: &World, words: &[&str]) -> Finished {
    Running::start(world.askbox_without_nf_tables(words)).finish()
}

#[test]
fn curl_and_python_reach_what_is_allowed_by_http_and_by_socks() {
    Machine::alone(|machine| {
        names(machine);
        let world = World::new();
        let _server = Server::http_at("0.0.0.0:8080", "reached");
        for script in [
            "curl -sS --fail http://ok.test:8080/",
            "curl -sS --fail --proxytunnel http://ok.test:8080/",
            "curl -sS --fail --proxy \"$ASKBOX_SOCKS_PROXY\" http://ok.test:8080/",
            // Names found out inside: they are addresses that stand for them.
            "curl -sS --fail --proxy \"$(echo $ASKBOX_SOCKS_PROXY | sed s/socks5h/socks5/)\" http://ok.test:8080/",
            "python3 -c 'import urllib.request; print(urllib.request.urlopen(\"http://ok.test:8080/\").read())'",
        ] {
            check(&world, script, "reached");
        }
        assert!(world.has_logged("ok.test:8080", "allow"));
        assert!(world.has_logged("denied.test:8080", "deny"));
    });
}

#[test]
fn git_and_npm_reach_what_is_allowed() {
    Machine::alone(|machine| {
        names(machine);
        let world = World::new();
        let repository = world.outside();
        let script = "git init -q --bare r.git && cd r.git && git update-server-info && \
            echo '1111111111111111111111111111111111111111\trefs/heads/main' > info/refs";
        let mut command = world.host("bash");
        command.args(["-c", script]).current_dir(&repository);
        Running::start(command).finish().succeeded();
        let mut command = world.host("/usr/bin/python3");
        let _serving = Running::start({
            command
                .args(["-m", "http.server", "8080"])
                .current_dir(&repository);
            command
        });
        world.eventually("the repository is served", || {
            std::net::TcpStream::connect("127.0.0.1:8080").is_ok()
        });
        check(
            &world,
            "git ls-remote http://ok.test:8080/r.git",
            "refs/heads/main",
        );
        let packument = r#"{"name":"left","dist-tags":{"latest":"1.2.3"},"versions":{"1.2.3":{"name":"left","version":"1.2.3","dist":{"tarball":"http://ok.test:8081/l.tgz","shasum":"a"}}}}"#;
        let _registry = Server::http_at("0.0.0.0:8081", packument);
        let view = "npm view left version --fetch-retries 0 --registry http://ok.test:8081/";
        check(&world, view, "1.2.3");
    });
}

#[test]
fn a_question_waits_and_its_answer_opens_the_way() {
    Machine::alone(|machine| {
        names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:8080", "reached");
        let running = world.start_sh(
            &["--network", "proxy"],
            "curl -sS --fail --proxytunnel http://ok.test:8080/",
        );
        let question = world.wait_for_question();
        assert_eq!(
            question["targets"],
            serde_json::json!(["ok.test:8080"]),
            "{question:#}"
        );
        assert_eq!(question["process"]["exe"], "/usr/bin/curl");
        assert_eq!(server.connections(), 0);
        world.ok(&["allow", question["id"].as_str().unwrap()]);
        assert_eq!(running.finish().succeeded().stdout, "reached");
    });
}

#[test]
fn a_name_on_the_local_network_is_a_second_question() {
    Machine::alone(|machine| {
        machine.hosts(&[("intra.test", PRIVATE)]);
        let world = World::new();
        let _server = Server::http_at("0.0.0.0:8080", "reached");
        let running = world.start_sh(&["--network", "proxy"], "curl -sS --fail http://intra.test:8080/");
        let first = world.wait_for_question();
        world.ok(&["allow", first["id"].as_str().unwrap()]);
        let mut second = serde_json::Value::Null;
        world.eventually("a second question is open", || {
            second = world.questions().into_iter().next().unwrap_or_default();
            second.is_object() && second["id"] != first["id"]
        });
        assert!(second.to_string().contains(PRIVATE), "{second:#}");
        world.ok(&["allow", second["id"].as_str().unwrap()]);
        assert_eq!(running.finish().succeeded().stdout, "reached");
    });
}

#[test]
fn what_does_not_use_the_proxy_fails_at_once_and_says_so() {
    Machine::alone(|machine| {
        names(machine);
        let world = World::new();
        let server = Server::http_at("0.0.0.0:8080", "reached");
        world.write(
            "direct.py",
            "import socket, sys, time\n\
             begin = time.monotonic()\n\
             for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM]:\n    \
                 for family, host in [(socket.AF_INET, sys.argv[1]), (socket.AF_INET6, '2001:db8::5')]:\n        \
                     s = socket.socket(family, kind)\n        \
                     try: s.connect((host, 8080)); s.send(b'x'); print('sent')\n        \
                     except OSError as error: print(error.strerror)\n\
             print('slow' if time.monotonic() - begin > 1 else 'fast')\n",
        );
        let inside = world.sh(
            &by_proxy(&["*", PUBLIC]),
            "python3 direct.py ok.test; python3 direct.py 203.0.113.5",
        );
        let each = format!("{}fast\n", "Permission denied\n".repeat(4));
        assert_eq!(inside.succeeded().stdout, each.repeat(2));
        assert_eq!(server.connections(), 0);
        // Captured, the same program gets there.
        let captured = world.sh(
            &["--non-interactive", "--allow-domain", "ok.test"],
            "python3 direct.py ok.test",
        );
        assert!(captured.stdout.contains("sent"), "{captured:#?}");
    });
}

#[test]
fn loopback_and_shared_ports_need_no_proxy() {
    Machine::alone(|_| {
        let world = World::new();
        let server = Server::http("shared");
        let port = server.port().to_string();
        let script =
            format!("curl -sS --fail http://127.0.0.1:{port}/ && curl -sS --fail http://localhost:{port}/");
        let options = ["--network", "proxy", "--non-interactive", "--host-port", &port];
        assert_eq!(world.sh(&options, &script).succeeded().stdout, "sharedshared");
        world.sh(&by_proxy(&[]), &script).failed();
    });
}

#[test]
fn variables_are_set_only_where_there_is_a_proxy() {
    let world = World::new();
    let script = "env | grep -i _proxy | cut -d= -f1 | sort | tr '\\n' ' '";
    let captured = world.sh(&["--non-interactive", "--network", "capture"], script);
    assert_eq!(captured.succeeded().stdout, "");
    let by_proxy = world.sh(&by_proxy(&[]), &format!("LC_ALL=C; export LC_ALL; {script}"));
    assert_eq!(
        by_proxy.succeeded().stdout,
        "ALL_PROXY ASKBOX_SOCKS_PROXY HTTPS_PROXY HTTP_PROXY NODE_USE_ENV_PROXY NO_PROXY all_proxy http_proxy https_proxy no_proxy "
    );
    // What a person sets by hand stands.
    let own = [
        "--network",
        "proxy",
        "--non-interactive",
        "--env",
        "http_proxy=http://mine.test",
    ];
    assert_eq!(
        world.sh(&own, "echo $http_proxy").succeeded().stdout,
        "http://mine.test\n"
    );
}

#[test]
fn without_nf_tables_a_session_falls_back_and_everybody_is_told() {
    Machine::alone(|machine| {
        names(machine);
        let world = World::new();
        let _server = Server::http_at("0.0.0.0:8080", "reached");
        let fetch = [
            "--non-interactive",
            "--allow-domain",
            "ok.test",
            "--",
            "curl",
            "-sS",
            "--fail",
        ];
        let run = |network: &[&str], url: &str| {
            let words = [&["run"], network, &fetch, &[url]].concat();
            without_nf_tables_to_its_end(&world, &words)
        };
        assert_eq!(run(&[], "http://ok.test:8080/").succeeded().stdout, "reached");
        run(&[], "http://denied.test:8080/").failed();
        // Who wants all of it or nothing gets nothing.
        let refused = run(&["--network", "capture"], "http://ok.test:8080/");
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (Some(125), ""),
            "{refused:#?}"
        );
        assert!(refused.stderr.contains("set up the network"), "{refused:#?}");

        // On a terminal it is said once, and not when it was asked for.
        let words = [
            "run",
            "--non-interactive",
            "--",
            "sh",
            "-c",
            "echo be''gun; read line",
        ];
        let mut terminal = Terminal::start(&world.askbox_without_nf_tables(&words));
        terminal.wait_for("no nf_tables");
        terminal.wait_for("begun");
        let status = world.ok(&["status"]);
        assert!(
            status.contains("one session reaches the network by a proxy alone"),
            "{status}"
        );
        assert!(world.ok(&["sessions"]).contains("by its proxy alone"));
        terminal.press("\r");
        assert_eq!(terminal.finish().code, Some(0));
        assert!(!world.ok(&["status"]).contains("proxy"));
        let chosen = ["run", "--network", "proxy", "--non-interactive", "--", "true"];
        let terminal = Terminal::start(&world.askbox_without_nf_tables(&chosen));
        assert!(!terminal.finish().shown.contains("nf_tables"));

        let doctor = without_nf_tables_to_its_end(&world, &["doctor"]);
        assert!(
            doctor
                .stdout
                .contains("sessions reach the network by a proxy alone"),
            "{doctor:#?}"
        );
        assert!(doctor.stdout.contains("modprobe"), "{doctor:#?}");
    });
}
