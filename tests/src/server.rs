//! Servers on loopback for sandboxed programs to reach by a pinned name: plain, counted, and only ever local.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server on a thread of its own, until the test process ends.
#[derive(Clone, Debug)]
pub struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Serves each connection on a thread with `serve`.
    pub fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1:0", serve)
    }

    /// The same at an address of one's own choice.
    pub fn listen(address: &str, serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counter, serve) = (connections.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                let serve = serve.clone();
                std::thread::spawn(move || serve(stream));
            }
        });
        Self { address, connections }
    }

    /// Answers every HTTP request with 200 and this body, and closes.
    pub fn http(body: &'static str) -> Self {
        Self::http_at("127.0.0.1:0", body)
    }

    /// The same at an address of one's own choice.
    pub fn http_at(address: &str, body: &'static str) -> Self {
        Self::listen(address, move |mut stream| {
            read_head(&mut stream);
            let length = body.len();
            drop(write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            ));
        })
    }

    /// Greets first, then echoes.
    pub fn banner(greeting: &'static str) -> Self {
        Self::start(move |mut stream| {
            drop(stream.write_all(greeting.as_bytes()));
            let mut back = stream.try_clone().unwrap();
            drop(std::io::copy(&mut stream, &mut back));
        })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The argument of `--resolve` that leads `host` to this server.
    pub fn pin(&self, host: &str) -> String {
        format!("{host}:{}:127.0.0.1", self.port())
    }
}

/// A port of the host that nothing listens at just now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Reads the head of an HTTP message, with the empty line.
pub fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}
