//! A program with a patience of its own: Node gives a connection 10 seconds, TLS included.

use std::fs;

use askbox_tests::Running;
use askbox_tests::World;
use askbox_tests::server::Server;

/// Speaks TLS on its standard input and answers one request.
const SERVER: &str = "import socket, ssl, sys\n\
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
    context.load_cert_chain(sys.argv[1], sys.argv[2])\n\
    connection = context.wrap_socket(socket.socket(fileno=0), server_side=True)\n\
    while not connection.recv(65536).endswith(b'\\r\\n\\r\\n'): pass\n\
    connection.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\nConnection: close\\r\\n\\r\\nhello')\n\
    connection.unwrap()\n";

/// Fetches until it has an answer, and says how often it gave up.
const CLIENT: &str = "import fs from 'node:fs';\n\
    for (let gaveUp = 0; ; gaveUp++) {\n\
    \x20   try {\n\
    \x20       const answer = await fetch(process.argv[2]);\n\
    \x20       console.log(gaveUp, await answer.text());\n\
    \x20       break;\n\
    \x20   } catch (error) {\n\
    \x20       fs.writeFileSync('gave-up', String(error.cause));\n\
    \x20       while (!fs.existsSync('answered')) await new Promise((resolve) => setTimeout(resolve, 20));\n\
    \x20   }\n\
    }\n";

#[test]
fn a_question_that_node_gave_up_on_is_answered_and_the_retry_asks_nothing() {
    let world = World::new();
    world.write_policy("[questions]\ntimeout = \"60s\"\n");
    world.write("get.mjs", CLIENT);
    let script = world.outside().join("server.py");
    fs::write(&script, SERVER).unwrap();
    let (key, certificate) = (
        world.outside().join("key.pem"),
        world.write("certificate.pem", ""),
    );
    let mut make = world.host("openssl");
    make.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ])
    .args([
        "-subj",
        "/CN=new.test",
        "-addext",
        "subjectAltName=DNS:new.test",
        "-keyout",
    ])
    .arg(&key)
    .arg("-out")
    .arg(&certificate);
    Running::start(make).finish().succeeded();
    let words = [&script, &certificate, &key].map(|path| path.to_str().unwrap());
    let server = Server::program(&["python3", words[0], words[1], words[2]]);

    let target = format!("new.test:{}", server.port());
    let mut command = world.askbox(&["run", "--resolve", &server.pin("new.test")]);
    command.env("NODE_EXTRA_CA_CERTS", &certificate).args([
        "--",
        "node",
        "get.mjs",
        &format!("https://{target}/"),
    ]);
    let running = Running::start(command);
    let question = world.wait_for_question();
    let gave_up = world.project().join("gave-up");
    world.eventually("Node gives up", || gave_up.exists());
    assert_eq!(world.wait_for_question()["id"], question["id"]);
    assert_eq!(server.connections(), 0);
    world.ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h"]);
    world.write("answered", "");
    assert_eq!(running.finish().succeeded().stdout, "1 hello\n");
    let log = world.log();
    let asked = log
        .iter()
        .filter(|event| event["target"] == target && event["verdict"] == "ask");
    assert_eq!(asked.count(), 1);
}
