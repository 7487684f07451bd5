//! What may pass between a program and a compositor. All that a program can get of a compositor begins with a global that it binds,
//! so it is told of those that are offered, and binds no others. Pure; of the program nothing is trusted, of the compositor
//! that it makes what the name of an interface says.
//!
//! Object 1 is the display for as long as a connection lasts, its one request makes registries, and none that is offered ends one:
//! whatever was a registry once is one to the end. An id that would come to be another object breaks the connection.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use askbox_policy::display;

use super::interfaces;
use super::message::{Malformed, Message};
use crate::limits::{WAYLAND_GLOBALS, WAYLAND_REGISTRIES};

/// The object that every connection begins with, its requests, and its events.
const DISPLAY: u32 = 1;
const SYNC: u16 = 0;
const GET_REGISTRY: u16 = 1;
const ERROR: u16 = 0;
const DELETE_ID: u16 = 1;

/// Of a registry.
const BIND: u16 = 0;
const GLOBAL: u16 = 0;
const GLOBAL_REMOVE: u16 = 1;

/// The first id that is the compositor's to give (Wayland Protocol, "Creating Objects").
const OF_COMPOSITOR: u32 = 0xff00_0000;

/// Proof that a message may be passed on, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passed<'a>(Cow<'a, [u8]>);

/// Why a connection ends; the words go into the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    #[error("{0}")]
    Malformed(#[from] Malformed),
    #[error("wanted {0}, which no session gets")]
    Hidden(String),
    #[error("wanted {0} by a number or in a version that was not announced")]
    Unannounced(String),
    #[error("used request or event {0} of an object that has none such")]
    Unknown(u16),
    #[error("named an object {0} that cannot be")]
    Object(u32),
    #[error("has too many registries")]
    Registries,
    #[error("has too many globals")]
    Globals,
}

/// What a connection has seen so far.
#[derive(Debug, Default)]
pub(super) struct Wall {
    registries: HashSet<u32>,
    /// By number. One that is gone stays, since a program may not have heard of that yet, until its number is another's.
    announced: HashMap<u32, Announced>,
}

#[derive(Clone, Copy, Debug)]
struct Announced {
    interface: &'static str,
    version: u32,
}

impl AsRef<[u8]> for Passed<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Wall {
    /// Judges what a program says.
    pub(super) fn request<'a>(&mut self, message: Message<'a>) -> Result<Passed<'a>, Violation> {
        match message.object {
            DISPLAY => match message.opcode {
                SYNC => {}
                GET_REGISTRY => self.get_registry(message.number()?)?,
                opcode => return Err(Violation::Unknown(opcode)),
            },
            object if self.registries.contains(&object) => match message.opcode {
                BIND => self.bind(message)?,
                opcode => return Err(Violation::Unknown(opcode)),
            },
            _other => {}
        }
        Ok(Passed(Cow::Borrowed(message.bytes)))
    }

    /// Judges what a compositor says; `None` is left out.
    pub(super) fn event<'a>(&mut self, message: Message<'a>) -> Result<Option<Passed<'a>>, Violation> {
        match message.object {
            DISPLAY => match message.opcode {
                ERROR => {}
                DELETE_ID => self.delete_id(message.number()?)?,
                opcode => return Err(Violation::Unknown(opcode)),
            },
            object if self.registries.contains(&object) => match message.opcode {
                GLOBAL => return self.global(message),
                GLOBAL_REMOVE if !self.announced.contains_key(&message.number()?) => return Ok(None),
                GLOBAL_REMOVE => {}
                opcode => return Err(Violation::Unknown(opcode)),
            },
            _other => {}
        }
        Ok(Some(Passed(Cow::Borrowed(message.bytes))))
    }

    fn get_registry(&mut self, id: u32) -> Result<(), Violation> {
        if id <= DISPLAY || OF_COMPOSITOR <= id || self.registries.contains(&id) {
            return Err(Violation::Object(id));
        }
        if WAYLAND_REGISTRIES <= self.registries.len() {
            return Err(Violation::Registries);
        }
        self.registries.insert(id);
        Ok(())
    }

    fn delete_id(&self, id: u32) -> Result<(), Violation> {
        if self.registries.contains(&id) {
            return Err(Violation::Object(id));
        }
        Ok(())
    }

    fn bind(&self, message: Message<'_>) -> Result<(), Violation> {
        let wanted = message.bind()?;
        let shown = || {
            let interface = String::from_utf8_lossy(wanted.interface);
            display::text(&interface, display::MAX_NAME)
        };
        if interfaces::offered(wanted.interface).is_none() {
            return Err(Violation::Hidden(shown()));
        }
        let is_announced = self.announced.get(&wanted.name).is_some_and(|announced| {
            announced.interface.as_bytes() == wanted.interface
                && (1..=announced.version).contains(&wanted.version)
        });
        is_announced
            .then_some(())
            .ok_or_else(|| Violation::Unannounced(shown()))
    }

    /// What is offered, in no newer version than one that was looked at.
    fn global<'a>(&mut self, message: Message<'a>) -> Result<Option<Passed<'a>>, Violation> {
        let told = message.global()?;
        let Some(&(interface, newest, _reason)) = interfaces::offered(told.interface) else {
            self.announced.remove(&told.name);
            return Ok(None);
        };
        let version = told.version.min(newest);
        self.announced.insert(told.name, Announced { interface, version });
        if WAYLAND_GLOBALS < self.announced.len() {
            return Err(Violation::Globals);
        }
        if version == told.version {
            return Ok(Some(Passed(Cow::Borrowed(message.bytes))));
        }
        let mut bytes = message.bytes.to_owned();
        // The last word.
        if let Some(last) = bytes.last_chunk_mut() {
            *last = version.to_ne_bytes();
        }
        Ok(Some(Passed(Cow::Owned(bytes))))
    }
}

#[cfg(test)]
mod tests;
