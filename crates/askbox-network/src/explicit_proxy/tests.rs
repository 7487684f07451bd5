use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::*;
use crate::Room;
use crate::client_hello::ACCESS_DENIED;
use crate::names::Assigned;
use crate::world::{World, hello, listen, rule};

/// The proxy of a world's session.
struct Proxy {
    place: SocketAddr,
    token: ProxyToken,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    async fn of(world: &World) -> Self {
        let (listener, port) = listen().await;
        let token = ProxyToken::new([7; ProxyToken::BYTES]);
        let share = Room::new(1_000).join().unwrap();
        let serving = serve(listener, Arc::clone(&world.session), share, token.clone());
        Self {
            place: SocketAddr::from(([127, 0, 0, 1], port)),
            token,
            task: tokio::spawn(serving),
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.place).await.unwrap()
    }

    /// A head with the token.
    fn head(&self, lines: &str) -> String {
        let login = STANDARD.encode(self.token.in_url());
        format!("{lines}\r\nProxy-Authorization: Basic {login}\r\n\r\n")
    }

    /// Sends this and reads until the proxy closes.
    async fn say(&self, words: impl AsRef<[u8]>) -> Vec<u8> {
        let mut stream = self.connect().await;
        stream.write_all(words.as_ref()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    /// The status of the answer to this head with the token.
    async fn status(&self, lines: &str) -> u16 {
        status(&self.say(self.head(lines)).await)
    }

    /// A tunnel.
    async fn tunnel(&self, place: &str) -> TcpStream {
        let mut stream = self.connect().await;
        let head = self.head(&format!("CONNECT {place} HTTP/1.1\r\nHost: {place}"));
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 39];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 Connection established\r\n\r\n");
        stream
    }

    /// The messages of SOCKS up to the request.
    fn login(&self) -> Vec<u8> {
        let login = self.token.in_url();
        let (name, password) = login.split_once(':').unwrap();
        let field = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        [&[5, 1, 2, 1][..], &field(name), &field(password)].concat()
    }

    /// What SOCKS answers to this request.
    async fn socks(&self, request: &[u8]) -> (TcpStream, u8) {
        let mut stream = self.connect().await;
        let words = [self.login(), request.to_vec()].concat();
        stream.write_all(&words).await.unwrap();
        let mut answer = [0; 14];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer[..5], [5, 2, 1, 0, 5]);
        assert_eq!(answer[6..], [0, 1, 0, 0, 0, 0, 0, 0]);
        (stream, answer[5])
    }
}

fn status(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer);
    let number = text.split(' ').nth(1).unwrap_or_default();
    number.parse().unwrap_or_else(|_| panic!("no answer: {text}"))
}

fn named(command: u8, name: &str, port: u16) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    [&[5, command, 0, 3, length], name.as_bytes(), &port.to_be_bytes()].concat()
}

async fn echoes(mut stream: TcpStream, server: tokio::net::TcpListener, words: &[u8]) {
    let (mut far, _) = server.accept().await.unwrap();
    stream.write_all(words).await.unwrap();
    let mut heard = vec![0; words.len()];
    far.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, words);
    far.write_all(b"answer").await.unwrap();
    drop(far);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"answer");
}

#[tokio::test]
async fn a_tunnel_carries_what_is_allowed_and_says_no_to_the_rest() {
    let (server, port) = listen().await;
    let world = World::new(
        &rule("allow", "ok.test"),
        &[("ok.test", port), ("denied.test", port)],
    );
    let proxy = Proxy::of(&world).await;
    let denied = format!("CONNECT denied.test:{port} HTTP/1.1\r\nHost: denied.test:{port}");
    let answer = String::from_utf8(proxy.say(proxy.head(&denied)).await).unwrap();
    assert_eq!(status(answer.as_bytes()), 403);
    assert!(answer.contains("\"host\":\"denied.test\""), "{answer}");
    assert!(world.was_denied(&format!("denied.test:{port}"), ""));
    echoes(proxy.tunnel(&format!("ok.test:{port}")).await, server, b"\0hi").await;
}

#[tokio::test]
async fn what_is_sent_with_the_head_of_a_tunnel_reaches_the_server() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let proxy = Proxy::of(&world).await;
    let connect = proxy.head(&format!("CONNECT ok.test:{port} HTTP/1.1"));
    let mut stream = proxy.connect().await;
    stream
        .write_all(&[connect.as_bytes(), b"\0early"].concat())
        .await
        .unwrap();
    let (mut far, _) = server.accept().await.unwrap();
    let mut heard = [0; 6];
    far.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"\0early");
}

#[tokio::test]
async fn a_tunnel_to_one_name_carries_no_other() {
    let (server, port) = listen().await;
    let world = World::new(
        &rule("allow", "cover.test"),
        &[("cover.test", port), ("ok.example.com", port)],
    );
    let proxy = Proxy::of(&world).await;
    let mut stream = proxy.tunnel(&format!("cover.test:{port}")).await;
    stream.write_all(&hello()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, ACCESS_DENIED);
    let (mut far, _) = server.accept().await.unwrap();
    let mut heard = Vec::new();
    // The end or a reset: not a byte of it got there.
    drop(far.read_to_end(&mut heard).await);
    assert_eq!(heard, b"");
    assert!(world.was_denied(&format!("ok.example.com:{port}"), ""));

    let (server, port) = listen().await;
    let both = rule("allow", "cover.test") + &rule("allow", "ok.example.com");
    let world = World::new(&both, &[("cover.test", port)]);
    let proxy = Proxy::of(&world).await;
    let stream = proxy.tunnel(&format!("cover.test:{port}")).await;
    echoes(stream, server, &hello()).await;
}

#[tokio::test]
async fn whoever_has_not_the_token_gets_nothing() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "*"), &[("ok.test", port)]);
    let proxy = Proxy::of(&world).await;
    let connect = format!("CONNECT ok.test:{port} HTTP/1.1\r\nHost: ok.test:{port}");
    let other = STANDARD.encode(ProxyToken::new([8; ProxyToken::BYTES]).in_url());
    for head in [
        format!("{connect}\r\n\r\n"),
        format!("{connect}\r\nProxy-Authorization: Basic {other}\r\n\r\n"),
        format!("GET http://ok.test:{port}/ HTTP/1.1\r\nHost: ok.test:{port}\r\n\r\n"),
    ] {
        let answer = proxy.say(&head).await;
        assert_eq!(status(&answer), 407, "{head}");
        assert!(String::from_utf8_lossy(&answer).contains("proxy-authenticate: Basic"));
    }
    // SOCKS without a method that has one, and with another.
    assert_eq!(proxy.say([5, 1, 0]).await, [5, 0xFF]);
    assert_eq!(
        proxy.say(b"\x05\x01\x02\x01\x06askbox\x05wrong").await,
        [5, 2, 1, 1]
    );
    assert_eq!(world.verdicts(), Vec::<[String; 3]>::new());
    // The allowed twin, after which the server has seen one connection.
    echoes(proxy.tunnel(&format!("ok.test:{port}")).await, server, b"\0hi").await;
}

#[tokio::test]
async fn socks_connects_by_name_to_what_is_allowed() {
    let (server, port) = listen().await;
    let world = World::new(
        &rule("allow", "ok.test"),
        &[("ok.test", port), ("denied.test", port)],
    );
    let proxy = Proxy::of(&world).await;
    let (_, denied) = proxy.socks(&named(1, "denied.test", port)).await;
    assert_eq!(denied, 2);
    assert!(world.was_denied(&format!("denied.test:{port}"), ""));
    for (command, meaning) in [(2, "BIND"), (3, "UDP ASSOCIATE")] {
        let (_, answer) = proxy.socks(&named(command, "ok.test", port)).await;
        assert_eq!(answer, 7, "{meaning}");
    }
    let (stream, answer) = proxy.socks(&named(1, "ok.test", port)).await;
    assert_eq!(answer, 0);
    echoes(stream, server, b"\0hi").await;
}

#[tokio::test]
async fn an_address_that_stands_for_a_name_means_the_name() {
    let (_server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let proxy = Proxy::of(&world).await;
    let name = askbox_policy::HostName::parse("ok.test").unwrap();
    let Assigned::Address(fake) = world.session.names.address_of(&name, Instant::now()) else {
        panic!("no address");
    };
    let request =
        |address: std::net::Ipv4Addr| [&[5, 1, 0, 1][..], &address.octets(), &port.to_be_bytes()].concat();
    let (_, answer) = proxy.socks(&request(fake)).await;
    assert_eq!(answer, 0);
    let nobody = std::net::Ipv4Addr::new(198, 19, 255, 1);
    let (_, answer) = proxy.socks(&request(nobody)).await;
    assert_eq!(answer, 2);
    assert!(world.was_denied(&format!("{nobody}:{port}"), "stands for no name"));
}

#[tokio::test]
async fn addresses_that_no_name_may_lead_to_are_refused() {
    let (_server, port) = listen().await;
    let world = World::new(&rule("allow", "*"), &[]);
    let proxy = Proxy::of(&world).await;
    for host in ["127.0.0.1", "169.254.169.254", "[::1]"] {
        let lines = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}");
        assert_eq!(proxy.status(&lines).await, 403, "{host}");
        assert!(
            world.was_denied(&format!("{host}:{port}"), "forbidden address"),
            "{host}"
        );
    }
}

#[tokio::test]
async fn an_http_request_goes_on_without_the_token_and_alone() {
    let (server, port) = listen().await;
    let world = World::new(
        &rule("allow", "ok.test"),
        &[("ok.test", port), ("denied.test", port)],
    );
    let proxy = Proxy::of(&world).await;
    let get = |host: &str| {
        proxy.head(&format!(
            "GET http://{host}:{port}/a?b HTTP/1.1\r\nHost: {host}:{port}"
        ))
    };
    assert_eq!(status(&proxy.say(get("denied.test")).await), 403);

    // The second request is for another server, and comes too early.
    let words = get("ok.test") + &get("denied.test");
    let serving = async {
        let (mut far, _) = server.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(far.read_u8().await.unwrap());
        }
        far.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi")
            .await
            .unwrap();
        let mut more = Vec::new();
        far.read_to_end(&mut more).await.unwrap();
        assert_eq!(more, b"", "one request on a connection");
        String::from_utf8(head).unwrap()
    };
    let asked = async {
        let mut stream = proxy.connect().await;
        stream.write_all(words.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        // The end may be a reset, since the second request is not read.
        drop(stream.read_to_end(&mut bytes).await);
        String::from_utf8(bytes).unwrap()
    };
    let (head, answer) = tokio::join!(serving, asked);
    assert!(head.starts_with("GET /a?b HTTP/1.1\r\n"), "{head}");
    assert!(!head.to_lowercase().contains("proxy"), "{head}");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert!(answer.ends_with("hi"), "{answer}");
}

#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_reaches_nobody() {
    let (server, port) = listen().await;
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let proxy = Proxy::of(&world).await;
    let to = format!("http://ok.test:{port}/ HTTP/1.1\r\nHost: ok.test:{port}");
    for lines in [
        format!("POST {to}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked"),
        format!("POST {to}\r\nContent-Length: 3\r\nContent-Length: 30"),
        format!("GET {to}\r\nHost: evil.test"),
        format!("CONNECT ok.test:{port} HTTP/1.1\r\nHost: ok.test:{port}\r\nContent-Length: 30"),
        format!("CONNECT ok.test:{port} HTTP/1.1\r\nHost: evil.test:{port}"),
        format!("GET / HTTP/1.1\r\nHost: ok.test:{port}"),
        format!("GET {to}\nX: y"),
    ] {
        assert_eq!(proxy.status(&lines).await, 400, "{lines}");
    }
    let own = proxy.place.to_string();
    assert!(
        world.was_denied(&own, "two Host headers"),
        "{:?}",
        world.verdicts()
    );
    // Its twin, which is the first that the server hears of.
    let asked = proxy.say(proxy.head(&format!("GET {to}")));
    let serving = async {
        let (mut far, _) = server.accept().await.unwrap();
        far.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        let mut head = Vec::new();
        far.read_to_end(&mut head).await.unwrap();
    };
    let (answer, ()) = tokio::join!(asked, serving);
    assert_eq!(status(&answer), 204);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be() {
    let (server, port) = listen().await;
    drop(server);
    let world = World::new(&rule("allow", "ok.test"), &[("ok.test", port)]);
    let proxy = Proxy::of(&world).await;
    let connect = format!("CONNECT ok.test:{port} HTTP/1.1\r\nHost: ok.test:{port}");
    assert_eq!(proxy.status(&connect).await, 502);
    let get = format!("GET http://ok.test:{port}/ HTTP/1.1\r\nHost: ok.test:{port}");
    assert_eq!(proxy.status(&get).await, 502);
    let (_, answer) = proxy.socks(&named(1, "ok.test", port)).await;
    assert_eq!(answer, 5);
}
