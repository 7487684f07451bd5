//! Errors as front ends see them: a code to act on, a message and a hint to show.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of failure it is. Front ends decide by this, never by the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The message is none of this version, or makes no sense here.
    Malformed,
    /// There is no such question, rule, grant or session.
    NotFound,
    /// Nothing is left of the question as the person saw it.
    Stale,
    /// Askbox refuses: the project, the rule, the option.
    Refused,
    /// policy.toml or another policy file cannot be read or written as it is.
    Policy,
    /// The log cannot be written, so nothing may take effect.
    Log,
    /// The answer is longer than one message can be.
    TooLong,
    /// The daemon is ending.
    Stopping,
    /// Something failed that should not.
    Internal,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WireError {
    /// What kind of failure.
    pub code: ErrorCode,
    /// One line for people.
    pub message: String,
    /// More of the same, a line each: what else is wrong. Harmless text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>", optional))]
    pub details: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl WireError {
    /// An error without a hint.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            hint: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
