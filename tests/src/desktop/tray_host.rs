//! A host for tray icons that sees what a panel would draw, and clicks where the test says.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use zbus::proxy::CacheProperties;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Structure, Value};
use zbus::{Connection, Proxy};

use super::{Bus, Entry, REACTION, wait};
use crate::world::{eventually, eventually_or};

/// Its well-known name, and its interface.
pub(super) const NAME: &str = "org.kde.StatusNotifierWatcher";

/// Its object.
pub(super) const PATH: &str = "/StatusNotifierWatcher";

/// A picture: width, height, and bytes.
type Picture = (i32, i32, Vec<u8>);

/// The host, which owns the name on the bus until it is stopped or dropped.
#[derive(Debug)]
pub struct TrayHost {
    connection: Connection,
    items: Items,
}

/// Names of connections that have an icon.
type Items = Arc<Mutex<Vec<String>>>;

impl TrayHost {
    /// Starts one without icons.
    pub fn start(bus: &Bus) -> Self {
        let items = Items::default();
        let connection = wait(async {
            let connection = bus.connect().await;
            let watcher = Watcher(Arc::clone(&items));
            assert!(connection.object_server().at(PATH, watcher).await.unwrap());
            connection.request_name(NAME).await.unwrap();
            connection
        });
        Self { connection, items }
    }

    /// Goes, as a panel that crashes.
    pub fn stop(self) {
        wait(self.connection.close()).unwrap();
    }

    /// How many icons were registered.
    pub fn icons(&self) -> usize {
        self.items().len()
    }

    /// The bytes of the icon's picture, once there is one.
    pub fn picture(&self) -> Vec<u8> {
        let pictures: Vec<Picture> = self.property("IconPixmap");
        let largest = pictures.into_iter().max_by_key(|(width, ..)| *width);
        let (width, height, bytes) = largest.expect("the icon has a picture");
        let expected = usize::try_from(width * height * 4).unwrap();
        assert_eq!(bytes.len(), expected, "{width} x {height}");
        bytes
    }

    /// The title of the text beside the icon.
    pub fn tooltip(&self) -> String {
        let (_icon, _pictures, title, text): (String, Vec<Picture>, String, String) =
            self.property("ToolTip");
        if title.is_empty() { text } else { title }
    }

    /// Waits until the text beside the icon is this.
    pub fn says(&self, tooltip: &str) {
        eventually(&format!("the tray says {tooltip:?}"), || {
            self.icons() != 0 && self.tooltip() == tooltip
        });
    }

    /// The menu as it is now; empty while there is none.
    pub fn menu(&self) -> Entry {
        let read = wait(async {
            let menu = self.menu_proxy().await?;
            // Panels say so before they open it; the app may have nothing to say to that.
            drop(menu.call::<_, _, bool>("AboutToShow", &0_i32).await);
            let all = (0_i32, -1_i32, Vec::<&str>::new());
            menu.call_method("GetLayout", &all).await
        });
        let Ok(reply) = read else { return Entry::default() };
        let body = reply.body();
        let layout: Structure<'_> = body.deserialize().unwrap();
        match layout.fields() {
            [_revision, Value::Structure(root)] => Entry::parse(root),
            other => panic!("no menu: {other:?}"),
        }
    }

    /// Waits until the menu has the entry that these labels lead to.
    pub fn has(&self, labels: &[&str]) -> Entry {
        let mut found = None;
        let looks = || {
            found = self.menu().find(labels).cloned();
            found.is_some()
        };
        eventually_or(looks, || {
            format!("the menu has {labels:?}, but {:#?}", self.menu())
        });
        found.unwrap()
    }

    /// Waits until it has it no more.
    pub fn has_no_more(&self, labels: &[&str]) {
        eventually(&format!("the menu has no {labels:?}"), || {
            self.menu().find(labels).is_none()
        });
    }

    /// A person chooses an entry, once it is there, and the menu has been as it is for as long as a look takes.
    pub fn choose(&self, labels: &[&str]) {
        let mut since = Instant::now();
        let mut seen = Entry::default();
        eventually(&format!("the menu stays as it is with {labels:?}"), || {
            let menu = self.menu();
            if menu != seen {
                (seen, since) = (menu, Instant::now());
            }
            seen.find(labels).is_some() && REACTION <= since.elapsed()
        });
        self.hit(labels);
    }

    /// A person answers a question, once it is there; and again, where the menu changed at that very moment, since the app
    /// takes no answer then.
    pub fn answer(&self, title: &str, answer: &str) {
        self.choose(&[title, answer]);
        let mut since = Instant::now();
        eventually(&format!("{answer:?} answers {title:?}"), || {
            if self.menu().find(&[title, answer]).is_none() {
                return true;
            }
            if REACTION * 2 <= since.elapsed() {
                self.choose(&[title, answer]);
                since = Instant::now();
            }
            false
        });
    }

    /// An entry is hit as soon as it is there.
    pub fn hit(&self, labels: &[&str]) {
        let entry = self.has(labels);
        assert!(entry.is_enabled && entry.below.is_empty(), "{entry:?}");
        wait(async {
            let menu = self.menu_proxy().await.unwrap();
            let clicked = (entry.id, "clicked", Value::from(0_i32), 0_u32);
            menu.call::<_, _, ()>("Event", &clicked).await.unwrap();
        });
    }

    /// Clicks the icon.
    pub fn click(&self) {
        wait(async {
            let item = self.item().await.unwrap();
            item.call::<_, _, ()>("Activate", &(10_i32, 10_i32))
                .await
                .unwrap();
        });
    }

    /// A property of the icon, once there is one.
    fn property<T>(&self, name: &str) -> T
    where
        T: TryFrom<OwnedValue>,
        T::Error: Into<zbus::Error>,
    {
        eventually("there is an icon", || self.icons() != 0);
        wait(async { self.item().await.unwrap().get_property(name).await.unwrap() })
    }

    fn items(&self) -> Vec<String> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The icon that was registered last.
    async fn item(&self) -> zbus::Result<Proxy<'static>> {
        let name = self.items().pop().ok_or(zbus::Error::InterfaceNotFound)?;
        self.proxy(name, "/StatusNotifierItem", "org.kde.StatusNotifierItem")
            .await
    }

    async fn menu_proxy(&self) -> zbus::Result<Proxy<'static>> {
        let item = self.item().await?;
        let path: OwnedObjectPath = item.get_property("Menu").await?;
        let name = item.destination().to_string();
        self.proxy(name, path.as_str(), "com.canonical.dbusmenu").await
    }

    async fn proxy(&self, name: String, path: &str, interface: &'static str) -> zbus::Result<Proxy<'static>> {
        zbus::proxy::Builder::new(&self.connection)
            .destination(name)?
            .path(path.to_owned())?
            .interface(interface)?
            .cache_properties(CacheProperties::No)
            .build()
            .await
    }
}

/// What is on the bus.
struct Watcher(Items);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_value,
    reason = "zbus calls methods only, and hands over what it read"
)]
impl Watcher {
    fn register_status_notifier_item(
        &self,
        #[zbus(header)] header: zbus::message::Header<'_>,
        service: String,
    ) {
        // A path means an object of the one who calls.
        let name = if service.starts_with('/') {
            header.sender().map(ToString::to_string).unwrap_or_default()
        } else {
            service
        };
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        items.push(name);
    }

    fn register_status_notifier_host(&self, service: String) {
        // Who draws the icons is not looked at.
        drop(service);
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}
