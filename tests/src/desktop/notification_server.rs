//! A notification server that does what the test says, in the manner of one that people have.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use zbus::message::Header;
use zbus::zvariant::{DynamicType, OwnedValue};
use zbus::{Connection, fdo};

use super::profile::BodyClick;
use super::{Bus, Notification, Profile, wait};
use crate::world::{eventually, eventually_or};

/// Its well-known name, and its interface.
pub(super) const NAME: &str = "org.freedesktop.Notifications";

/// Its object.
pub(super) const PATH: &str = "/org/freedesktop/Notifications";

/// Why a notification went away, as the specification counts.
mod reason {
    pub(super) const EXPIRED: u32 = 1;
    pub(super) const DISMISSED: u32 = 2;
    pub(super) const CLOSED: u32 = 3;
}

/// What an app asked of the server.
#[derive(Clone, Debug)]
pub enum Call {
    /// What it can do: an app that begins to use it asks so.
    Capabilities,
    /// To show something.
    Notify(Box<Notification>),
    /// To close the one with this number.
    Close(u32),
}

/// The server, which owns the name on the bus until it is stopped or dropped.
#[derive(Debug)]
pub struct NotificationServer {
    connection: Connection,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    profile: Profile,
    state: Mutex<State>,
    hangs: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    last_id: u32,
    shown: BTreeMap<u32, Notification>,
    /// When the app had them closed, by their numbers.
    closed: BTreeMap<u32, Instant>,
    calls: Vec<Call>,
    refused: usize,
}

impl NotificationServer {
    /// Starts one, whose numbers begin anew.
    pub fn start(bus: &Bus, profile: Profile) -> Self {
        let shared = Arc::new(Shared {
            profile,
            state: Mutex::default(),
            hangs: watch::Sender::new(false),
        });
        let connection = wait(async {
            let connection = bus.connect().await;
            let service = Service(Arc::clone(&shared));
            assert!(connection.object_server().at(PATH, service).await.unwrap());
            connection.request_name(NAME).await.unwrap();
            connection
        });
        Self { connection, shared }
    }

    /// Dies: the name is free, what it showed is gone, and nobody is told.
    pub fn stop(self) {
        wait(self.connection.close()).unwrap();
    }

    /// Responds to nothing from now on.
    pub fn hang(&self) {
        self.shared.hangs.send_replace(true);
    }

    /// Responds again, to what has waited too.
    pub fn recover(&self) {
        self.shared.hangs.send_replace(false);
    }

    /// Waits until an app has asked what it can do.
    pub fn meets_the_app(&self) {
        eventually("the app knows the server", || {
            let calls = self.calls();
            calls.iter().any(|call| matches!(call, Call::Capabilities))
        });
    }

    /// Everything that was asked of it, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// Everything that it was told to show, in order.
    pub fn history(&self) -> Vec<Notification> {
        let calls = self.calls().into_iter();
        calls
            .filter_map(|call| match call {
                Call::Notify(notification) => Some(*notification),
                Call::Capabilities | Call::Close(_) => None,
            })
            .collect()
    }

    /// How often it refused to repeat itself.
    pub fn refused(&self) -> usize {
        self.shared.state().refused
    }

    /// What can be seen now, oldest first.
    pub fn shown(&self) -> Vec<Notification> {
        self.shared.state().shown.values().cloned().collect()
    }

    /// Waits until one with this text can be seen.
    pub fn shows(&self, text: &str) -> Notification {
        self.shows_one(&format!("a notification says {text:?}"), |one| {
            one.summary.contains(text) || one.body.contains(text)
        })
    }

    /// Waits until one like this can be seen.
    pub fn shows_one(&self, what: &str, is_it: impl Fn(&Notification) -> bool) -> Notification {
        let mut found = None;
        let looks = || {
            found = self.shown().into_iter().find(&is_it);
            found.is_some()
        };
        eventually_or(looks, || format!("{what}, but {:#?}", self.shown()));
        found.unwrap()
    }

    /// Waits until nothing with this text can be seen any more.
    pub fn shows_no_more(&self, text: &str) {
        eventually(&format!("no notification says {text:?}"), || {
            let mut shown = self.shown().into_iter();
            shown.all(|one| !one.summary.contains(text) && !one.body.contains(text))
        });
    }

    /// Waits until the app has it closed, and says when it did.
    pub fn closed(&self, notification: &Notification) -> Instant {
        let mut closed = None;
        eventually("the app closes the notification", || {
            closed = self.shared.state().closed.get(&notification.id).copied();
            closed.is_some()
        });
        closed.unwrap()
    }

    /// The labels of the buttons that can be seen on it.
    pub fn buttons(&self, notification: &Notification) -> Vec<String> {
        let labels = notification.labels().into_iter().map(str::to_owned);
        labels.take(self.shared.profile.buttons()).collect()
    }

    /// A person presses a button, after a look at it.
    pub fn press(&self, notification: &Notification, label: &str) {
        let buttons = self.buttons(notification);
        assert!(
            buttons.iter().any(|button| button == label),
            "no button {label:?} to be seen among {buttons:?}"
        );
        self.choose(notification, label);
    }

    /// A person chooses an action, by a button or by a menu of the server's own.
    pub fn choose(&self, notification: &Notification, label: &str) {
        after_a_look(notification);
        self.invoke(notification, notification.key(label));
    }

    /// A button is hit as soon as it is there.
    pub fn hit(&self, notification: &Notification, label: &str) {
        self.invoke(notification, notification.key(label));
    }

    /// A person clicks beside the buttons, after a look.
    pub fn click_body(&self, notification: &Notification) {
        after_a_look(notification);
        match self.shared.profile.body_click(notification.has_default()) {
            BodyClick::Default => self.invoke(notification, "default"),
            BodyClick::Dismisses => self.dismiss(notification),
            BodyClick::ClearsAll => self.sweep(),
        }
    }

    /// A person closes it.
    pub fn dismiss(&self, notification: &Notification) {
        self.take_away(notification.id, reason::DISMISSED);
    }

    /// Its time is over.
    pub fn expire(&self, notification: &Notification) {
        self.take_away(notification.id, reason::EXPIRED);
    }

    /// A person clears everything away.
    pub fn sweep(&self) {
        for notification in self.shown() {
            self.dismiss(&notification);
        }
    }

    fn invoke(&self, notification: &Notification, key: &str) {
        let id = notification.id;
        wait(async {
            if self.shared.profile.gives_tokens() {
                let token = format!("token-of-{id}");
                self.shared
                    .tell(&self.connection, notification, "ActivationToken", &(id, token))
                    .await;
            }
            self.shared
                .tell(&self.connection, notification, "ActionInvoked", &(id, key))
                .await;
        });
        self.take_away(id, reason::DISMISSED);
    }

    fn take_away(&self, id: u32, reason: u32) {
        wait(self.shared.take_away(&self.connection, id, reason));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets one and says so, unless it is gone already.
    async fn take_away(&self, connection: &Connection, id: u32, reason: u32) {
        let taken = self.state().shown.remove(&id);
        if let Some(notification) = taken {
            let said = (id, reason);
            self.tell(connection, &notification, "NotificationClosed", &said)
                .await;
        }
    }

    async fn tell<B>(&self, connection: &Connection, about: &Notification, signal: &str, said: &B)
    where
        B: serde::Serialize + DynamicType + Sync,
    {
        let only = self.profile.tells_only_who_asked();
        let destination = only.then_some(about.sender.as_str());
        let sent = connection.emit_signal(destination, PATH, NAME, signal, said);
        sent.await.unwrap();
    }

    async fn responds(&self) {
        let mut hangs = self.hangs.subscribe();
        // The sender lives as long as this does.
        drop(hangs.wait_for(|hangs| !*hangs).await);
    }
}

fn after_a_look(notification: &Notification) {
    std::thread::sleep(super::REACTION.saturating_sub(notification.at.elapsed()));
}

/// What is on the bus.
struct Service(Arc<Shared>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    async fn notify(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
        app_name: String,
        replaces_id: u32,
        app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        expire_timeout: i32,
    ) -> fdo::Result<u32> {
        self.0.responds().await;
        let (actions, _) = actions.as_chunks::<2>();
        let mut notification = Notification {
            id: replaces_id,
            replaces: replaces_id,
            at: Instant::now(),
            sender: header.sender().map(ToString::to_string).unwrap_or_default(),
            app: app_name,
            icon: app_icon,
            expires_after: expire_timeout,
            summary,
            body,
            actions: actions
                .iter()
                .map(|[key, label]| (key.clone(), label.clone()))
                .collect(),
            hints: hints
                .into_iter()
                .map(|(name, value)| (name, text(&value)))
                .collect(),
        };
        let evicted = {
            let mut state = self.0.state();
            if self.0.profile.refuses_repetition() && state.repeats_the_last(&notification) {
                state.refused += 1;
                return Err(fdo::Error::Failed(
                    "Created too many similar notifications in quick succession".to_owned(),
                ));
            }
            state.show(&mut notification, self.0.profile.most())
        };
        if let Some(oldest) = evicted {
            self.0.take_away(connection, oldest, reason::EXPIRED).await;
        }
        Ok(notification.id)
    }

    async fn close_notification(&self, #[zbus(connection)] connection: &Connection, id: u32) {
        self.0.responds().await;
        {
            let mut state = self.0.state();
            state.calls.push(Call::Close(id));
            state.closed.insert(id, Instant::now());
        }
        self.0.take_away(connection, id, reason::CLOSED).await;
    }

    async fn get_capabilities(&self) -> Vec<String> {
        self.0.responds().await;
        self.0.state().calls.push(Call::Capabilities);
        let names = self.0.profile.capabilities().iter();
        names.map(|name| (*name).to_owned()).collect()
    }

    async fn get_server_information(&self) -> (String, String, String, String) {
        self.0.responds().await;
        let name = format!("{:?}", self.0.profile);
        (name, "askbox.test".to_owned(), "1".to_owned(), "1.2".to_owned())
    }
}

impl State {
    fn repeats_the_last(&self, notification: &Notification) -> bool {
        let mut calls = self.calls.iter().rev();
        let last = calls.find_map(|call| match call {
            Call::Notify(last) => Some(last),
            Call::Capabilities | Call::Close(_) => None,
        });
        last.is_some_and(|last| {
            last.repeats(notification) && notification.at - last.at < Duration::from_secs(1)
        })
    }

    /// Shows it under a number, and says which one has to go for it.
    fn show(&mut self, notification: &mut Notification, most: usize) -> Option<u32> {
        if notification.id == 0 {
            self.last_id += 1;
            notification.id = self.last_id;
        }
        self.calls.push(Call::Notify(Box::new(notification.clone())));
        self.shown.insert(notification.id, notification.clone());
        let is_too_many = most < self.shown.len();
        self.shown.keys().next().copied().filter(|_| is_too_many)
    }
}

/// A hint as text, without its type.
fn text(value: &OwnedValue) -> String {
    let plain = |text: &str| text.trim_matches('"').to_owned();
    match <&str>::try_from(value) {
        Ok(text) => plain(text),
        Err(_no_text) => match u8::try_from(value) {
            Ok(number) => number.to_string(),
            Err(_no_number) => plain(&value.to_string()),
        },
    }
}
