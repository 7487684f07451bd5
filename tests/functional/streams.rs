//! What passes an allowed connection arrives as it was sent, in both directions, to its end.

use askbox_tests::server::Server;
use askbox_tests::{Running, World};

/// 64 MiB.
const SIZE: u64 = 64 << 20;

/// Prints the digest of what it sends and of what it receives, each of which the peer may end first.
const CLIENT: &str = "import hashlib, os, socket, sys, threading\n\
    connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n\
    data = bytes(1) + os.urandom(int(sys.argv[3]) - 1) if int(sys.argv[3]) else b''\n\
    def send():\n\
    \x20   connection.sendall(data)\n\
    \x20   connection.shutdown(socket.SHUT_WR)\n\
    sending = threading.Thread(target=send)\n\
    sending.start()\n\
    received = hashlib.sha256()\n\
    first = b''\n\
    while block := connection.recv(1 << 18):\n\
    \x20   received.update(block)\n\
    \x20   first = first or block\n\
    sending.join()\n\
    print(hashlib.sha256(data).hexdigest(), received.hexdigest(), first[:64].hex())\n";

/// Sends `size` bytes to the server as an allowed host. Returns the digest of what was sent, of what came back, and the
/// first bytes of that.
fn exchange(world: &World, server: &Server, size: u64) -> [String; 3] {
    world.write("client.py", CLIENT);
    let script = format!("python3 client.py ok.test {} {size}", server.port());
    let finished = world.sh(
        &["--allow-domain", "ok.test", "--resolve", &server.pin("ok.test")],
        &script,
    );
    let mut words = finished
        .succeeded()
        .stdout
        .trim_end()
        .split(' ')
        .map(str::to_owned);
    [(); 3].map(|()| words.next().unwrap())
}

/// Bytes that the log says came in and went out.
fn traffic(world: &World, server: &Server) -> (u64, u64) {
    let target = format!("ok.test:{}", server.port());
    let log = world.log();
    let event = log
        .iter()
        .find(|event| event["kind"] == "traffic" && event["target"] == target)
        .unwrap_or_else(|| panic!("no traffic to {target} in {log:#?}"));
    let count = |name: &str| event[name].as_u64().unwrap();
    (count("bytes_in"), count("bytes_out"))
}

#[test]
fn sixty_four_mebibytes_pass_both_ways_at_once_unchanged() {
    let world = World::new();
    let server = Server::banner("");
    let [sent, received, _] = exchange(&world, &server, SIZE);
    assert_eq!(sent, received);
    assert_eq!(traffic(&world, &server), (SIZE, SIZE));
}

#[test]
fn a_server_answers_after_the_client_has_ended_its_half() {
    let world = World::new();
    let server = Server::program(&["sha256sum", "-b"]);
    let [sent, _, answer] = exchange(&world, &server, SIZE);
    let answer = decode(&answer);
    assert_eq!(answer, sent);
    assert_eq!(traffic(&world, &server).1, SIZE);
}

#[test]
fn a_download_arrives_whole_though_the_client_says_nothing() {
    let world = World::new();
    let file = world.outside().join("data");
    let make = format!(
        "head -c {SIZE} /dev/urandom > '{0}' && sha256sum < '{0}'",
        file.display()
    );
    let mut command = world.host("sh");
    command.args(["-c", &make]);
    let printed = Running::start(command).finish();
    let digest = printed.succeeded().stdout[..64].to_owned();
    let server = Server::program(&["cat", file.to_str().unwrap()]);
    let [_, received, _] = exchange(&world, &server, 0);
    assert_eq!(received, digest);
    assert_eq!(traffic(&world, &server), (SIZE, 0));
}

#[test]
fn a_server_that_greets_first_is_heard_before_the_client_speaks() {
    let world = World::new();
    let server = Server::banner("220 mail.test ready\r\n");
    let script = format!(
        "exec 3<>/dev/tcp/mail.test/{} && read -r greeting <&3 && echo \"HELO $greeting\" >&3 && head -1 <&3",
        server.port()
    );
    let mut command = world.askbox(&["run", "--resolve", &server.pin("mail.test")]);
    command.args(["--", "bash", "-c", &script]);
    let running = Running::start(command);
    let question = world.wait_for_question();
    assert_eq!(question["targets"][0], format!("mail.test:{}", server.port()));
    assert_eq!(server.connections(), 0);
    world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    let finished = running.finish();
    assert_eq!(finished.succeeded().stdout, "HELO 220 mail.test ready\r\n");
}

/// The first 64 bytes of a text that is given in hexadecimal.
fn decode(text: &str) -> String {
    let bytes = (0..text.len()).step_by(2);
    bytes
        .map(|at| char::from(u8::from_str_radix(&text[at..at + 2], 16).unwrap()))
        .collect()
}
