//! What a desktop shows of the daemon, decided without a desktop: what windows may ask, which notification stands for which
//! questions, what the menu says. Opens no connection, no bus and no window.
#![forbid(unsafe_code)]

pub mod board;
pub mod breadth;
pub mod channel;
pub mod choice;
pub mod desk;
pub mod desktop_entry;
pub mod limits;
pub mod log;
pub mod mapped;
pub mod menu;
pub mod notice;
mod preferences;
#[cfg(test)]
mod pseudo_locale;
mod reach;
pub mod strings;
#[cfg(test)]
mod testing;
mod window;
mod zoom;

pub use breadth::Breadth;
pub use choice::Choice;
pub use desk::Desk;
pub use preferences::{Button, Preferences};
pub use strings::Strings;
pub use window::{
    HostTraffic, Link, LogQuery, PastSession, ReviewChange, ReviewOutlook, ReviewView, TrafficPoint,
    TrafficQuery, WindowEvent, WindowRequest, WindowResponse,
};
pub use zoom::{Zoom, ZoomStep};
