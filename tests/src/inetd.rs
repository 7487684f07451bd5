//! Servers that are programs of the host: each connection starts one and is its standard input and output.

use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use crate::server::Server;

impl Server {
    /// Serves each connection with this program, in the environment of the tests.
    pub fn program(words: &[&str]) -> Self {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Self::start(move |stream| {
            let [program, arguments @ ..] = words.as_slice() else {
                return;
            };
            let input = OwnedFd::from(stream.try_clone().unwrap());
            let mut command = Command::new(program);
            command
                .args(arguments)
                .stdin(input)
                .stdout(OwnedFd::from(stream))
                .stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            // It holds the connection until then.
            drop(command);
            drop(child.wait());
        })
    }
}
