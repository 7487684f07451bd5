//! A DNS server for a machine of a test's own: answers what the test says, and remembers what was asked.

use std::net::{IpAddr, UdpSocket};
use std::sync::{Arc, Mutex};

/// The bytes of a message's header (RFC 1035, section 4.1.1).
const HEADER: usize = 12;

/// On a thread of its own, until the test process ends.
#[derive(Clone, Debug)]
pub struct NameServer {
    asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    /// Answers with the addresses that `answer` has for a name and the how-manieth address query for it this is, from 0; a
    /// name without any does not exist.
    pub fn start(answer: impl Fn(&str, usize) -> Vec<IpAddr> + Send + 'static) -> Self {
        let socket = UdpSocket::bind(crate::machine::NAME_SERVER).unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let query = &buffer[..length];
                let (name, kind, end) = question(query);
                let mut log = log.lock().unwrap();
                let before = log.iter().filter(|entry| **entry == name).count();
                // One look-up asks for both families; counted once.
                let is_v4 = kind == 1;
                let addresses = answer(&name, before - usize::from(!is_v4 && before > 0));
                if is_v4 {
                    log.push(name);
                }
                drop(log);
                drop(socket.send_to(&reply(query, end, kind, &addresses), from));
            }
        });
        Self { asked }
    }

    /// How often a name's address was asked for.
    pub fn asked(&self, name: &str) -> usize {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|entry| *entry == name)
            .count()
    }

    /// Every name whose address was asked for, in order.
    pub fn all(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The name in lower case, the type, and where the question ends.
fn question(query: &[u8]) -> (String, u16, usize) {
    let mut at = HEADER;
    let mut labels = Vec::new();
    while query[at] != 0 {
        let length = usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..=at + length]).to_lowercase());
        at += 1 + length;
    }
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    (labels.join("."), kind, at + 5)
}

fn reply(query: &[u8], end: usize, kind: u16, addresses: &[IpAddr]) -> Vec<u8> {
    let records: Vec<Vec<u8>> = addresses
        .iter()
        .filter_map(|address| match (address, kind) {
            (IpAddr::V4(address), 1) => Some(address.octets().to_vec()),
            (IpAddr::V6(address), 28) => Some(address.octets().to_vec()),
            _ => None,
        })
        .collect();
    let code = if addresses.is_empty() { 3 } else { 0 };
    let count = u8::try_from(records.len()).unwrap();
    let mut reply = query[..2].to_vec();
    reply.extend([0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
    reply.extend(&query[HEADER..end]);
    for data in records {
        let length = u8::try_from(data.len()).unwrap();
        let kind = u8::try_from(kind).unwrap();
        // The name of the question, class IN, 0 seconds to live.
        reply.extend([0xc0, 0x0c, 0, kind, 0, 1, 0, 0, 0, 0, 0, length]);
        reply.extend(data);
    }
    reply
}
