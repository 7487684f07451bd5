//! A program for people who do not see the screen: it reads the tree that apps offer over AT-SPI.

use zbus::Connection;
use zbus::proxy::CacheProperties;
use zbus::zvariant::OwnedObjectPath;

use super::{Bus, Desktop, wait};
use crate::eventually;
use crate::world::eventually_or;

/// Where Debian has what runs the bus of assistive technology.
const LAUNCHER: &str = "/usr/libexec/at-spi-bus-launcher";

/// The name of what runs it, on the session bus.
const LAUNCHED: &str = "org.a11y.Bus";

/// Every object's interface.
const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";

/// The interface of objects that something can be done with.
const ACTION: &str = "org.a11y.atspi.Action";

/// Roles of what a person can use, by their numbers: `WebKit` gives no names for them.
const CONTROLS: &[(u32, &str)] = &[
    (7, "check box"),
    (11, "combo box"),
    (35, "menu item"),
    (43, "push button"),
    (44, "radio button"),
    (51, "slider"),
    (52, "spin button"),
    (62, "toggle button"),
    (79, "entry"),
    (88, "link"),
    (98, "list box"),
];

/// Something that can be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Control {
    /// What it is.
    pub role: &'static str,
    /// What it is called.
    pub name: String,
}

impl Control {
    /// Whether this is its name, but for what changes by the second and what is no letter.
    pub fn is_called(&self, name: &str) -> bool {
        letters(&self.name) == letters(name)
    }

    /// Whether its name begins so: `WebKit` adds what is in a field to the name of the field.
    pub fn begins_with(&self, name: &str) -> bool {
        letters(&self.name).starts_with(&letters(name))
    }
}

fn letters(name: &str) -> String {
    name.chars()
        .filter(|character| character.is_alphabetic())
        .collect()
}

/// Where an object is: the connection that has it, and its path.
type Place = (String, OwnedObjectPath);

/// The reader.
#[derive(Debug)]
pub struct Assistive {
    connection: Connection,
}

impl Desktop {
    /// Starts assistive technology. Apps that are started after this are read.
    pub fn assist(&mut self) -> Assistive {
        self.run(LAUNCHER, &["--launch-immediately"]);
        self.is_assisted = true;
        eventually("assistive technology is there", || self.bus().has(LAUNCHED));
        Assistive::new(self.bus())
    }
}

impl Assistive {
    fn new(bus: &Bus) -> Self {
        let connection = wait(async {
            let session = bus.connect().await;
            let launcher = proxy(&session, LAUNCHED, "/org/a11y/bus", LAUNCHED)
                .await
                .unwrap();
            let address: String = launcher.call("GetAddress", &()).await.unwrap();
            let builder = zbus::connection::Builder::address(address.as_str()).unwrap();
            builder.build().await.unwrap()
        });
        Self { connection }
    }

    /// What can be used in the window with this title; nothing while there is none.
    pub fn controls(&self, title: &str) -> Vec<Control> {
        // What goes while it is read is an error, and is read again.
        let found = wait(self.below(title)).unwrap_or_default();
        found.into_iter().map(|(control, _)| control).collect()
    }

    /// Does with a control of that window what it offers to be done first: presses it, checks it.
    pub fn act(&self, title: &str, name: &str) {
        let act = || {
            let found = wait(self.below(title)).unwrap_or_default();
            let found = found.into_iter().find(|(control, _)| control.is_called(name));
            found.is_some_and(|(_, object)| wait(self.first_action(&object)).unwrap_or(false))
        };
        eventually_or(act, || {
            format!(
                "{name:?} of {title} is acted on, among {:#?}",
                self.controls(title)
            )
        });
    }

    async fn first_action(&self, (name, path): &Place) -> zbus::Result<bool> {
        let object = proxy(&self.connection, name, path.as_str(), ACTION).await?;
        object.call("DoAction", &(0_i32,)).await
    }

    async fn below(&self, title: &str) -> zbus::Result<Vec<(Control, Place)>> {
        let root = (
            "org.a11y.atspi.Registry".to_owned(),
            OwnedObjectPath::try_from("/org/a11y/atspi/accessible/root")?,
        );
        let mut controls = Vec::new();
        for app in self.children(&root).await? {
            for window in self.children(&app).await? {
                if self.name(&window).await? == title {
                    self.read(window, &mut controls).await?;
                }
            }
        }
        Ok(controls)
    }

    /// Reads everything below an object, depth first.
    async fn read(&self, object: Place, controls: &mut Vec<(Control, Place)>) -> zbus::Result<()> {
        let mut left = vec![object];
        while let Some(object) = left.pop() {
            if let Some(role) = self.role(&object).await? {
                let name = self.name(&object).await?;
                controls.push((Control { role, name }, object.clone()));
            }
            left.extend(self.children(&object).await?.into_iter().rev());
        }
        Ok(())
    }

    async fn children(&self, (name, path): &Place) -> zbus::Result<Vec<Place>> {
        let object = proxy(&self.connection, name, path.as_str(), ACCESSIBLE).await?;
        let count: i32 = object.get_property("ChildCount").await?;
        let mut children = Vec::new();
        // GTK does not list the page, which another process has, and gives it to who asks for it.
        for index in 0..count {
            children.push(object.call("GetChildAtIndex", &(index,)).await?);
        }
        Ok(children)
    }

    async fn name(&self, (name, path): &Place) -> zbus::Result<String> {
        let object = proxy(&self.connection, name, path.as_str(), ACCESSIBLE).await?;
        let name: String = object.get_property("Name").await?;
        Ok(name.replace(['\u{2068}', '\u{2069}'], ""))
    }

    /// The role of what can be used.
    async fn role(&self, (name, path): &Place) -> zbus::Result<Option<&'static str>> {
        let object = proxy(&self.connection, name, path.as_str(), ACCESSIBLE).await?;
        let number: u32 = object.call("GetRole", &()).await?;
        Ok(CONTROLS
            .iter()
            .find(|(known, _)| *known == number)
            .map(|(_, role)| *role))
    }
}

async fn proxy<'a>(
    connection: &Connection,
    name: &'a str,
    path: &'a str,
    interface: &'static str,
) -> zbus::Result<zbus::Proxy<'a>> {
    zbus::proxy::Builder::new(connection)
        .destination(name)?
        .path(path)?
        .interface(interface)?
        .cache_properties(CacheProperties::No)
        .build()
        .await
}
