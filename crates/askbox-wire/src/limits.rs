//! The limits of the control socket, each with its reason.

use std::time::Duration;

/// Longest frame without its length prefix. A plan with 500 mounts is some 100 KiB; a frame is held in memory whole.
pub const MAX_FRAME: usize = 1024 * 1024;

/// Most descriptors that ride on one frame. A launch needs thirteen.
pub const MAX_DESCRIPTORS: usize = 16;

/// Descriptors that one message of the kernel can carry at most (`SCM_MAX_FD`, include/net/scm.h).
pub const KERNEL_DESCRIPTORS: usize = 253;

/// How long each side waits for the other's Hello. Both are local; only a stopped process takes longer.
pub const HELLO_WAIT: Duration = Duration::from_secs(5);

/// How long a call of a front end may take, from its first byte to the last of its response. The slowest is a launch, which reads host paths that may be slow.
pub const CALL_WAIT: Duration = Duration::from_secs(30);

/// Events that a front end holds back while it waits for a response.
pub const HELD_EVENTS: usize = 4096;
