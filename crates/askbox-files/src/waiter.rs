//! The program that waits in a system call: the kernel does not let it go before we answer, not even when it is killed, and
//! tells us nothing of that. So we look at its pending signals.

use std::time::Duration;

/// How long a killed program may go unnoticed.
const EVERY: Duration = Duration::from_millis(50);

/// Signals that end a wait: those that end a program, if it lets them.
const ENDING: [i32; 5] = [
    libc::SIGKILL,
    libc::SIGINT,
    libc::SIGTERM,
    libc::SIGQUIT,
    libc::SIGHUP,
];

/// Resolves when the thread is gone, or has a signal pending that should end its wait. Never, for requests that the kernel
/// makes by itself (number 0). Cancel-safe.
pub(crate) async fn has_given_up(thread: u32) {
    if thread == 0 {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(EVERY).await;
        // Made of what the kernel knows: a program cannot make this slow, as it can its command line.
        let status = std::fs::read_to_string(format!("/proc/{thread}/status"));
        if status.map_or(true, |status| is_ending(&status)) {
            return;
        }
    }
}

/// Whether a thread's status (proc(5)) shows a signal that should end its wait.
fn is_ending(status: &str) -> bool {
    let mask = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .unwrap_or(0)
    };
    let pending = mask("SigPnd:") | mask("ShdPnd:");
    let unheard = mask("SigBlk:") | mask("SigIgn:");
    let ending = ENDING.iter().fold(0, |bits, signal| bits | 1u64 << (signal - 1));
    pending & !unheard & ending != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(pending: u64, blocked: u64, ignored: u64) -> String {
        format!(
            "Name:\tcat\nSigPnd:\t{pending:016x}\nShdPnd:\t0000000000000000\nSigBlk:\t{blocked:016x}\nSigIgn:\t{ignored:016x}\n"
        )
    }

    #[test]
    fn a_killed_thread_ends_its_wait() {
        assert!(is_ending(&status(1 << 8, 0, 0)));
        assert!(is_ending(
            "Name:\tcat\nSigPnd:\t0\nShdPnd:\t0000000000000100\nSigBlk:\t0\nSigIgn:\t0\n"
        ));
    }

    #[test]
    fn a_signal_that_ends_nothing_does_not() {
        assert!(!is_ending(&status(0, 0, 0)));
        assert!(!is_ending(&status(1 << (libc::SIGCHLD - 1), 0, 0)));
        let interrupt = 1 << (libc::SIGINT - 1);
        assert!(is_ending(&status(interrupt, 0, 0)));
        assert!(!is_ending(&status(interrupt, interrupt, 0)), "blocked");
        assert!(!is_ending(&status(interrupt, 0, interrupt)), "ignored");
    }
}
