//! The log for other programs: each event as a line of JSON, as it is or in the words of OCSF. Pure; the reader hands
//! the events in and writes what comes out.

use askbox_policy::display;

use crate::event::Sealed;

pub mod ocsf;

pub use ocsf::Origin;

/// How an event is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// As [`Sealed`] is: nothing is lost, and the chain can be verified.
    Jsonl,
    /// As an event of the Open Cybersecurity Schema Framework, for what collects events of many programs.
    Ocsf(Origin),
}

impl Format {
    /// The event as one line of JSON, without the end of the line.
    pub(crate) fn line(&self, sealed: &Sealed) -> Result<Vec<u8>, serde_json::Error> {
        let line = match self {
            Format::Jsonl => serde_json::to_string(sealed),
            Format::Ocsf(origin) => serde_json::to_string(&ocsf::record(sealed, origin)),
        };
        Ok(display::json(&line?).into_owned().into_bytes())
    }
}
