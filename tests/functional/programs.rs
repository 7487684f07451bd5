//! Programs connect as they always do: nothing tells them of a proxy. Each waits, is named, and goes through.

use std::path::Path;

use askbox_tests::server::Server;
use askbox_tests::{Running, World};

/// Runs a command with a URL as its last argument; it has to print the body. Nothing is allowed: without a person it
/// fails, with one it waits, is named, and succeeds.
fn check(world: &World, words: &[&str], program: &str) {
    let server = Server::http("hello");
    let target = format!("new.test:{}", server.port());
    let start = |options: &[&str]| {
        let mut command = world.askbox(&["run", "--resolve", &server.pin("new.test")]);
        command
            .args(options)
            .arg("--")
            .args(words)
            .arg(format!("http://{target}/"));
        Running::start(command)
    };
    start(&["--non-interactive"]).finish().failed();
    assert_eq!(server.connections(), 0);

    let running = start(&[]);
    let question = world.wait_for_question();
    assert_eq!(question["targets"], serde_json::json!([target]));
    let exe = Path::new(question["process"]["exe"].as_str().unwrap());
    let name = exe.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(program), "{question:#}");
    assert_eq!(server.connections(), 0);
    world.ok(&["allow", question["id"].as_str().unwrap(), "--session"]);
    let finished = running.finish();
    assert_eq!(finished.succeeded().stdout, "hello");
    assert_eq!(server.connections(), 1);
    assert_eq!(asked(world, &target), 1);
}

/// How often a person was asked about this target.
fn asked(world: &World, target: &str) -> usize {
    let log = world.log();
    log.iter()
        .filter(|event| event["target"] == target && event["verdict"] == "ask")
        .count()
}

#[test]
fn no_variable_inside_names_a_proxy() {
    let world = World::new();
    let mut command = world.askbox(&["run", "--", "env"]);
    command.env("https_proxy", "http://proxy.test:3128");
    let finished = Running::start(command).finish();
    let lower = finished.succeeded().stdout.to_lowercase();
    assert!(!lower.contains("proxy"), "{lower}");
}

#[test]
fn curl_waits_and_is_named() {
    check(&World::new(), &["curl", "-sS", "--fail"], "curl");
}

#[test]
fn fetch_of_node_waits_and_is_named() {
    let world = World::new();
    let text = "const answer = await fetch(process.argv[2]);\n\
        if (answer.ok) process.stdout.write(await answer.text());\n\
        else process.exit(1);\n";
    world.write("get.mjs", text);
    check(&world, &["node", "get.mjs"], "node");
}

#[test]
fn urllib_of_python_waits_and_is_named() {
    let world = World::new();
    let text =
        "import sys, urllib.request\nprint(urllib.request.urlopen(sys.argv[1]).read().decode(), end='')";
    world.write("get.py", text);
    check(&world, &["python3", "get.py"], "python3");
}

#[test]
fn a_raw_socket_waits_and_is_named() {
    let world = World::new();
    let text = "import socket, sys\n\
        host, port = sys.argv[1].removeprefix('http://').rstrip('/').split(':')\n\
        connection = socket.create_connection((host, int(port)))\n\
        connection.sendall(f'GET / HTTP/1.0\\r\\nHost: {host}:{port}\\r\\n\\r\\n'.encode())\n\
        answer = b''.join(iter(lambda: connection.recv(4096), b''))\n\
        assert b' 200 ' in answer, answer\n\
        print(answer.partition(b'\\r\\n\\r\\n')[2].decode(), end='')\n";
    world.write("get.py", text);
    check(&world, &["python3", "get.py"], "python3");
}

#[test]
fn the_http_client_of_java_waits_and_is_named() {
    let world = World::new();
    let text = "import java.net.URI;\nimport java.net.http.*;\n\
        class Get {\n\
            public static void main(String[] words) throws Exception {\n\
                var request = HttpRequest.newBuilder(URI.create(words[0])).build();\n\
                var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());\n\
                if (answer.statusCode() != 200) System.exit(1);\n\
                System.out.print(answer.body());\n\
            }\n\
        }\n";
    world.write("Get.java", text);
    let mut compile = world.host("javac");
    compile.arg("Get.java");
    Running::start(compile).finish().succeeded();
    check(&world, &["java", "Get"], "java");
}

#[test]
fn the_retry_of_a_program_that_gave_up_asks_nothing() {
    let world = World::new();
    let server = Server::http("hello");
    let target = format!("new.test:{}", server.port());
    let text = "import fs from 'node:fs';\n\
        const url = process.argv[2];\n\
        try {\n\
            await fetch(url, { signal: AbortSignal.timeout(300) });\n\
        } catch (error) {\n\
            fs.writeFileSync('gave-up', String(error));\n\
        }\n\
        while (!fs.existsSync('answered')) await new Promise((resolve) => setTimeout(resolve, 20));\n\
        process.stdout.write(await (await fetch(url)).text());\n";
    world.write("get.mjs", text);
    let script = format!("node get.mjs http://{target}/");
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &script);
    answer_late(&world);
    assert_eq!(running.finish().succeeded().stdout, "hello");
    assert_eq!(asked(&world, &target), 1);
    assert_eq!(server.connections(), 1);
}

#[test]
fn the_next_process_that_wants_the_same_asks_nothing_either() {
    let world = World::new();
    let server = Server::http("hello");
    let target = format!("new.test:{}", server.port());
    let script = format!(
        "curl -s --max-time 0.3 http://{target}/ || touch gave-up\n\
         while [ ! -e answered ]; do sleep 0.02; done\n\
         curl -sS http://{target}/"
    );
    let running = world.start_sh(&["--resolve", &server.pin("new.test")], &script);
    answer_late(&world);
    assert_eq!(running.finish().succeeded().stdout, "hello");
    assert_eq!(asked(&world, &target), 1);
    assert_eq!(server.connections(), 1);
}

/// Allows the open question once, after its program gave up.
fn answer_late(world: &World) {
    let question = world.wait_for_question();
    let gave_up = world.project().join("gave-up");
    world.eventually("the program gives up", || gave_up.exists());
    assert_eq!(world.wait_for_question()["id"], question["id"]);
    // Else the answer is for the connection that it gave up.
    world.eventually("nobody waits", || world.questions()[0]["waiting"] == 0);
    world.ok(&["allow", question["id"].as_str().unwrap(), "--once"]);
    world.write("answered", "");
}
