//! The Secret Service, asked by a process of its own: for a daemon, which must not end with a library's panic, keep a bus
//! connection that has died, or hold a thread that hangs. And what that process does.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::error::Unavailable;
use crate::keyring::{Answer, Keyring, Order};
use crate::service::Service;

/// This very program, though it may have been replaced meanwhile (proc(5)).
const SELF: &str = "/proc/self/exe";

/// Longer than the process lets the service take, so that this ends only one that itself hangs.
const WAIT: Duration = Duration::from_secs(80);

/// Most bytes of an order or an answer: a secret is a password or a key.
const MESSAGE_BYTES: u64 = 64 * 1024;

/// This program again, with an argument that makes it [`serve`].
#[derive(Clone, Copy, Debug)]
pub struct Helper {
    argument: &'static str,
}

impl Helper {
    /// With this argument.
    pub fn new(argument: &'static str) -> Self {
        Self { argument }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this very program, which begins in / and gets no argument from a project"
    )]
    fn start(&self) -> io::Result<Child> {
        Command::new(SELF)
            .arg0("askbox")
            .arg(self.argument)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
    }
}

impl Keyring for Helper {
    fn carry_out(&self, order: &Order) -> Answer {
        let failed = |error: &dyn std::error::Error| Unavailable::NotAsked(error.to_string());
        let order = serde_json::to_vec(order).map_err(|error| failed(&error))?;
        let mut child = self.start().map_err(|error| failed(&error))?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Unavailable::NotAsked("it has no pipes".to_owned()));
        };
        let (answer, heard) = mpsc::channel();
        // Ends with the child.
        let listening = thread::Builder::new().name("keyring".to_owned()).spawn(move || {
            let mut text = Vec::new();
            let read = stdin.write_all(&order).and_then(|()| {
                drop(stdin);
                stdout.take(MESSAGE_BYTES).read_to_end(&mut text)
            });
            drop(answer.send(read.map(|_length| text)));
        });
        let heard = listening.map_err(|error| failed(&error)).and_then(|_thread| {
            heard.recv_timeout(WAIT).map_err(|_silent| Unavailable::Silent {
                seconds: WAIT.as_secs(),
            })
        });
        // It has ended, or hangs.
        drop(child.kill());
        drop(child.wait());
        let text = heard?.map_err(|error| failed(&error))?;
        serde_json::from_slice::<Answer>(&text).map_err(|error| failed(&error))?
    }
}

/// The process itself: one order from standard input, its answer to standard output.
pub fn serve(input: impl Read, mut output: impl Write) -> io::Result<()> {
    let order: Order = serde_json::from_reader(input.take(MESSAGE_BYTES))?;
    let answer: Answer = Service.carry_out(&order);
    serde_json::to_writer(&mut output, &answer)?;
    output.flush()
}
