//! Real services of the host, reached from inside once their port is shared with a session that runs, and not before.

use std::fs;
use std::path::PathBuf;

use askbox_tests::server::free_port;
use askbox_tests::{Running, World};

use crate::shared::{session, share, wait_for_listener};

/// Runs `ask` inside before the port is shared, `work` after, and returns what the work printed.
fn use_service(world: &World, port: u16, ask: &str, work: &str) -> String {
    let script = format!(
        "({ask}) > before 2>&1; touch asked
        until [ -e shared ]; do sleep 0.05; done
        set -e; {work}"
    );
    let running = session(world, &["--non-interactive"], &script, "asked");
    let before = fs::read_to_string(world.project().join("before")).unwrap();
    assert!(before.contains("Connection refused"), "{before}");
    share(world, "--host-port", &port.to_string());
    world.write("shared", "");
    let finished = running.finish();
    assert!(world.has_logged(&format!("127.0.0.1:{port}"), "allow"));
    finished.succeeded().stdout.clone()
}

#[test]
fn redis_of_the_host_is_used() {
    let world = World::new();
    let port = free_port();
    let text = port.to_string();
    let mut server = world.host("redis-server");
    server
        .args(["--port", &text, "--bind", "127.0.0.1", "--save", "", "--dir"])
        .arg(world.outside());
    let _server = Running::start(server);
    wait_for_listener(&world, port);
    let cli = format!("redis-cli -p {port}");
    let work = format!(
        "{cli} set greeting hello; {cli} get greeting; {cli} --no-raw incr number
        seq 5000 | sed 's/.*/rpush list &/' | {cli} > /dev/null; {cli} llen list
        redis-benchmark -p {port} -q -c 50 -n 20000 -t get > benchmark"
    );
    let said = use_service(&world, port, &format!("{cli} ping"), &work);
    assert_eq!(said, "OK\nhello\n(integer) 1\n5000\n");
    let benchmark = fs::read_to_string(world.project().join("benchmark")).unwrap();
    assert!(benchmark.contains("requests per second"), "{benchmark}");
    // It is the host's own.
    let mut outside = world.host("redis-cli");
    outside.args(["-p", &text, "get", "greeting"]);
    assert_eq!(Running::start(outside).finish().succeeded().stdout, "hello\n");
}

/// Where Debian keeps the programs of its newest `PostgreSQL`.
fn postgresql() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("postgresql is installed");
    let newest = versions
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok())
        .max();
    PathBuf::from(format!("/usr/lib/postgresql/{}/bin", newest.unwrap()))
}

#[test]
fn postgresql_of_the_host_is_used() {
    let world = World::new();
    let (programs, data) = (postgresql(), world.outside().join("data"));
    let mut make = world.host(programs.join("initdb").to_str().unwrap());
    make.args(["--username", "tester", "--auth", "trust", "--no-sync", "--pgdata"])
        .arg(&data);
    Running::start(make).finish().succeeded();
    let port = free_port();
    let mut server = world.host(programs.join("postgres").to_str().unwrap());
    server
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-D"])
        .arg(&data)
        .arg("-k")
        .arg(world.outside());
    let server = Running::start(server);
    wait_for_listener(&world, port);

    let at = format!("-h 127.0.0.1 -p {port} -U tester");
    let query = format!("psql {at} -qAt -v ON_ERROR_STOP=1 postgres");
    let work = format!(
        "{query} -c 'create table numbers (n integer)'
        {{ echo 'copy numbers from stdin;'; seq 100000; echo '\\.'; }} | {query}
        {query} -c 'select count(*), sum(n) from numbers' -c 'select current_user'
        {programs}/pgbench {at} -i -q postgres 2> made
        {programs}/pgbench {at} -c 8 -j 2 -t 50 postgres > benchmark",
        programs = programs.display()
    );
    let said = use_service(&world, port, &format!("{query} -c 'select 1'"), &work);
    assert_eq!(said, "100000|5000050000\ntester\n");
    let benchmark = fs::read_to_string(world.project().join("benchmark")).unwrap();
    assert!(benchmark.contains("400/400"), "{benchmark}");
    // It ends in order.
    server.signal(nix::sys::signal::Signal::SIGINT);
    server.finish().succeeded();
}
