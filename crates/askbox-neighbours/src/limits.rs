//! Every limit of the crate, with its reason.

use std::time::Duration;

/// Longest message of the agent protocol, without its length: what OpenSSH takes (`AGENT_MAX_LEN` of authfd.c).
pub(crate) const MESSAGE_BYTES: u32 = 256 * 1024;

/// Keys that an agent may list: `MAX_AGENT_IDENTITIES` of OpenSSH's authfd.c.
pub(crate) const KEYS: u32 = 2048;

/// Sessions that one connection may be bound to: `AGENT_MAX_SESSION_IDS` of OpenSSH's ssh-agent.c.
pub(crate) const BINDS: usize = 16;

/// Connections of one session to its agent socket, each with one to the user's agent. More wait to be taken; git and ssh have a
/// handful, and `SESSION_DESCRIPTORS` of askbox-network counts them.
pub(crate) const CONNECTIONS: usize = 8;

/// How long the user's agent may take to accept, or to list its keys.
pub(crate) const AGENT_WAIT: Duration = Duration::from_secs(10);

/// How long it may take to sign: a person may have to touch a key, or to confirm.
pub(crate) const SIGN_WAIT: Duration = Duration::from_mins(2);

/// Longest list of known hosts that is read: a hundred thousand lines.
pub(crate) const KNOWN_HOSTS_BYTES: u64 = 16 * 1024 * 1024;

/// How long accepting rests after it failed, mostly because no descriptor is left.
pub(crate) const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Connections of one session to all sockets of the host that it is offered. More wait to be taken; pools of connections to a
/// database have ten. Few sessions have them, so their descriptors come out of the daemon's own.
pub(crate) const SOCKET_CONNECTIONS: usize = 16;

/// How long a socket of the host may take to accept: it does at once, unless its queue is full.
pub(crate) const HOST_WAIT: Duration = Duration::from_secs(10);

/// What a relay holds of each direction.
pub(crate) const RELAY_BYTES: usize = 16 * 1024;

/// Longest file of X11 cookies that is read: they have a line or a few.
pub(crate) const AUTHORITY_BYTES: u64 = 1024 * 1024;

/// Longest line with which a connection to a bus begins: what libdbus takes (`MAX_BUFFER` of dbus-auth.c).
pub(crate) const GREETING_LINE_BYTES: usize = 16 * 1024;

/// Longest message of the Wayland protocol: what libwayland takes unless it is told otherwise (`WL_MAX_MESSAGE_SIZE` of
/// connection.c).
pub(crate) const WAYLAND_MESSAGE_BYTES: usize = 4096;

/// Descriptors beside one part of it: what libwayland takes at once (`MAX_FDS_OUT` of connection.c), and loses beyond.
pub(crate) const WAYLAND_MESSAGE_DESCRIPTORS: usize = 28;

/// Descriptors that all Wayland connections of a session hold while they are on their way. They come out of the daemon's own, as
/// its connections do; libwayland sends as many as one part takes, and few programs fill more than one.
pub(crate) const WAYLAND_DESCRIPTORS: usize = 3 * WAYLAND_MESSAGE_DESCRIPTORS;

/// Registries of one Wayland connection. They last as long as it does; graphics libraries make one for each look at a surface.
pub(crate) const WAYLAND_REGISTRIES: usize = 4096;

/// What one connection was told of that it may bind: some forty things, and a screen each time that one is plugged in.
pub(crate) const WAYLAND_GLOBALS: usize = 4096;
