//! A settings portal that says whether the desktop is dark or light.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, fdo};

use super::{Bus, wait};

const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const INTERFACE: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

/// What the desktop's person prefers, as the portal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Nothing: panels can be either.
    Any = 0,
    /// Dark.
    Dark = 1,
    /// Light.
    Light = 2,
}

/// The portal, which is on the bus until it is dropped.
#[derive(Debug)]
pub struct Portal {
    connection: Connection,
    scheme: Arc<AtomicU32>,
}

#[derive(Debug)]
struct Settings(Arc<AtomicU32>);

#[zbus::interface(name = "org.freedesktop.portal.Settings")]
impl Settings {
    fn read_one(&self, namespace: &str, key: &str) -> fdo::Result<OwnedValue> {
        if (namespace, key) != (NAMESPACE, KEY) {
            return Err(fdo::Error::Failed(format!("no setting {namespace} {key}")));
        }
        Ok(OwnedValue::from(self.0.load(Ordering::SeqCst)))
    }
}

impl Portal {
    /// One that says this.
    pub fn start(bus: &Bus, scheme: Scheme) -> Self {
        let scheme = Arc::new(AtomicU32::new(scheme as u32));
        let settings = Settings(Arc::clone(&scheme));
        let connection = wait(async {
            let connection = bus.connect().await;
            let server = connection.object_server();
            assert!(server.at(PATH, settings).await.unwrap());
            connection.request_name(NAME).await.unwrap();
            connection
        });
        Self { connection, scheme }
    }

    /// Says something else from now on.
    pub fn change(&self, scheme: Scheme) {
        self.scheme.store(scheme as u32, Ordering::SeqCst);
        let value = Value::from(scheme as u32);
        let change = (NAMESPACE, KEY, value);
        let told = self
            .connection
            .emit_signal(None::<&str>, PATH, INTERFACE, "SettingChanged", &change);
        wait(told).unwrap();
    }
}
