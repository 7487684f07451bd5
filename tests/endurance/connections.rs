//! Ten thousand connections that are open at once, and what the daemon holds for them (threat 43).

use std::process::Stdio;

use askbox_tests::server::free_port;
use askbox_tests::{Running, World};

use crate::figures::Figures;

/// What is promised for one session.
const PROMISED: usize = 10_000;

/// The least that this machine must allow for the test to say something.
const LEAST: usize = 3_000;

/// Echoes lines.
const SERVER: &str = "import asyncio, resource, sys
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
    writer.close()
async def main():
    server = await asyncio.start_server(echo, '127.0.0.1', int(sys.argv[1]), backlog=4096)
    await server.serve_forever()
asyncio.run(main())
";

/// Opens connections, 200 at a time, and speaks on each; waits for a line; speaks on each again, and closes them.
const CLIENT: &str = "import asyncio, resource, sys
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
async def speak(number, reader, writer):
    line = b'%08d\\n' % number
    writer.write(line)
    return await reader.readline() == line
async def one(number, at_once):
    async with at_once:
        ends = await asyncio.open_connection(host, port)
        return ends if await speak(number, *ends) else None
async def main():
    at_once = asyncio.Semaphore(200)
    ends = await asyncio.gather(*[one(number, at_once) for number in range(count)])
    print('open', sum(end is not None for end in ends), flush=True)
    open('all-open', 'w').close()
    sys.stdin.readline()
    spoke = await asyncio.gather(*[speak(number, *end) for number, end in enumerate(ends)])
    print('spoke again', sum(spoke))
asyncio.run(main())
";

/// How many one session may hold here: half of what the daemon's limit of open files leaves, each with three descriptors
/// (askbox-network's `limits.rs`), but for a few.
fn allowed_here() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let most: usize = line.split_whitespace().nth(4).unwrap().parse().unwrap();
    let for_sessions = most - (most / 8).min(1024) - 256;
    PROMISED.min(for_sessions / 6 - 100)
}

#[test]
fn ten_thousand_connections_are_open_at_once() {
    let count = allowed_here();
    assert!(LEAST <= count, "ulimit -Hn is too low: {count} connections");
    let world = World::new();
    world.write("open.py", CLIENT);
    let port = free_port();
    let mut server = world.host("python3");
    server.args(["-c", SERVER, &port.to_string()]);
    let _server = Running::start(server);
    world.eventually("the server listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let pin = format!("ok.test:{port}:127.0.0.1");
    let start = |count: usize| {
        let mut command = world.askbox(&["run", "--quiet", "--non-interactive", "--resolve", &pin]);
        command
            .args(["--allow-domain", "ok.test", "--", "python3", "open.py", "ok.test"])
            .args([port.to_string(), count.to_string()])
            .stdin(Stdio::piped());
        Running::start(command)
    };
    start(1).finish().succeeded();
    std::fs::remove_file(world.project().join("all-open")).unwrap();
    let daemon = world.daemon_pid();
    let first = Figures::at_rest(&world, daemon);
    first.say("before the connections");

    let mut running = start(count);
    let all_open = world.project().join("all-open");
    world.eventually("all are open", || all_open.exists());
    let open = Figures::now(daemon);
    open.say(&format!("with {count} connections that are open"));
    assert!(first.open.len() + 2 * count <= open.open.len(), "{open}");
    // There is room for others.
    assert_eq!(start(1).finish().succeeded().stdout, "open 1\nspoke again 1\n");
    running.type_in("on\n");
    let said = running.finish().succeeded().stdout.clone();
    assert_eq!(said, format!("open {count}\nspoke again {count}\n"));

    let last = Figures::at_rest(&world, daemon);
    last.say("after the connections");
    last.is_no_more_than(&first);
}
