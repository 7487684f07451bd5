//! An HTTP proxy for CONNECT on the loopback: it tells what it was asked for, and connects to where the test says.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use crate::server::{Server, read_head};

/// What a proxy answers to one place.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It connects there.
    Connect(SocketAddr),
    /// It says this, such as `403 Forbidden`.
    Say(&'static str),
}

/// One request of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where to.
    pub place: String,
    /// `Proxy-Authorization`.
    pub authorization: Option<String>,
}

/// On threads of its own, until the test process ends.
#[derive(Clone, Debug)]
pub struct Proxy {
    server: Server,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Proxy {
    /// Answers each request as `answer` says.
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        let server = Server::start(move |client| serve(client, &log, &answer));
        Self { server, asked }
    }

    /// Connects wherever it is asked to.
    pub fn open() -> Self {
        Self::start(|asked| {
            let place = asked.place.parse();
            place.map_or(Answer::Say("502 Bad Gateway"), Answer::Connect)
        })
    }

    /// Its address as a setting has it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// Everything that it was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Where to, everything in order.
    pub fn places(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.place).collect()
    }
}

fn serve(mut client: TcpStream, log: &Mutex<Vec<Asked>>, answer: &impl Fn(&Asked) -> Answer) {
    let head = read_head(&mut client);
    let Some(place) = head
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next())
    else {
        drop(client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n"));
        return;
    };
    let authorization = head
        .lines()
        .find_map(|line| line.strip_prefix("Proxy-Authorization: "));
    let asked = Asked {
        place: place.to_owned(),
        authorization: authorization.map(str::to_owned),
    };
    log.lock().unwrap().push(asked.clone());
    let server = match answer(&asked) {
        Answer::Say(status) => {
            drop(write!(client, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
            return;
        }
        Answer::Connect(address) => TcpStream::connect(address),
    };
    let Ok(mut server) = server else {
        drop(client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"));
        return;
    };
    drop(client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n"));
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || {
        drop(std::io::copy(&mut from_client, &mut to_server));
        drop(to_server.shutdown(std::net::Shutdown::Write));
    });
    drop(std::io::copy(&mut server, &mut client));
    drop(client.shutdown(std::net::Shutdown::Write));
}
