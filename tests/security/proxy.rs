//! A proxy of the office changes nothing about where a name may lead: what the judgement refuses never reaches it.

use askbox_tests::machine::{OWN, PRIVATE, PUBLIC};
use askbox_tests::server::Server;
use askbox_tests::{Machine, Proxy, World};

fn with_proxy(proxy: &Proxy) -> World {
    let world = World::new();
    world.write_policy(&format!("[network]\nupstream_proxy = \"{}\"\n", proxy.url()));
    world
}

#[test]
fn a_proxy_is_not_asked_for_what_no_name_may_lead_to() {
    Machine::alone(|machine| {
        let names = [
            ("loop.test", "127.0.0.1"),
            ("own.test", OWN),
            ("meta.test", "169.254.169.254"),
            ("local.test", PRIVATE),
        ];
        machine.hosts(&[names[0], names[1], names[2], names[3], ("ok.test", PUBLIC)]);
        let server = Server::http_at("0.0.0.0:0", "reached");
        let (port, proxy) = (server.port(), Proxy::open());
        let world = with_proxy(&proxy);
        let options = ["--non-interactive", "--allow-domain", "*.test"];
        for (name, _) in names {
            let finished = world.sh(
                &options,
                &format!("curl -fsS --max-time 30 http://{name}:{port}/"),
            );
            finished.failed();
        }
        assert_eq!((proxy.places(), server.connections()), (Vec::new(), 0));
        let finished = world.sh(&options, &format!("curl -fsS http://ok.test:{port}/"));
        assert_eq!(finished.succeeded().stdout, "reached");
        assert_eq!(proxy.places(), [format!("{PUBLIC}:{port}")]);
    });
}

#[test]
fn what_a_person_pins_or_allows_on_the_local_network_goes_directly() {
    Machine::alone(|machine| {
        machine.hosts(&[("local.test", PRIVATE)]);
        let server = Server::http_at("0.0.0.0:0", "reached");
        let (port, proxy) = (server.port(), Proxy::open());
        let world = with_proxy(&proxy);
        let options = [
            "--non-interactive",
            "--allow-domain",
            "local.test",
            "--allow-domain",
            PRIVATE,
            "--resolve",
            &server.pin("pinned.test"),
            "--allow-domain",
            "pinned.test",
        ];
        let script = format!("curl -fsS http://local.test:{port}/ && curl -fsS http://pinned.test:{port}/");
        assert_eq!(world.sh(&options, &script).succeeded().stdout, "reachedreached");
        assert_eq!(proxy.places(), Vec::<String>::new());
    });
}

#[test]
fn nothing_that_is_denied_reaches_the_proxy() {
    Machine::alone(|machine| {
        machine.hosts(&[("ok.test", PUBLIC), ("denied.test", PUBLIC)]);
        let server = Server::http_at("0.0.0.0:0", "reached");
        let (port, proxy) = (server.port(), Proxy::open());
        let world = with_proxy(&proxy);
        let options = ["--non-interactive", "--allow-domain", "ok.test"];
        world
            .sh(&options, &format!("curl -fsS http://denied.test:{port}/"))
            .failed();
        // Nor does the proxy itself, from inside.
        let own = format!(
            "curl -fsS --max-time 30 --proxy {} http://ok.test:{port}/",
            proxy.url()
        );
        world.sh(&options, &own).failed();
        assert_eq!(proxy.places(), Vec::<String>::new());
        world
            .sh(&options, &format!("curl -fsS http://ok.test:{port}/"))
            .succeeded();
        assert_eq!(proxy.places().len(), 1);
    });
}
