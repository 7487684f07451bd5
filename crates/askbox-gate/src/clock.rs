//! The clocks of the machine, read in one place. Decides nothing: what a moment means is arithmetic of
//! [`askbox_policy::grant`].

use std::fmt;
use std::io;
use std::sync::Arc;

use askbox_policy::Moment;
use nix::time::{ClockId, clock_gettime};

/// Where the kernel names the boot that it is in; changes with every start of the machine.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Why the clocks of the machine cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// Without it, moments of two boots could not be told apart.
    #[error("cannot read {BOOT_ID}")]
    BootId(#[source] io::Error),
    /// The kernel has no such clock.
    #[error("cannot read the {clock} clock")]
    Clock {
        /// Which one.
        clock: &'static str,
        /// What the kernel said.
        source: nix::Error,
    },
}

/// Something that says what time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The machine's own clocks. Both are read once here, so that a missing one is an error now and not later.
    pub fn system() -> Result<Self, ClockError> {
        let boot_id = std::fs::read_to_string(BOOT_ID)
            .map_err(ClockError::BootId)?
            .trim()
            .to_owned();
        read(ClockId::CLOCK_BOOTTIME).map_err(|source| ClockError::Clock {
            clock: "boot",
            source,
        })?;
        read(ClockId::CLOCK_REALTIME).map_err(|source| ClockError::Clock {
            clock: "wall",
            source,
        })?;
        Ok(Self::new(move || Moment {
            boot_id: boot_id.clone(),
            // A clock that fails after it worked would be a broken kernel. The end of time makes every expiry pass.
            boot_ms: read(ClockId::CLOCK_BOOTTIME).unwrap_or(u64::MAX),
            wall_ms: read(ClockId::CLOCK_REALTIME).unwrap_or(0),
        }))
    }

    /// A clock that says whatever `source` says.
    pub fn new(source: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The moment that it is.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// Milliseconds on one clock; a wall clock before 1970 counts as 1970.
fn read(clock: ClockId) -> Result<u64, nix::Error> {
    let time = clock_gettime(clock)?;
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec()).unwrap_or(0);
    Ok(seconds
        .saturating_mul(1000)
        .saturating_add(nanoseconds / 1_000_000))
}

#[cfg(test)]
mod tests;
