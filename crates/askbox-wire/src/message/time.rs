//! Points in time as text.

use std::time::{Duration, UNIX_EPOCH};

/// Milliseconds since 1970 as RFC 3339 in UTC with milliseconds. What lies beyond year 9999 is shown as its end.
pub fn rfc3339(milliseconds: u64) -> String {
    /// 9999-12-31T23:59:59.999Z, the last moment that the format has.
    const LAST: u64 = 253_402_300_799_999;
    let time = UNIX_EPOCH + Duration::from_millis(milliseconds.min(LAST));
    humantime::format_rfc3339_millis(time).to_string()
}
