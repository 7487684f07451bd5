//! Tells the daemon before the machine sleeps, which waits for that: programs that wait for an answer could not be frozen
//! (org.freedesktop.login1(5), <https://systemd.io/INHIBITOR_LOCKS/>). Without logind nothing is told, and nothing waits.

use std::time::Duration;

use askbox_paths::Paths;
use askbox_wire::Request;
use futures_util::StreamExt;
use tokio::sync::mpsc::Sender;
use zbus::Connection;
use zbus::zvariant::OwnedFd;

use crate::call::call;
use crate::hub::News;

#[zbus::proxy(
    interface = "org.freedesktop.login1.Manager",
    default_service = "org.freedesktop.login1",
    default_path = "/org/freedesktop/login1"
)]
trait Manager {
    /// The machine does not sleep before what this gives is closed, or some seconds have passed.
    fn inhibit(&self, what: &str, who: &str, why: &str, mode: &str) -> zbus::Result<OwnedFd>;

    #[zbus(signal)]
    fn prepare_for_sleep(&self, begins: bool) -> zbus::Result<()>;
}

/// Between looks for logind, which may come with another bus.
const PAUSE: Duration = Duration::from_mins(1);

/// Tells the daemon at `paths` for as long as the hub is there.
pub(crate) async fn watch(paths: Paths, news: Sender<News>) {
    while !news.is_closed() {
        if let Err(error) = follow(&paths, &news).await {
            tracing::debug!(%error, "nobody tells when the machine sleeps");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One connection to logind, until it or the hub is gone.
async fn follow(paths: &Paths, news: &Sender<News>) -> zbus::Result<()> {
    let bus = Connection::system().await?;
    let manager = ManagerProxy::new(&bus).await?;
    let mut changes = manager.receive_prepare_for_sleep().await?;
    let delay = || manager.inhibit("sleep", "Askbox", "programs wait for an answer", "delay");
    let mut held = Some(delay().await?);
    while let Some(change) = changes.next().await {
        let begins = change.args()?.begins;
        // Where there is no daemon, nothing waits.
        if let Err(error) = call(paths, Request::Suspend { begins }).await {
            tracing::debug!(%error, "the daemon was not told that the machine sleeps");
        }
        drop(held.take());
        if news.is_closed() {
            break;
        }
        if !begins {
            held = Some(delay().await?);
        }
    }
    Ok(())
}
