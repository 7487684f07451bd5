//! One way to take a lock. No lock of this crate is held across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock. A panic while it was held ends the daemon in a release build; in a debug build the state is as good
/// as it was.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
