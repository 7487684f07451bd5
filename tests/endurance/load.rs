//! Many connections to an allowed host: none is lost (threat 43).

use askbox_tests::server::Server;
use askbox_tests::{Finished, Running, World};

/// Each connection sends a line of its own and has to get that line back. `parallel N`: all are open before the first
/// one speaks. `rate N`: one is opened every millisecond, whatever became of those before.
const CLIENT: &str = "import asyncio, resource, sys, time\n\
    host, port, mode, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])\n\
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)\n\
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))\n\
    lost, opened = [], 0\n\
    async def one(number, all_open):\n\
    \x20   global opened\n\
    \x20   line = b'%08d\\n' % number\n\
    \x20   try:\n\
    \x20       reader, writer = await asyncio.open_connection(host, port)\n\
    \x20       opened += 1\n\
    \x20       if mode == 'parallel':\n\
    \x20           if opened == count: all_open.set()\n\
    \x20           await all_open.wait()\n\
    \x20       writer.write(line)\n\
    \x20       answer = await reader.read(len(line))\n\
    \x20       if answer != line: lost.append(answer)\n\
    \x20       writer.close()\n\
    \x20       await writer.wait_closed()\n\
    \x20   except OSError as error:\n\
    \x20       lost.append(error)\n\
    \x20       all_open.set()\n\
    async def main():\n\
    \x20   all_open, tasks, start = asyncio.Event(), [], time.monotonic()\n\
    \x20   for number in range(count):\n\
    \x20       if mode == 'rate':\n\
    \x20           await asyncio.sleep(max(0, start + number / 1000 - time.monotonic()))\n\
    \x20       tasks.append(asyncio.create_task(one(number, all_open)))\n\
    \x20   await asyncio.gather(*tasks)\n\
    \x20   print(count - len(lost), 'answered', lost[:3])\n\
    \x20   print(f'{count} in {time.monotonic() - start:.2f} s', file=sys.stderr)\n\
    asyncio.run(main())\n";

fn inside(world: &World, server: &Server, options: &[&str], words: &[&str]) -> Finished {
    world.write("load.py", CLIENT);
    let port = server.port().to_string();
    let mut command = world.askbox(&["run", "--quiet", "--resolve", &server.pin("ok.test")]);
    command
        .args(options)
        .args(["--", "python3", "load.py", "ok.test", &port])
        .args(words);
    Running::start(command).finish()
}

/// None is lost outside and none inside, where none arrives at all when the host is not allowed.
fn check(mode: &str, count: usize) {
    let world = World::new();
    world.write("load.py", CLIENT);
    let server = Server::banner("");
    let number = count.to_string();
    let expected = format!("{count} answered []\n");
    let mut outside = world.host("python3");
    outside.args(["load.py", "127.0.0.1", &server.port().to_string(), mode, &number]);
    let outside = Running::start(outside).finish();
    assert_eq!(outside.succeeded().stdout, expected);
    assert_eq!(server.connections(), count);

    let denied = inside(&world, &server, &["--non-interactive"], &[mode, "1"]);
    assert!(denied.succeeded().stdout.starts_with("0 answered"), "{denied:#?}");
    assert_eq!(server.connections(), count);

    let allowed = inside(&world, &server, &["--allow-domain", "ok.test"], &[mode, &number]);
    assert_eq!(allowed.succeeded().stdout, expected, "{}", allowed.stderr);
    assert_eq!(server.connections(), 2 * count);
    assert!(!world.has_logged(&format!("ok.test:{}", server.port()), "ask"));
}

#[test]
fn of_three_hundred_parallel_connections_none_is_lost() {
    check("parallel", 300);
}

#[test]
fn of_a_thousand_connections_a_second_none_is_lost() {
    check("rate", 5_000);
}
