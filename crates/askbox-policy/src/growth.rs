//! Growth on disk as something that is asked for: a session that took on as much as its limit says is frozen, and goes on only
//! when that is allowed. Who measures and who freezes is not known here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::resource_limits::Size;

/// The one thing that a rule about growth names.
const DISK: &str = "disk";

/// How much a session grew on disk, as it is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Growth {
    /// Bytes that its project and private homes took on.
    pub grown_bytes: u64,
    /// Bytes by which they might grow.
    pub allowed_bytes: u64,
    /// Bytes that are free on the file system that has the least; `None` where it does not say.
    pub free_bytes: Option<u64>,
}

/// What a rule about growth covers: all of it, whatever was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GrowthPattern;

/// A text names no growth.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rule about growth is about `disk`; how much needs no answer is `disk` in [limits]")]
pub struct GrowthError;

impl fmt::Display for Growth {
    /// `grew by 65 MiB on disk, 64 MiB were allowed, 12 GiB are free`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (grown, allowed) = (Size(self.grown_bytes), Size(self.allowed_bytes));
        write!(f, "grew by {grown} on disk, {allowed} were allowed")?;
        match self.free_bytes {
            Some(free) => write!(f, ", {} are free", Size(free)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for GrowthPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(DISK)
    }
}

impl FromStr for GrowthPattern {
    type Err = GrowthError;

    fn from_str(text: &str) -> Result<Self, GrowthError> {
        (text == DISK).then_some(Self).ok_or(GrowthError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_says_how_much_it_is_what_was_allowed_and_what_is_free() {
        let mut growth = Growth {
            grown_bytes: (10 << 30) + (205 << 20),
            allowed_bytes: 10 << 30,
            free_bytes: Some(84 << 30),
        };
        let said = "grew by 10.2 GiB on disk, 10 GiB were allowed, 84 GiB are free";
        assert_eq!(growth.to_string(), said);
        growth.free_bytes = None;
        assert_eq!(
            growth.to_string(),
            "grew by 10.2 GiB on disk, 10 GiB were allowed"
        );
    }

    #[test]
    fn a_rule_names_the_disk_and_nothing_else() {
        assert_eq!("disk".parse(), Ok(GrowthPattern));
        assert_eq!(GrowthPattern.to_string(), "disk");
        for text in ["", "*", "Disk", "10G", "/home"] {
            assert_eq!(text.parse::<GrowthPattern>(), Err(GrowthError), "{text}");
        }
    }
}
