//! How the daemon's allocator keeps memory (`mallopt(3)`, `malloc_trim(3)`). glibc is made for programs that use again what they free; the
//! daemon idles after its sessions.
#![expect(unsafe_code, reason = "mallopt and malloc_trim, which nix does not wrap")]

use nix::libc::{self, c_int};

/// Allocations of this size and more are mappings of their own: pages that nobody touches take no memory, and what is freed
/// goes back at once. It is what glibc begins with; unless it is set, freeing a larger one raises it, up to 32 MiB. fuser
/// reads into 16 MiB for each of a session's threads, and those would be cleared, kept and counted in every arena.
const MAPPED_FROM: c_int = 128 * 1024;

/// One arena for all threads, which keep small allocations of their own besides. glibc would make up to eight for each
/// processor, and each keeps what its busiest moment took.
const ARENAS: c_int = 1;

/// Makes large allocations go back to the system when they are freed. Wants to be called before there is a second thread.
pub(super) fn set_up() {
    for (parameter, value) in [(libc::M_MMAP_THRESHOLD, MAPPED_FROM), (libc::M_ARENA_MAX, ARENAS)] {
        // SAFETY: mallopt takes two integers and may be called at any time by any thread.
        let set = unsafe { libc::mallopt(parameter, value) };
        debug_assert_eq!(set, 1, "glibc knows both");
    }
}

/// Gives back every page that is free, also below those that are in use: without it the heap stays as large as the busiest
/// moment made it (3,000 open connections: 85 MiB).
pub(super) fn give_back() {
    // SAFETY: malloc_trim takes the bytes to keep at the top and may be called at any time by any thread.
    unsafe { libc::malloc_trim(0) };
}
