//! The desktop app on a real screen and a real bus: what people see of a question, and what their clicks do. Notification
//! servers and tray hosts are scripted, each in the manner of one that people have; a few tests use dunst and xfce4-panel.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod accessible;
mod answers;
mod confinement;
mod flood;
mod hostile;
mod install;
mod life;
mod long_log;
mod notes;
mod notices;
mod prompt;
mod screenshots;
mod seat;
mod servers;
mod sleep;
mod tray;
mod views;
mod windows;
mod zoom;
