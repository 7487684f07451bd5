//! The icon in the tray, by `StatusNotifierItem`. Changed when something is different, never on a timer: a menu that is
//! replaced while it is open closes. ksni registers it with every host that appears.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use askbox_desktop::Choice;
use askbox_desktop::menu::{Entry, Shape};
use futures_util::StreamExt;
use ksni::TrayMethods;
use ksni::menu::{MenuItem, StandardItem, SubMenu};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

use crate::hub::News;

/// Between tries to reach the bus.
const PAUSE: Duration = Duration::from_secs(2);

/// What stands out from the panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ink {
    /// On any: light, on a dark tile with a light rim.
    #[default]
    Tile,
    /// On a dark one.
    Light,
    /// On a light one.
    Dark,
}

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    /// The icon.
    pub(crate) shape: Shape,
    /// What it is drawn with.
    pub(crate) ink: Ink,
    /// The text beside it.
    pub(crate) tooltip: String,
    /// The menu.
    pub(crate) entries: Vec<Entry>,
}

/// What the tray shows, and since when.
pub(crate) struct Tray {
    faces: watch::Sender<Option<Face>>,
    /// Since when the menu is as it is.
    since: Instant,
}

impl Tray {
    /// Nothing yet; [`serve`] shows what comes.
    pub(crate) fn new(faces: watch::Sender<Option<Face>>) -> Self {
        Self {
            faces,
            since: Instant::now(),
        }
    }

    /// How long the menu has been as it is.
    pub(crate) fn unchanged_for(&self) -> Duration {
        self.since.elapsed()
    }

    /// Shows this from now on.
    pub(crate) fn show(&mut self, face: Face) {
        let since = &mut self.since;
        self.faces.send_if_modified(|shown| {
            if shown.as_ref() == Some(&face) {
                return false;
            }
            if shown.as_ref().is_none_or(|shown| shown.entries != face.entries) {
                *since = Instant::now();
            }
            *shown = Some(face);
            true
        });
    }
}

/// Shows what is to be shown, for as long as there is something to come. Where the bus is away, on the next one.
pub(crate) async fn serve(mut faces: watch::Receiver<Option<Face>>, news: Sender<News>) {
    let mut said = None;
    loop {
        let Err(error) = follow(&mut faces, &news).await else {
            return;
        };
        let error = error.to_string();
        // The same again says nothing new.
        if said.as_ref() != Some(&error) {
            tracing::warn!(error, "no tray icon: the session bus is away");
            said = Some(error);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Why there is no icon.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] zbus::Error),
    /// The icon could not be made.
    #[error(transparent)]
    Icon(#[from] ksni::Error),
    /// A picture could not be read.
    #[error(transparent)]
    Picture(#[from] png::DecodingError),
}

/// One connection to the bus, from its beginning to its end. Ends well when nothing is to come any more.
async fn follow(faces: &mut watch::Receiver<Option<Face>>, news: &Sender<News>) -> Result<(), Error> {
    let first = faces.wait_for(Option::is_some).await;
    let Some(face) = first.ok().and_then(|face| face.clone()) else {
        return Ok(());
    };
    // ksni does not say when the bus is gone; this connection does.
    let bus = zbus::Connection::session().await?;
    let mut messages = zbus::MessageStream::from(&bus);
    let icon = Icon {
        picture: picture(face.shape, face.ink)?,
        face,
        changes: 0,
        news: news.clone(),
    };
    let handle = icon.assume_sni_available(true).spawn().await?;
    let end = change(&handle, faces, &mut messages).await;
    // Its service panics when its handle and the bus are both gone; told to end, it does.
    handle.shutdown().await;
    end
}

/// Changes the icon with every face, for as long as there is a bus.
async fn change(
    handle: &ksni::Handle<Icon>,
    faces: &mut watch::Receiver<Option<Face>>,
    messages: &mut zbus::MessageStream,
) -> Result<(), Error> {
    let gone = || zbus::Error::InputOutput(Arc::new(io::ErrorKind::BrokenPipe.into()));
    loop {
        tokio::select! {
            changed = faces.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let Some(face) = faces.borrow_and_update().clone() else {
                    continue;
                };
                let picture = picture(face.shape, face.ink)?;
                handle.update(move |icon| icon.change(face, picture)).await.ok_or_else(gone)?;
            }
            message = messages.next() => {
                message.ok_or_else(gone)??;
            }
        }
    }
}

/// What ksni shows.
struct Icon {
    face: Face,
    picture: ksni::Icon,
    /// Changes of the menu so far.
    changes: u64,
    news: Sender<News>,
}

impl Icon {
    fn change(&mut self, face: Face, picture: ksni::Icon) {
        if self.face.entries != face.entries {
            self.changes += 1;
        }
        self.face = face;
        self.picture = picture;
    }

    fn choose(&self, choice: Choice) {
        if let Err(error) = self.news.try_send(News::Chosen(choice)) {
            tracing::warn!(%error, "a choice in the menu was lost");
        }
    }
}

impl ksni::Tray for Icon {
    fn id(&self) -> String {
        "askbox".to_owned()
    }

    fn title(&self) -> String {
        "Askbox".to_owned()
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        vec![self.picture.clone()]
    }

    fn tool_tip(&self) -> ksni::ToolTip {
        ksni::ToolTip {
            title: self.face.tooltip.clone(),
            ..ksni::ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.choose(Choice::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        // Where a menu of the same form replaces another, its entries keep their numbers, and a click that was on its way to one
        // would hit what has taken its place. One entry more or less makes it another form; nobody sees it.
        let form = StandardItem {
            visible: false,
            ..StandardItem::default()
        };
        let form = (self.changes % 2 == 1).then(|| form.into());
        form.into_iter()
            .chain(self.face.entries.iter().map(item))
            .collect()
    }
}

fn item(entry: &Entry) -> MenuItem<Icon> {
    match entry {
        Entry::Item { label, choice } => {
            let choice = choice.clone();
            StandardItem {
                label: plain(label),
                activate: Box::new(move |icon: &mut Icon| icon.choose(choice.clone())),
                ..StandardItem::default()
            }
            .into()
        }
        Entry::Text(label) => StandardItem {
            label: plain(label),
            enabled: false,
            ..StandardItem::default()
        }
        .into(),
        Entry::Separator => MenuItem::Separator,
        Entry::Menu { label, entries } => SubMenu {
            label: plain(label),
            submenu: entries.iter().map(item).collect(),
            ..SubMenu::default()
        }
        .into(),
    }
}

/// A label without mnemonics: a single underscore marks a key and is not shown itself.
fn plain(label: &str) -> String {
    label.replace('_', "__")
}

/// The picture of a shape, of one of the sets.
macro_rules! pictures {
    ($shape:expr, $set:literal) => {
        match $shape {
            Shape::Idle => include_bytes!(concat!("../../../icons/tray/idle-", $set, ".png")).as_slice(),
            Shape::Running => {
                include_bytes!(concat!("../../../icons/tray/running-", $set, ".png")).as_slice()
            }
            Shape::Question => {
                include_bytes!(concat!("../../../icons/tray/question-", $set, ".png")).as_slice()
            }
            Shape::Lockdown => {
                include_bytes!(concat!("../../../icons/tray/lockdown-", $set, ".png")).as_slice()
            }
            Shape::Problem => {
                include_bytes!(concat!("../../../icons/tray/problem-", $set, ".png")).as_slice()
            }
        }
    };
}

/// A picture as hosts take it: ARGB in network byte order.
fn picture(shape: Shape, ink: Ink) -> Result<ksni::Icon, png::DecodingError> {
    let bytes = match ink {
        Ink::Tile => pictures!(shape, "tile"),
        Ink::Light => pictures!(shape, "light"),
        Ink::Dark => pictures!(shape, "dark"),
    };
    let mut decoder = png::Decoder::new(io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info()?;
    let mut data = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let info = reader.next_frame(&mut data)?;
    for pixel in data.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    Ok(ksni::Icon {
        width: i32::try_from(info.width).unwrap_or(i32::MAX),
        height: i32::try_from(info.height).unwrap_or(i32::MAX),
        data,
    })
}

/// A moment, in milliseconds since 1970, as a clock on the wall shows it.
pub(crate) fn clock_time(moment_ms: u64) -> String {
    let moment = i64::try_from(moment_ms)
        .ok()
        .and_then(chrono::DateTime::from_timestamp_millis);
    moment.map_or_else(
        || askbox_wire::rfc3339(moment_ms),
        |moment| moment.with_timezone(&chrono::Local).format("%H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_as_large_as_it_says() {
        let shapes = [
            Shape::Idle,
            Shape::Running,
            Shape::Question,
            Shape::Lockdown,
            Shape::Problem,
        ];
        for (shape, ink) in shapes
            .into_iter()
            .flat_map(|shape| [Ink::Tile, Ink::Light, Ink::Dark].map(|ink| (shape, ink)))
        {
            let picture = picture(shape, ink).unwrap();
            assert_eq!(picture.width, picture.height);
            assert_eq!(
                i32::try_from(picture.data.len()),
                Ok(picture.width * picture.height * 4)
            );
            assert!(
                picture.data.chunks(4).any(|pixel| pixel[0] != 0),
                "{shape:?} is not to be seen"
            );
        }
    }

    #[test]
    fn a_label_marks_no_key() {
        assert_eq!(plain("a_b & c"), "a__b & c");
    }
}
