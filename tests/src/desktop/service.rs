//! A service of the session bus, which repeats what it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use zbus::Connection;

use super::{Bus, wait};

/// The service. It has a name on the bus until it is dropped.
#[derive(Debug)]
pub struct Service {
    connection: Connection,
    calls: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Say(Arc<AtomicUsize>);

#[zbus::interface(name = "org.example.Say")]
impl Say {
    fn say(&self, what: &str) -> String {
        self.0.fetch_add(1, Ordering::SeqCst);
        format!("the bus says {what}")
    }
}

impl Service {
    /// The object that repeats.
    const PATH: &'static str = "/say";

    /// One that goes by this name.
    pub fn start(bus: &Bus, name: &str) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let say = Say(Arc::clone(&calls));
        let connection = wait(async {
            let connection = bus.connect().await;
            assert!(connection.object_server().at(Self::PATH, say).await.unwrap());
            connection.request_name(name).await.unwrap();
            connection
        });
        Self { connection, calls }
    }

    /// A script that has it say hello, by the name that it goes by or by any other.
    pub fn call(name: &str) -> String {
        format!(
            "dbus-send --session --print-reply=literal --dest={name} /say org.example.Say.Say string:hello"
        )
    }

    /// What that script prints.
    pub const HEARD: &'static str = "   the bus says hello";

    /// The name that the bus gave it.
    pub fn unique_name(&self) -> String {
        self.connection.unique_name().unwrap().to_string()
    }

    /// How often somebody called it.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}
