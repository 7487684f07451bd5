//! The notification server: what it can do, what it shows of ours, and what it hands back. Decides nothing: what to show
//! comes from the hub, clicks go there.
//!
//! Notifications are made with notify-rust and sent on one connection of our own. Its own wait for a click panics when the
//! bus goes, and takes a click from whoever is on the bus; servers may also send signals to the connection that asked, and to
//! no other (dunst does), so the connection that shows is the one that listens.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use askbox_desktop::board::{Gone, Serial, Server, Slot, Step};
use askbox_desktop::notice::{self, Notice};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use notify_rust::{CloseReason, Hint, Notification, Timeout, Urgency};
use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::time::sleep;
use zbus::fdo::{DBusProxy, NameOwnerChangedStream};
use zbus::zvariant::Value;
use zbus::{Connection, Message};

use crate::hub::News;

/// The well-known name.
const NAME: &str = "org.freedesktop.Notifications";

/// Between tries to reach the bus.
const PAUSE: Duration = Duration::from_secs(2);

/// The interface of <https://specifications.freedesktop.org/notification-spec/latest/>. zbus takes signals of the name's
/// owner only.
#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Notifications {
    fn close_notification(&self, id: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;

    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    fn activation_token(&self, id: u32, activation_token: String) -> zbus::Result<()>;
}

/// Shows and closes what it is told to, for as long as somebody tells it.
pub(crate) async fn serve(mut steps: UnboundedReceiver<Step>, news: Sender<News>) {
    let mut is_said = false;
    loop {
        let why = match Bus::open(&news).await {
            Ok(mut bus) => {
                is_said = false;
                bus.run(&mut steps).await
            }
            Err(error) => End::Bus(error),
        };
        match why {
            End::Unheard => return,
            End::Bus(error) if is_said => tracing::debug!(%error, "the session bus is still away"),
            End::Bus(error) => tracing::warn!(%error, "no notifications: the session bus is away"),
        }
        is_said = true;
        if news.send(News::Server(None)).await.is_err() {
            return;
        }
        sleep(PAUSE).await;
        // Nothing is left of what was to be shown: the hub shows it all once there is a server.
        while steps.try_recv().is_ok() {}
    }
}

/// Why a connection is of no use any more.
enum End {
    /// Nobody tells us anything, or listens.
    Unheard,
    /// The bus is away.
    Bus(zbus::Error),
}

impl From<zbus::Error> for End {
    fn from(error: zbus::Error) -> Self {
        Self::Bus(error)
    }
}

/// A call's end. Servers may take as long as they want: calls wait beside everything else, one for each slot.
enum Done {
    /// What the server of this unique name can do.
    Met(zbus::Result<(Owner, Vec<String>)>),
    /// A notification is shown, or not.
    Shown(Slot, Serial, zbus::Result<(Owner, u32)>),
    /// A notification is closed, or was gone already.
    Closed,
}

/// The unique name of a server: ids of one say nothing to the next.
type Owner = String;

/// What a slot is about.
#[derive(Debug)]
enum Place {
    /// The server shows it.
    Shown(Showing),
    /// It was told to, and has not said the id yet. What came meanwhile waits: the last of it counts.
    Told(Option<Step>),
}

/// One notification at a server.
#[derive(Debug)]
struct Showing {
    /// Whose it is.
    owner: Owner,
    /// The server's number for it.
    id: u32,
    /// Ours.
    serial: Serial,
}

type Call = Pin<Box<dyn Future<Output = Done> + Send>>;

/// One connection to the bus, and what a server shows for it.
struct Bus<'a> {
    proxy: NotificationsProxy<'static>,
    owners: NameOwnerChangedStream,
    invoked: ActionInvokedStream,
    closed: NotificationClosedStream,
    tokens: ActivationTokenStream,
    markup: bool,
    places: BTreeMap<Slot, Place>,
    calls: FuturesUnordered<Call>,
    /// The latest token of a notification: it lets a window come to the front on Wayland.
    token: Option<(u32, String)>,
    news: &'a Sender<News>,
}

impl<'a> Bus<'a> {
    async fn open(news: &'a Sender<News>) -> zbus::Result<Self> {
        let connection = Connection::session().await?;
        let bus = DBusProxy::new(&connection).await?;
        let owners = bus.receive_name_owner_changed_with_args(&[(0, NAME)]).await?;
        let proxy = NotificationsProxy::new(&connection).await?;
        Ok(Self {
            invoked: proxy.receive_action_invoked().await?,
            closed: proxy.receive_notification_closed().await?,
            tokens: proxy.receive_activation_token().await?,
            proxy,
            owners,
            markup: false,
            places: BTreeMap::new(),
            calls: FuturesUnordered::new(),
            token: None,
            news,
        })
    }

    async fn run(&mut self, steps: &mut UnboundedReceiver<Step>) -> End {
        match self.work(steps).await {
            Ok(()) => End::Unheard,
            Err(end) => end,
        }
    }

    async fn work(&mut self, steps: &mut UnboundedReceiver<Step>) -> Result<(), End> {
        self.meet();
        let gone = || {
            End::Bus(zbus::Error::InputOutput(Arc::new(
                io::ErrorKind::BrokenPipe.into(),
            )))
        };
        loop {
            tokio::select! {
                // In this order: what a server says of what it shows comes before what replaces it.
                biased;
                owner = self.owners.next() => {
                    let owner = owner.ok_or_else(gone)?;
                    if owner.args()?.new_owner().is_some() {
                        self.meet();
                    } else {
                        self.tell(News::Server(None)).await?;
                    }
                }
                // Before signals: what was clicked has to be known first.
                Some(done) = self.calls.next() => self.done(done).await?,
                token = self.tokens.next() => {
                    let token = token.ok_or_else(gone)?;
                    let args = token.args()?;
                    self.token = Some((args.id, args.activation_token.clone()));
                }
                invoked = self.invoked.next() => {
                    let invoked = invoked.ok_or_else(gone)?;
                    let args = invoked.args()?;
                    self.clicked(&sender(invoked.message()), args.id, &args.action_key).await?;
                }
                closed = self.closed.next() => {
                    let closed = closed.ok_or_else(gone)?;
                    let args = closed.args()?;
                    self.gone(&sender(closed.message()), args.id, args.reason).await?;
                }
                step = steps.recv() => match step {
                    Some(step) => self.step(step),
                    None => return Ok(()),
                },
            }
        }
    }

    /// Asks the server what it can do; the call starts one that is started on demand.
    fn meet(&self) {
        let proxy = self.proxy.clone();
        self.calls.push(Box::pin(async move {
            let reply = proxy.inner().call_method("GetCapabilities", &()).await;
            Done::Met(reply.and_then(|reply| Ok((sender(&reply), reply.body().deserialize()?))))
        }));
    }

    fn step(&mut self, step: Step) {
        let (Step::Show(slot, ..) | Step::Close(slot)) = &step;
        if let Some(Place::Told(next)) = self.places.get_mut(slot) {
            *next = Some(step);
            return;
        }
        match step {
            Step::Show(slot, serial, notice) => self.show(slot, serial, &notice),
            Step::Close(slot) => {
                if let Some(Place::Shown(showing)) = self.places.remove(&slot) {
                    self.close(showing.id);
                }
            }
        }
    }

    fn show(&mut self, slot: Slot, serial: Serial, notice: &Notice) {
        let notification = made(notice, self.markup);
        let replaced = match self.places.insert(slot.clone(), Place::Told(None)) {
            Some(Place::Shown(showing)) => showing.id,
            Some(Place::Told(_)) | None => 0,
        };
        let proxy = self.proxy.clone();
        self.calls.push(Box::pin(async move {
            Done::Shown(slot, serial, notify(&proxy, &notification, replaced).await)
        }));
    }

    fn close(&self, id: u32) {
        let proxy = self.proxy.clone();
        self.calls.push(Box::pin(async move {
            if let Err(error) = proxy.close_notification(id).await {
                tracing::debug!(%error, "a notification cannot be closed; it is gone already");
            }
            Done::Closed
        }));
    }

    async fn done(&mut self, done: Done) -> Result<(), End> {
        match done {
            Done::Met(Ok((owner, capabilities))) => {
                // What another server showed is gone with it.
                self.places
                    .retain(|_, place| !matches!(place, Place::Shown(showing) if showing.owner != owner));
                let can = |name: &str| capabilities.iter().any(|capability| capability == name);
                self.markup = can("body-markup");
                let server = Server {
                    actions: can("actions"),
                };
                self.tell(News::Server(Some(server))).await
            }
            Done::Met(Err(error)) => {
                tracing::warn!(%error, "no notification server");
                self.tell(News::Server(None)).await
            }
            Done::Shown(slot, serial, result) => {
                let next = match self.places.remove(&slot) {
                    Some(Place::Told(next)) => next,
                    Some(Place::Shown(_)) | None => None,
                };
                match result {
                    Ok((owner, id)) => {
                        let showing = Showing { owner, id, serial };
                        self.places.insert(slot.clone(), Place::Shown(showing));
                        self.tell(News::Shown(slot, serial)).await?;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a notification was not shown");
                        self.tell(News::NotShown(slot, serial)).await?;
                    }
                }
                if let Some(step) = next {
                    self.step(step);
                }
                Ok(())
            }
            Done::Closed => Ok(()),
        }
    }

    /// What this server shows under this id, which it does no more.
    fn take(&mut self, owner: &str, id: u32) -> Option<(Slot, Serial)> {
        let found = self.places.iter().find_map(|(slot, place)| match place {
            Place::Shown(showing) if showing.owner == owner && showing.id == id => {
                Some((slot.clone(), showing.serial))
            }
            Place::Shown(_) | Place::Told(_) => None,
        })?;
        self.places.remove(&found.0);
        Some(found)
    }

    async fn clicked(&mut self, owner: &str, id: u32, key: &str) -> Result<(), End> {
        // Of another program's notification, or of one that we closed.
        let Some((slot, serial)) = self.take(owner, id) else {
            return Ok(());
        };
        let token = self
            .token
            .take()
            .filter(|(of, _)| *of == id)
            .map(|(_, token)| token);
        let key = (key != "default").then(|| key.to_owned());
        // Servers differ in whether a click closes; ours is used up by one.
        self.close(id);
        self.tell(News::Clicked {
            slot,
            serial,
            key,
            token,
        })
        .await
    }

    async fn gone(&mut self, owner: &str, id: u32, reason: u32) -> Result<(), End> {
        let Some((slot, serial)) = self.take(owner, id) else {
            return Ok(());
        };
        let how = match CloseReason::from(reason) {
            CloseReason::Dismissed => Gone::Dismissed,
            // We forget it before we close it, so it was not we who did.
            CloseReason::CloseAction | CloseReason::Expired | CloseReason::Other(_) => Gone::Expired,
        };
        self.tell(News::Gone { slot, serial, how }).await
    }

    async fn tell(&mut self, news: News) -> Result<(), End> {
        self.news.send(news).await.map_err(|_nobody_listens| End::Unheard)
    }
}

/// Tells the server to show a notification, in the place of another; 0 is none. Gives its id, and whose that is.
async fn notify(
    proxy: &NotificationsProxy<'_>,
    notification: &Notification,
    replaced: u32,
) -> zbus::Result<(Owner, u32)> {
    let hints: HashMap<&str, Value<'_>> = notification.hints.iter().map(Into::into).collect();
    let arguments = (
        &notification.appname,
        replaced,
        &notification.icon,
        &notification.summary,
        &notification.body,
        &notification.actions,
        hints,
        i32::from(notification.timeout),
    );
    let reply = proxy.inner().call_method("Notify", &arguments).await?;
    Ok((sender(&reply), reply.body().deserialize()?))
}

/// Who sent a message. The bus itself writes that.
fn sender(message: &Message) -> Owner {
    let header = message.header();
    header.sender().map(ToString::to_string).unwrap_or_default()
}

/// A notice as notify-rust has it.
fn made(notice: &Notice, markup: bool) -> Notification {
    let mut notification = Notification::new();
    let body = notice.body.join("\n");
    notification
        .appname("Askbox")
        .icon("askbox")
        .summary(&notice.summary)
        .body(&if markup { notice::escaped(&body) } else { body })
        .hint(Hint::DesktopEntry("askbox".to_owned()))
        .hint(Hint::Category("askbox.question".to_owned()))
        .hint(Hint::Urgency(if notice.urgent {
            Urgency::Critical
        } else {
            Urgency::Normal
        }))
        .timeout(if notice.urgent {
            Timeout::Never
        } else {
            Timeout::Default
        })
        .action("default", &notice.otherwise.1);
    for (choice, label) in &notice.buttons {
        notification.action(&choice.to_string(), label);
    }
    notification
}
