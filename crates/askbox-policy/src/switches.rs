//! Walls of a session that a person can take down by name, for programs that cannot work behind them. docs/security.md says
//! what each opens.

use serde::{Deserialize, Serialize};

/// The walls that are down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Switches {
    /// Programs inside may make namespaces and mounts of their own: bwrap, Chromium, the sandboxes of agents and editors.
    pub nested_sandbox: bool,
    /// Programs inside may stop, read and change each other: gdb, strace, rr.
    pub debugger: bool,
}

/// What a file or a command line says of them; `None` where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchChoices {
    /// Of [`Switches::nested_sandbox`].
    pub nested_sandbox: Option<bool>,
    /// Of [`Switches::debugger`].
    pub debugger: Option<bool>,
}

impl SwitchChoices {
    /// These, and those of `other` where these leave something open.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            nested_sandbox: self.nested_sandbox.or(other.nested_sandbox),
            debugger: self.debugger.or(other.debugger),
        }
    }

    /// These, but for what `other` leaves standing.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        let both = |one: Option<bool>, other: Option<bool>| match (one, other) {
            (_, Some(false)) => Some(false),
            (one, Some(true) | None) => one,
        };
        Self {
            nested_sandbox: both(self.nested_sandbox, other.nested_sandbox),
            debugger: both(self.debugger, other.debugger),
        }
    }

    /// What follows where nobody says anything else.
    pub fn settled(self) -> Switches {
        Switches {
            nested_sandbox: self.nested_sandbox.unwrap_or_default(),
            debugger: self.debugger.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
