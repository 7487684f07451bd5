//! Whether the desktop is dark or light, as its settings portal says
//! (<https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html>). Panels mostly follow what
//! it prefers; where it prefers nothing, or there is none, a panel can be either.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc::Sender;
use zbus::Connection;
use zbus::zvariant::OwnedValue;

use crate::hub::News;
use crate::tray::Ink;

const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

/// The value of the key that prefers dark.
const DARK: u32 = 1;

/// The one that prefers light.
const LIGHT: u32 = 2;

#[zbus::proxy(
    interface = "org.freedesktop.portal.Settings",
    default_service = "org.freedesktop.portal.Desktop",
    default_path = "/org/freedesktop/portal/desktop"
)]
trait Settings {
    fn read_one(&self, namespace: &str, key: &str) -> zbus::Result<OwnedValue>;

    #[zbus(signal)]
    fn setting_changed(&self, namespace: String, key: String, value: OwnedValue) -> zbus::Result<()>;
}

/// Between looks for a portal, which may come with another bus.
const PAUSE: Duration = Duration::from_mins(1);

/// Tells the hub what the icon is drawn with, now and at every change. Without a portal it stays as it is.
pub(crate) async fn watch(news: Sender<News>) {
    while !news.is_closed() {
        if let Err(error) = follow(&news).await {
            tracing::debug!(%error, "no settings portal: the icon is for any panel");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One connection to the portal, until it or the hub is gone.
async fn follow(news: &Sender<News>) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let settings = SettingsProxy::new(&bus).await?;
    let mut changes = settings.receive_setting_changed().await?;
    if let Some(ink) = ink(&settings.read_one(NAMESPACE, KEY).await?)
        && news.send(News::Ink(ink)).await.is_err()
    {
        return Ok(());
    }
    while let Some(change) = changes.next().await {
        let change = change.args()?;
        if change.namespace != NAMESPACE || change.key != KEY {
            continue;
        }
        if let Some(ink) = ink(&change.value)
            && news.send(News::Ink(ink)).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

fn ink(value: &OwnedValue) -> Option<Ink> {
    let scheme = u32::try_from(value).ok()?;
    Some(match scheme {
        DARK => Ink::Light,
        LIGHT => Ink::Dark,
        _ => Ink::Tile,
    })
}
