//! Connections by the proxy of an office.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use askbox_tests::machine::PUBLIC;
use askbox_tests::proxy::Answer;
use askbox_tests::server::{Server, free_port};
use askbox_tests::{Finished, Machine, Proxy, Running, World};

/// Runs curl inside for `ok.test` and this port, which is allowed.
fn curl(world: &World, port: u16) -> Finished {
    let script = format!("curl -sS --max-time 30 -w '%{{http_code}}' http://ok.test:{port}/");
    world.sh(&["--non-interactive", "--allow-domain", "ok.test"], &script)
}

fn with_proxy(url: &str) -> World {
    let world = World::new();
    world.write_policy(&format!("[network]\nupstream_proxy = \"{url}\"\n"));
    world
}

/// Whether the denial of `ok.test` says why in these words.
fn was_denied(world: &World, port: u16, words: &str) -> bool {
    world.log().iter().any(|event| {
        event["target"] == format!("ok.test:{port}")
            && event["verdict"] == "deny"
            && event["by"].as_str().is_some_and(|by| by.contains(words))
    })
}

#[test]
fn a_proxy_is_asked_for_the_address_that_was_judged_and_nothing_inside_knows() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let server = Server::http_at("0.0.0.0:0", "reached");
        let port = server.port();
        let proxy = Proxy::open();
        let world = with_proxy(&proxy.url());
        assert_eq!(curl(&world, port).succeeded().stdout, "reached200");
        assert_eq!(proxy.places(), [format!("{PUBLIC}:{port}")]);
        assert_eq!(proxy.asked()[0].authorization, None);
        let inside = world.sh(&["--non-interactive"], "env | grep -i proxy; true");
        assert_eq!(inside.succeeded().stdout, "");

        // Without one the same program gets there by itself; the setting counts within seconds.
        world.write_policy("[network]\nupstream_proxy = \"none\"\n");
        world.eventually("the proxy is not asked any more", || {
            let before = proxy.places().len();
            assert_eq!(curl(&world, port).succeeded().stdout, "reached200");
            proxy.places().len() == before
        });
    });
}

#[test]
fn the_proxy_of_the_environment_is_used_where_the_policy_says_so_but_for_its_exceptions() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let server = Server::http_at("0.0.0.0:0", "reached");
        let port = server.port();
        let reach = |setting: &str, no_proxy: &str| {
            let proxy = Proxy::open();
            let world = with_proxy(setting);
            let script = format!("curl -sS http://ok.test:{port}/");
            let mut command = world.askbox(&["run", "--non-interactive", "--allow-domain", "ok.test", "--"]);
            command
                .args(["sh", "-c", &script])
                .env("HTTPS_PROXY", proxy.url().replace("//", "//ada:p%40ss@"))
                .env("NO_PROXY", no_proxy);
            assert_eq!(Running::start(command).finish().succeeded().stdout, "reached");
            proxy.asked()
        };
        let asked = reach("environment", "other.test");
        assert_eq!(asked[0].place, format!("{PUBLIC}:{port}"));
        assert_eq!(asked[0].authorization.as_deref(), Some("Basic YWRhOnBAc3M="));
        assert_eq!(reach("environment", "other.test,.ok.test"), []);
        assert_eq!(reach("none", ""), []);
    });
}

#[test]
fn a_proxy_that_says_no_is_told_as_the_reason() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let server = Server::http_at("0.0.0.0:0", "reached");
        let port = server.port();
        let world = World::new();
        let nobody = free_port();
        let table = [
            (
                Some("403 Forbidden"),
                "upstream proxy: the proxy refuses it (403)",
            ),
            (
                Some("407 Proxy Authentication Required"),
                "wants a name and a password",
            ),
            (Some("503 Busy"), "does not reach the server (503)"),
            (None, "upstream proxy: the proxy cannot be reached"),
        ];
        for (says, words) in table {
            let url = match says {
                Some(status) => Proxy::start(move |_| Answer::Say(status)).url(),
                None => format!("http://127.0.0.1:{nobody}"),
            };
            world.write_policy(&format!("[network]\nupstream_proxy = \"{url}\"\n"));
            world.eventually("the program is told why", || {
                let finished = curl(&world, port);
                finished.stdout.contains(words) && finished.stdout.ends_with("403")
            });
            assert!(was_denied(&world, port, words), "{words}: {:#?}", world.log());
        }
        assert_eq!(server.connections(), 0);
    });
}

#[test]
fn name_and_password_come_from_a_file_of_their_own() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC)]);
        let server = Server::http_at("0.0.0.0:0", "reached");
        let port = server.port();
        let proxy = Proxy::start(|asked| match asked.authorization.as_deref() {
            Some("Basic YWRhOnMzY3JldA==") => Answer::Connect(asked.place.parse().unwrap()),
            _ => Answer::Say("407 Proxy Authentication Required"),
        });
        let world = with_proxy(&proxy.url());
        assert!(curl(&world, port).stdout.ends_with("403"));
        let file = world.root().join("config/proxy-credentials");
        fs::write(&file, "ada:s3cret\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(
            curl(&world, port)
                .stdout
                .contains("others may read proxy-credentials")
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(curl(&world, port).succeeded().stdout, "reached200");
        let log = world.ok(&["log", "--json"]);
        assert!(!log.contains("s3cret") && !log.contains("YWRhOnMzY3JldA"));
    });
}

#[test]
fn policy_toml_holds_no_password_of_a_proxy() {
    let world = World::new();
    world.write_policy("[network]\nupstream_proxy = \"http://ada:s3cret@proxy.test:3128\"\n");
    let finished = world.sh(&[], "true");
    assert_eq!(finished.code, Some(125), "{finished:?}");
    assert!(finished.stderr.contains("do not belong here"), "{finished:?}");
    assert!(!finished.stderr.contains("s3cret"));
    world.write_policy("[network]\nupstream_proxy = \"http://proxy.test:3128\"\n");
    world.sh(&[], "true").succeeded();
}

#[test]
fn names_are_left_to_the_proxy_only_where_the_policy_says_so() {
    // Nothing here knows ok.test.
    Machine::alone(|_machine| {
        let server = Server::http_at("127.0.0.1:0", "reached");
        let port = server.port();
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let proxy = Proxy::start(move |asked| {
            if asked.place.starts_with("ok.test:") {
                Answer::Connect(address)
            } else {
                Answer::Say("502 Bad Gateway")
            }
        });
        let world = with_proxy(&proxy.url());
        curl(&world, port).failed();
        assert_eq!(proxy.places(), Vec::<String>::new());
        world.write_policy(&format!(
            "[network]\nupstream_proxy = \"{}\"\nupstream_resolve = \"proxy\"\n",
            proxy.url()
        ));
        world.eventually("the proxy finds the name", || {
            curl(&world, port).stdout == "reached200"
        });
        assert_eq!(proxy.places().last(), Some(&format!("ok.test:{port}")));
    });
}
