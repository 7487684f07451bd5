//! The notification server: what it can do, what it shows of ours, and what it hands back. Decides nothing: what to show
//! comes from the hub, clicks go there.
//!
//! Notifications are made with notify-rust and sent on one connection of our own. Its own wait for a click panics when the
//! bus goes, and takes a click from whoever is on the bus; servers may also send signals to the connection that asked, and to
//! no other (dunst does), so the connection that shows is the one that listens.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use askbox_desktop::board::{Gone, Server, Slot, Step};
use askbox_desktop::notice::{self, Notice};
use futures_util::StreamExt;
use notify_rust::{CloseReason, Hint, Notification, Timeout, Urgency};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::{sleep, timeout};
use zbus::Connection;
use zbus::fdo::{DBusProxy, NameOwnerChangedStream};
use zbus::zvariant::Value;

use crate::hub::News;

/// The well-known name.
const NAME: &str = "org.freedesktop.Notifications";

/// How long a server may take for one call. One that hangs must not keep the others waiting for ever.
const PATIENCE: Duration = Duration::from_secs(5);

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
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;

    fn close_notification(&self, id: u32) -> zbus::Result<()>;

    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;

    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    fn activation_token(&self, id: u32, activation_token: String) -> zbus::Result<()>;
}

/// Shows and closes what it is told to, for as long as somebody tells it.
pub(crate) async fn serve(mut steps: Receiver<Step>, news: Sender<News>) {
    loop {
        let why = match Desk::open(&news).await {
            Ok(mut desk) => desk.run(&mut steps).await,
            Err(error) => End::Bus(error),
        };
        match why {
            End::Unheard => return,
            End::Bus(error) => tracing::warn!(%error, "no notifications: the session bus is away"),
        }
        if news.send(News::Server(None)).await.is_err() {
            return;
        }
        // What cannot be shown now is shown when a server is there: the hub is told of one.
        let pause = sleep(PAUSE);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                step = steps.recv() => match step {
                    Some(_) => {}
                    None => return,
                },
            }
        }
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

/// One connection to the bus, and what a server shows for it.
struct Desk<'a> {
    proxy: NotificationsProxy<'static>,
    owners: NameOwnerChangedStream,
    invoked: ActionInvokedStream,
    closed: NotificationClosedStream,
    tokens: ActivationTokenStream,
    markup: bool,
    shown: BTreeMap<Slot, u32>,
    /// The latest token of a notification: it lets a window come to the front on Wayland.
    token: Option<(u32, String)>,
    news: &'a Sender<News>,
}

impl<'a> Desk<'a> {
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
            shown: BTreeMap::new(),
            token: None,
            news,
        })
    }

    async fn run(&mut self, steps: &mut Receiver<Step>) -> End {
        match self.work(steps).await {
            Ok(()) => End::Unheard,
            Err(end) => end,
        }
    }

    async fn work(&mut self, steps: &mut Receiver<Step>) -> Result<(), End> {
        self.meet().await?;
        let gone = || {
            End::Bus(zbus::Error::InputOutput(std::sync::Arc::new(
                std::io::ErrorKind::BrokenPipe.into(),
            )))
        };
        loop {
            tokio::select! {
                // In this order: what a server says of what it shows comes before what replaces it.
                biased;
                owner = self.owners.next() => {
                    let owner = owner.ok_or_else(gone)?;
                    if owner.args()?.new_owner().is_some() {
                        self.meet().await?;
                    } else {
                        self.shown.clear();
                        self.tell(News::Server(None)).await?;
                    }
                }
                token = self.tokens.next() => {
                    let token = token.ok_or_else(gone)?;
                    let args = token.args()?;
                    self.token = Some((args.id, args.activation_token.clone()));
                }
                invoked = self.invoked.next() => {
                    let invoked = invoked.ok_or_else(gone)?;
                    let args = invoked.args()?;
                    self.clicked(args.id, &args.action_key).await?;
                }
                closed = self.closed.next() => {
                    let closed = closed.ok_or_else(gone)?;
                    let args = closed.args()?;
                    self.gone(args.id, args.reason).await?;
                }
                step = steps.recv() => match step {
                    Some(Step::Show(slot, notice)) => self.show(slot, &notice).await?,
                    Some(Step::Close(slot)) => self.close(&slot).await,
                    None => return Ok(()),
                },
            }
        }
    }

    /// Asks the server what it can do; the question starts one that is started on demand.
    async fn meet(&mut self) -> Result<(), End> {
        self.shown.clear();
        let server = match timeout(PATIENCE, self.proxy.get_capabilities()).await {
            Ok(Ok(capabilities)) => {
                let can = |name: &str| capabilities.iter().any(|capability| capability == name);
                self.markup = can("body-markup");
                Some(Server {
                    actions: can("actions"),
                })
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "no notification server");
                None
            }
            Err(_elapsed) => {
                tracing::warn!("the notification server does not answer");
                None
            }
        };
        self.tell(News::Server(server)).await
    }

    async fn show(&mut self, slot: Slot, notice: &Notice) -> Result<(), End> {
        let notification = made(notice, self.markup);
        let replaced = self.shown.get(&slot).copied().unwrap_or(0);
        let actions: Vec<&str> = notification.actions.iter().map(String::as_str).collect();
        let hints: HashMap<&str, Value<'_>> = notification.hints.iter().map(Into::into).collect();
        let sent = self.proxy.notify(
            &notification.appname,
            replaced,
            &notification.icon,
            &notification.summary,
            &notification.body,
            &actions,
            hints,
            notification.timeout.into(),
        );
        match timeout(PATIENCE, sent).await {
            Ok(Ok(id)) => {
                self.shown.insert(slot, id);
                Ok(())
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "a notification was refused");
                self.tell(News::NotShown(slot)).await
            }
            Err(_elapsed) => {
                tracing::warn!("the notification server does not answer");
                self.tell(News::NotShown(slot)).await
            }
        }
    }

    async fn close(&mut self, slot: &Slot) {
        let Some(id) = self.shown.remove(slot) else { return };
        match timeout(PATIENCE, self.proxy.close_notification(id)).await {
            Ok(Ok(())) => {}
            // It is gone already.
            Ok(Err(error)) => tracing::debug!(%error, "a notification cannot be closed"),
            Err(_elapsed) => tracing::warn!("the notification server does not answer"),
        }
    }

    fn take(&mut self, id: u32) -> Option<Slot> {
        let slot = self.shown.iter().find(|(_, shown)| **shown == id)?.0.clone();
        self.shown.remove(&slot);
        Some(slot)
    }

    async fn clicked(&mut self, id: u32, key: &str) -> Result<(), End> {
        // Of another program's notification, or of one that we closed.
        let Some(slot) = self.take(id) else { return Ok(()) };
        let token = self
            .token
            .take()
            .filter(|(of, _)| *of == id)
            .map(|(_, token)| token);
        let key = (key != "default").then(|| key.to_owned());
        // Servers differ in whether a click closes; ours is used up by one.
        drop(timeout(PATIENCE, self.proxy.close_notification(id)).await);
        self.tell(News::Clicked { slot, key, token }).await
    }

    async fn gone(&mut self, id: u32, reason: u32) -> Result<(), End> {
        let Some(slot) = self.take(id) else { return Ok(()) };
        let how = match CloseReason::from(reason) {
            CloseReason::Dismissed => Gone::Dismissed,
            // We forget it before we close it, so it was not we who did.
            CloseReason::CloseAction | CloseReason::Expired | CloseReason::Other(_) => Gone::Expired,
        };
        self.tell(News::Gone { slot, how }).await
    }

    async fn tell(&self, news: News) -> Result<(), End> {
        self.news.send(news).await.map_err(|_nobody_listens| End::Unheard)
    }
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
        .action("default", "Open");
    for (choice, label) in &notice.buttons {
        notification.action(&choice.to_string(), label);
    }
    notification
}
