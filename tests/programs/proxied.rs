//! npm on a machine where nothing but a real proxy reaches the internet, with the kernel's packet filter and without.

use std::process::Command;

use askbox_tests::server::free_port;
use askbox_tests::{Machine, Running, World};

use crate::install;
use crate::shared::wait_for_listener;

/// Where the machine has the proxy.
const PROXY: u16 = 8888;

/// What is installed.
const PACKAGE: &str = "{ \"dependencies\": { \"is-odd\": \"3.0.1\" } }\n";

/// A tinyproxy of the host, and the way of the machine to it, which is a socket in the machine's files.
struct Proxy {
    _tinyproxy: Running,
    _way: Running,
    _world: World,
}

impl Proxy {
    fn start(files: &std::path::Path) -> Self {
        let world = World::new();
        let port = free_port();
        let configuration = world.outside().join("tinyproxy.conf");
        let log = files.join("proxy.log");
        let text = format!(
            "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nConnectPort 443\nLogLevel Connect\nLogFile \"{}\"\n",
            log.display()
        );
        std::fs::write(&configuration, text).unwrap();
        let mut tinyproxy = Command::new("tinyproxy");
        tinyproxy.arg("-d").arg("-c").arg(&configuration);
        let tinyproxy = Running::start(tinyproxy);
        wait_for_listener(&world, port);
        let mut way = Command::new("socat");
        let socket = files.join("proxy");
        way.arg(format!("UNIX-LISTEN:{},fork", socket.display()))
            .arg(format!("TCP:127.0.0.1:{port}"));
        let way = Running::start(way);
        world.eventually("the way is there", || socket.exists());
        Self {
            _tinyproxy: tinyproxy,
            _way: way,
            _world: world,
        }
    }
}

/// The machine's end of the way.
fn way(machine: &Machine, world: &World) -> Running {
    let mut way = Command::new("socat");
    way.arg(format!("TCP-LISTEN:{PROXY},bind=127.0.0.1,fork,reuseaddr"))
        .arg(format!(
            "UNIX-CONNECT:{}",
            machine.files().join("proxy").display()
        ));
    let way = Running::start(way);
    wait_for_listener(world, PROXY);
    way
}

/// Says first whether programs are told of a proxy, which they are where there is no packet filter alone.
const INSTALL: &str = "echo ${HTTPS_PROXY:+by its own proxy}; exec npm install --silent --no-audit --no-fund --no-update-notifier --fetch-retries 0";

/// Installs by sessions that `start` starts: without the proxy, with it, and with it but with nothing allowed.
fn check(machine: &Machine, told: &str, start: impl Fn(&World, &[&str]) -> Command) {
    let world = World::new();
    let _way = way(machine, &world);
    world.write("package.json", PACKAGE);
    let install = |preset: &str| {
        let words = [
            "run",
            "--non-interactive",
            "--preset",
            preset,
            "--",
            "sh",
            "-c",
            INSTALL,
        ];
        let mut command = start(&world, &words);
        install::with_certificates(&mut command);
        Running::start(command).finish()
    };
    assert_eq!(install("moderate").failed().stdout, told);
    world.write_policy(&format!(
        "[network]\nupstream_proxy = \"http://127.0.0.1:{PROXY}\"\nupstream_resolve = \"proxy\"\n"
    ));
    world.eventually("npm installs by the proxy", || {
        install("moderate").code == Some(0)
    });
    let modules = world.project().join("node_modules");
    assert!(modules.join("is-odd/package.json").exists());
    let log = std::fs::read_to_string(machine.files().join("proxy.log")).unwrap();
    assert!(log.contains("CONNECT"), "{log}");

    std::fs::remove_dir_all(&modules).unwrap();
    std::fs::remove_dir_all(world.root().join("data/homes")).unwrap();
    install("minimal").failed();
    assert!(!modules.exists());
}

#[test]
fn npm_installs_by_a_proxy_that_alone_reaches_the_internet() {
    Machine::beside(Proxy::start, |machine| check(machine, "\n", World::askbox));
}

#[test]
fn npm_installs_by_a_proxy_where_there_is_no_nf_tables_either() {
    Machine::beside(Proxy::start, |machine| {
        check(machine, "by its own proxy\n", World::askbox_without_nf_tables);
    });
}
