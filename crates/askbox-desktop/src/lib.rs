//! What a desktop shows of the daemon, decided without a desktop: what windows may ask, which notification stands for which
//! questions, what the menu says. Opens no connection, no bus and no window.
#![forbid(unsafe_code)]

pub mod limits;
pub mod log;
mod preferences;
mod window;

pub use preferences::{Button, Preferences};
pub use window::{
    HostTraffic, Link, LogQuery, PastSession, ReviewChange, ReviewView, Show, TrafficPoint, TrafficQuery,
    View, WindowEvent, WindowRequest, WindowResponse,
};
