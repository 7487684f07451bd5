use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client_hello::ACCESS_DENIED;
use crate::world::{World, hello, listen, policy, rule};

async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    bytes
}

async fn read_text(stream: &mut TcpStream, count: usize) -> String {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Reads a message head, up to and with the empty line.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn eight_mebibytes_pass_both_ways_byte_for_byte() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.example.com"), &[("ok.example.com", port)]);
    let (mut program, task) = world.connect("ok.example.com", port).await;
    let data: Vec<u8> = (0..8u32 << 20)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let (mut far, _) = server.accept().await.unwrap();
    // The first byte is no protocol's, so the bytes are opaque.
    let sent = [b"\x00".as_slice(), &data].concat();
    let upload = async {
        let (mut reading, mut writing) = program.split();
        let mut back = Vec::new();
        let write = async {
            writing.write_all(&sent).await.unwrap();
            writing.shutdown().await.unwrap();
        };
        tokio::join!(write, async { reading.read_to_end(&mut back).await.unwrap() });
        back
    };
    let echo = async {
        let (mut reading, mut writing) = far.split();
        tokio::io::copy(&mut reading, &mut writing).await.unwrap();
        writing.shutdown().await.unwrap();
    };
    let (back, ()) = tokio::join!(upload, echo);
    assert!(back == sent, "{} bytes of {}", back.len(), sent.len());
    task.await.unwrap();
    let traffic = world
        .events()
        .into_iter()
        .find(|event| event.bytes_in.is_some())
        .unwrap();
    let length = Some(sent.len() as u64);
    assert_eq!((traffic.bytes_in, traffic.bytes_out), (length, length));
    let totals = world.session.totals.now();
    assert_eq!((Some(totals.bytes_in), Some(totals.bytes_out)), (length, length));
}

#[tokio::test]
async fn half_closed_connections_stay_half_closed_both_ways() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.example.com"), &[("ok.example.com", port)]);
    // The program has said everything; the server answers afterwards.
    let (mut program, task) = world.connect("ok.example.com", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    program.write_all(b"\x00question").await.unwrap();
    program.shutdown().await.unwrap();
    assert_eq!(read_all(&mut far).await, b"\x00question");
    far.write_all(b"answer").await.unwrap();
    drop(far);
    assert_eq!(read_all(&mut program).await, b"answer");
    task.await.unwrap();
    // The server has said everything; the program goes on.
    let (mut program, task) = world.connect("ok.example.com", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    far.write_all(b"banner").await.unwrap();
    far.shutdown().await.unwrap();
    assert_eq!(read_all(&mut program).await, b"banner");
    program.write_all(b"\x00more").await.unwrap();
    drop(program);
    assert_eq!(read_all(&mut far).await, b"\x00more");
    drop(far);
    task.await.unwrap();
}

#[tokio::test]
async fn a_server_that_speaks_first_is_heard_before_the_client_says_anything() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.example.com"), &[("ok.example.com", port)]);
    let (mut program, _task) = world.connect("ok.example.com", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    far.write_all(b"SSH-2.0-server\r\n").await.unwrap();
    assert_eq!(read_text(&mut program, 16).await, "SSH-2.0-server\r\n");
    program.write_all(b"SSH-2.0-client\r\n").await.unwrap();
    assert_eq!(read_text(&mut far, 16).await, "SSH-2.0-client\r\n");
}

#[tokio::test]
async fn tls_for_the_name_connected_to_passes_and_for_another_is_asked_about() {
    let (server, port) = listen().await;
    let world = World::new(
        &(rule("allow", "ok.example.com") + &rule("allow", "front.test")),
        &[
            ("ok.example.com", port),
            ("front.test", port),
            ("denied.test", port),
        ],
    );
    for host in ["ok.example.com", "front.test"] {
        let (mut program, _task) = world.connect(host, port).await;
        program.write_all(&hello()).await.unwrap();
        let (mut far, _) = server.accept().await.unwrap();
        let mut got = vec![0; hello().len()];
        far.read_exact(&mut got).await.unwrap();
        assert_eq!(got, hello());
    }
    // The other way round: the name connected to is allowed, the server name is not.
    let world = World::new(&rule("allow", "front.test"), &[("front.test", port)]);
    let (mut program, task) = world.connect("front.test", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    program.write_all(&hello()).await.unwrap();
    assert_eq!(read_all(&mut program).await, ACCESS_DENIED);
    drop(program);
    task.await.unwrap();
    assert!(
        far.read(&mut [0; 1]).await.is_err(),
        "not a byte of it reached the server"
    );
    assert!(
        world.was_denied(&format!("ok.example.com:{port}"), "non-interactive"),
        "{:?}",
        world.verdicts()
    );
}

#[tokio::test]
async fn a_denied_name_is_refused_in_the_protocol_of_the_client() {
    let world = World::new("", &[]);
    let (mut program, task) = world.connect("denied.test", 443).await;
    program.write_all(&hello()).await.unwrap();
    assert_eq!(read_all(&mut program).await, ACCESS_DENIED);
    drop(program);
    task.await.unwrap();

    let (mut program, _task) = world.connect("denied.test", 80).await;
    program
        .write_all(b"GET / HTTP/1.1\r\nHost: denied.test\r\n\r\n")
        .await
        .unwrap();
    let answer = String::from_utf8(read_all(&mut program).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(
        (&body["error"], &body["host"], &body["port"]),
        (&"denied".into(), &"denied.test".into(), &80.into())
    );
    assert_eq!(body["hint"], "askbox rules add allow network 'denied.test:80'");

    let (mut program, task) = world.connect("denied.test", 22).await;
    program.write_all(b"SSH-2.0-client\r\n").await.unwrap();
    let error = program.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    task.await.unwrap();
    assert!(world.was_denied("denied.test:22", "non-interactive"));
}

#[tokio::test]
async fn every_host_of_a_kept_http_connection_is_decided() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let (mut program, _task) = world.connect("ok.test", port).await;
    let request =
        |host: &str| format!("POST /x HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 4\r\n\r\nbody");
    program.write_all(request("ok.test").as_bytes()).await.unwrap();
    let (mut far, _) = server.accept().await.unwrap();
    let head = read_head(&mut far).await;
    assert!(
        head.starts_with("POST /x HTTP/1.1\r\n") && head.contains("Host: ok.test"),
        "{head}"
    );
    assert_eq!(read_text(&mut far, 4).await, "body");
    far.write_all(b"HTTP/1.1 200 OK\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
        .await
        .unwrap();
    let head = read_head(&mut program).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nX-One: 1\r\n"), "{head}");
    assert_eq!(read_text(&mut program, 12).await, "2\r\nhi\r\n0\r\n\r\n");
    program.write_all(request("other.test").as_bytes()).await.unwrap();
    let answer = String::from_utf8(read_all(&mut program).await).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 403 Forbidden\r\n") && answer.contains("connection: close"),
        "{answer}"
    );
    assert!(answer.contains("\"host\":\"other.test\""), "{answer}");
    drop(program);
    assert_eq!(
        far.read(&mut [0; 1]).await.unwrap_or(0),
        0,
        "nothing of it reached the server"
    );
}

#[tokio::test]
async fn requests_with_two_meanings_get_400_and_never_reach_the_server() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "**.test"), &[("ok.test", port)]);
    for request in [
        "GET / HTTP/1.1\nHost: ok.test\n\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: ok.test\r\nHost: b.test\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "GET http://a.test/ HTTP/1.1\r\nHost: ok.test\r\n\r\n".to_owned(),
        "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
    ] {
        let (mut program, task) = world.connect("ok.test", port).await;
        program.write_all(request.as_bytes()).await.unwrap();
        let answer = String::from_utf8(read_all(&mut program).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{request:?}: {answer}");
        drop(program);
        task.await.unwrap();
        let (mut far, _) = server.accept().await.unwrap();
        assert_eq!(far.read(&mut [0; 1]).await.unwrap_or(0), 0, "{request:?}");
    }
    assert_eq!(
        world
            .verdicts()
            .iter()
            .filter(|entry| entry[2].starts_with("malformed"))
            .count(),
        7
    );
}

#[tokio::test]
async fn an_upgraded_connection_is_relayed_as_it_is() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let (mut program, task) = world.connect("ok.test", port).await;
    let upgrade = format!(
        "GET /ws HTTP/1.1\r\nHost: ok.test:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    );
    program.write_all(upgrade.as_bytes()).await.unwrap();
    let (mut far, _) = server.accept().await.unwrap();
    assert!(read_head(&mut far).await.contains("Upgrade: websocket"));
    // The first frame comes in one piece with the answer.
    far.write_all(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x02hi",
    )
    .await
    .unwrap();
    assert!(read_head(&mut program).await.starts_with("HTTP/1.1 101 "));
    let mut frame = [0; 4];
    program.read_exact(&mut frame).await.unwrap();
    assert_eq!(&frame, b"\x81\x02hi");
    program
        .write_all(b"\x81\x82GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n")
        .await
        .unwrap();
    let mut frame = [0; 4];
    far.read_exact(&mut frame).await.unwrap();
    assert_eq!(&frame, b"\x81\x82GE");
    drop((program, far));
    task.await.unwrap();
}

#[tokio::test]
async fn expect_continue_is_answered_and_the_body_arrives() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let (mut program, _task) = world.connect("ok.test", port).await;
    let head = format!(
        "PUT / HTTP/1.1\r\nHost: ok.test:{port}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    );
    program.write_all(head.as_bytes()).await.unwrap();
    let (mut far, _) = server.accept().await.unwrap();
    assert!(read_head(&mut program).await.starts_with("HTTP/1.1 100 "));
    program.write_all(b"body").await.unwrap();
    read_head(&mut far).await;
    assert_eq!(read_text(&mut far, 4).await, "body");
    far.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    assert!(read_head(&mut program).await.starts_with("HTTP/1.1 204 "));
}

#[tokio::test]
async fn a_new_deny_cuts_what_lives_and_the_program_notices() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let (mut program, task) = world.connect("ok.test", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    program.write_all(b"\x00").await.unwrap();
    far.read_exact(&mut [0; 1]).await.unwrap();
    world.gate.set_policy(policy(&rule("deny", "ok.test"))).await;
    task.await.unwrap();
    assert!(
        program.read(&mut [0; 1]).await.is_err(),
        "the program sees a reset"
    );
    assert!(far.read(&mut [0; 1]).await.is_err(), "so does the server");
}

#[tokio::test]
async fn a_new_deny_of_one_host_cuts_the_connection_that_carries_its_requests() {
    let (server, port) = listen().await;
    let rules = rule("allow", "ok.test") + &rule("allow", "other.test");
    let world = World::new(&rules, &[("ok.test", port)]);
    let (mut program, task) = world.connect("ok.test", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    for host in ["ok.test", "other.test"] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
        program.write_all(request.as_bytes()).await.unwrap();
        read_head(&mut far).await;
        far.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        assert!(read_head(&mut program).await.starts_with("HTTP/1.1 204 "));
    }
    let deny = |host| policy(&(rules.clone() + &rule("deny", host)));
    world.gate.set_policy(deny("third.test")).await;
    assert!(!task.is_finished());
    world.gate.set_policy(deny("other.test")).await;
    tokio::time::timeout(Duration::from_secs(10), task)
        .await
        .expect("the connection is cut")
        .unwrap();
    assert!(
        program.read(&mut [0; 1]).await.is_err(),
        "the program sees a reset"
    );
}

#[tokio::test]
async fn a_request_to_a_server_that_spoke_first_is_refused() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let (mut program, task) = world.connect("ok.test", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    far.write_all(b"220 ready\r\n").await.unwrap();
    assert_eq!(read_text(&mut program, 11).await, "220 ready\r\n");
    let request = format!("GET / HTTP/1.1\r\nHost: ok.test:{port}\r\n\r\n");
    program.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(far.read(&mut [0; 1]).await.unwrap_or(0), 0);
    task.await.unwrap();
    assert!(world.was_denied(&format!("ok.test:{port}"), "spoke first"));
}

#[tokio::test]
async fn a_forbidden_address_is_refused_even_for_an_allowed_name() {
    let world = World::new(&rule("allow", "localhost"), &[]);
    let (mut program, task) = world.connect("localhost", 9).await;
    program.write_all(b"\x00").await.unwrap();
    assert!(program.read(&mut [0; 1]).await.is_err());
    task.await.unwrap();
    assert!(
        world.was_denied("localhost:9", "forbidden address"),
        "{:?}",
        world.verdicts()
    );
}

#[tokio::test]
async fn nobody_is_asked_about_an_address_that_no_answer_can_open() {
    for address in ["169.254.169.254", "127.0.0.1", "::1"] {
        let world = World::asking(&rule("allow", "*"), &[]);
        let (mut program, task) = world.connect(address, 9).await;
        program.write_all(b"\x00").await.unwrap();
        assert!(program.read(&mut [0; 1]).await.is_err());
        task.await.unwrap();
        let target = if address.contains(':') {
            format!("[{address}]:9")
        } else {
            format!("{address}:9")
        };
        assert!(
            world.was_denied(&target, "forbidden address"),
            "{:?}",
            world.verdicts()
        );
    }
}

#[tokio::test]
async fn a_range_names_none_of_its_addresses() {
    let rules = ["localhost", "127.0.0.0/8", "0.0.0.0/0", "::/0"].map(|pattern| rule("allow", pattern));
    let world = World::new(&rules.concat(), &[]);
    for (host, target) in [
        ("localhost", "localhost:9"),
        ("169.254.169.254", "169.254.169.254:9"),
    ] {
        let (mut program, task) = world.connect(host, 9).await;
        program.write_all(b"\x00").await.unwrap();
        assert!(program.read(&mut [0; 1]).await.is_err());
        task.await.unwrap();
        assert!(
            world.was_denied(target, "forbidden address"),
            "{:?}",
            world.verdicts()
        );
    }
}

#[tokio::test]
async fn an_address_that_a_rule_names_is_dialled() {
    let (server, port) = listen().await;
    let rules = rule("allow", "localhost") + &rule("allow", "127.0.0.1") + &rule("allow", "::1");
    let world = World::new(&rules, &[]);
    let (mut program, _task) = world.connect("localhost", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    program.write_all(b"\x00hello").await.unwrap();
    assert_eq!(read_text(&mut far, 6).await, "\x00hello");
}

#[tokio::test]
async fn a_client_that_goes_away_stops_waiting_but_its_question_stays() {
    let world = World::asking("", &[]);
    let mut news = world.gate.subscribe();
    let (mut program, task) = world.connect("ask.test", 443).await;
    program.write_all(&hello()).await.unwrap();
    news.recv().await.unwrap();
    // Closed for writing only: somebody still waits.
    program.shutdown().await.unwrap();
    tokio::task::yield_now().await;
    assert!(!task.is_finished());
    task.abort();
    // Closed for good: nobody holds it any more.
    let (mut program, task) = world.connect("ask.test", 443).await;
    program.write_all(&hello()).await.unwrap();
    while world.gate.open_questions()[0].members[0].waiting == 0 {
        tokio::task::yield_now().await;
    }
    world.holder.store(0, std::sync::atomic::Ordering::Relaxed);
    drop(program);
    task.await.unwrap();
    assert_eq!(world.gate.open_questions()[0].members[0].waiting, 0);
}

#[tokio::test]
async fn a_client_that_says_a_few_letters_and_waits_is_heard_by_the_server() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.example.com"), &[("ok.example.com", port)]);
    let (mut program, task) = world.connect("ok.example.com", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    program.write_all(b"LOGIN").await.unwrap();
    assert_eq!(read_text(&mut far, 5).await, "LOGIN");
    far.write_all(b"who").await.unwrap();
    assert_eq!(read_text(&mut program, 3).await, "who");
    program.write_all(b" ada\n").await.unwrap();
    assert_eq!(read_text(&mut far, 5).await, " ada\n");
    program.shutdown().await.unwrap();
    assert!(read_all(&mut far).await.is_empty());
    drop(far);
    task.await.unwrap();
}

#[tokio::test]
async fn a_request_that_comes_in_pieces_gets_no_further_than_its_first_line() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.example.com"), &[("ok.example.com", port)]);
    let (mut program, task) = world.connect("ok.example.com", port).await;
    let (mut far, _) = server.accept().await.unwrap();
    program.write_all(b"GET / HT").await.unwrap();
    assert_eq!(read_text(&mut far, 8).await, "GET / HT");
    program
        .write_all(b"TP/1.1\r\nHost: denied.test\r\n\r\n")
        .await
        .unwrap();
    assert!(read_head(&mut program).await.starts_with("HTTP/1.1 400"));
    drop(program);
    let mut rest = Vec::new();
    drop(far.read_to_end(&mut rest).await);
    assert!(rest.is_empty());
    task.await.unwrap();
    assert!(world.was_denied(&format!("ok.example.com:{port}"), "came in pieces"));
}
