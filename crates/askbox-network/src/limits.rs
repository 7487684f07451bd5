//! Every limit of this crate, with its reason. A limit that is reached refuses or waits; it never lets something pass.

use std::time::Duration;

/// Names that one session may ask for in its life. A program that needs more is enumerating or tunnelling data through
/// DNS; a fake address is never given to a second name, so the number has to end somewhere.
pub(crate) const NAMES: usize = 32_768;

/// New names in a second, and the size of a burst. A large `npm install` asks for fewer than twenty.
pub(crate) const NEW_NAMES_PER_SECOND: u32 = 100;

/// At most one event in this time about names that were refused for their number.
pub(crate) const NAME_LIMIT_EVENT_EVERY: Duration = Duration::from_mins(1);

/// Real look-ups of one session at the same time; one session must not use up the pool that all share.
pub(crate) const LOOKUPS_PER_SESSION: usize = 16;

/// Real look-ups of all sessions at the same time: each one holds a thread for as long as getaddrinfo takes. Fewer than the
/// daemon has for what blocks (32), so that slow names keep neither a policy from being read nor a session from starting.
pub(crate) const LOOKUPS: usize = 24;

/// A look-up that takes longer has failed for the program that waits. The thread stays taken until libc gives up.
pub(crate) const LOOKUP_DEADLINE: Duration = Duration::from_secs(10);

/// For so long a look-up is used again: the program's DNS query and its connect a moment later share one.
pub(crate) const LOOKUP_REUSE: Duration = Duration::from_secs(5);

/// Look-ups remembered for reuse.
pub(crate) const LOOKUPS_REMEMBERED: usize = 1_024;

/// Addresses of one name that are looked at.
pub(crate) const ADDRESSES_PER_NAME: usize = 32;

/// DNS queries of one session that wait for a real look-up. More are answered without one.
pub(crate) const WAITING_QUERIES: usize = 256;

/// DNS connections over TCP of one session.
pub(crate) const DNS_CONNECTIONS: usize = 64;

/// A DNS connection over TCP on which nothing is asked for so long is closed (RFC 7766, section 6.2.3).
pub(crate) const DNS_IDLE: Duration = Duration::from_secs(10);

/// The largest DNS message over UDP that we take or send (the DNS flag day's 1,232, rounded up for odd senders).
pub(crate) const DNS_DATAGRAM: usize = 4_096;

/// Connections of one session that may be open at once; later ones wait in the listener's backlog. Ten thousand are
/// promised; where descriptors are scarce, its share of them ends earlier.
pub(crate) const CONNECTIONS: usize = 20_000;

/// Connections of all sessions that may be open at once, however many descriptors there are: each costs memory too.
pub(crate) const ALL_CONNECTIONS: usize = 100_000;

/// Descriptors that one connection may take: the client and the attempts to reach its server ([`ATTEMPTS`]); or both ends,
/// and a copy of the client's while somebody is asked about another host.
pub(crate) const CONNECTION_DESCRIPTORS: usize = 1 + ATTEMPTS;

/// Descriptors of a session without connections: six listeners, its two netlink sockets and a copy of the diagnostics one,
/// its leash, what asks for sockets in its network, its root, the listener for starts of programs and what ends it, and one
/// connection for each of four listeners that was accepted and waits for its place; and of its ssh agent: the listener, eight
/// connections, and as many to the user's. What few sessions have, sockets of the host, the bus and starts that are held up,
/// comes out of what the daemon keeps for itself.
pub(crate) const SESSION_DESCRIPTORS: usize = 15 + 4 + (1 + 8 + 8);

/// Descriptors of a port that a session shares with the host: a listener for each family, and a connection for each that
/// was accepted and waits for its place.
pub(crate) const SHARED_PORT_DESCRIPTORS: usize = 2 + 2;

/// The most that one message about rejected packets may be long: the kernel gathers them in a page (`NLMSG_GOODSIZE`), or
/// two where pages are small, and each is told at once anyway.
pub(crate) const REJECTED_DATAGRAM: usize = 16 * 1024;

/// Descriptors of a session with rules for UDP: a listener for each family and its netlink socket.
pub(crate) const DATAGRAM_DESCRIPTORS: usize = 2 + 1;

/// Bytes of the largest datagram (RFC 768, and its length in an IP packet).
pub(crate) const DATAGRAM: usize = 65_535;

/// Flows of datagrams of one session for each family: programs have few peers, and each flow has a socket outside.
pub(crate) const FLOWS: usize = 256;

/// Datagrams of one flow that wait until it is admitted and resolved, or its socket takes more.
pub(crate) const FLOW_QUEUE: usize = 64;

/// Bytes of all datagrams of a session that wait so.
pub(crate) const FLOWS_BYTES: usize = 1024 * 1024;

/// A flow on which nothing has moved for so long has ended: the least that RFC 4787, section 4.3, lets a router between forget
/// one after. The kernel of the session's network keeps it longer, where it can be told to.
pub(crate) const FLOW_IDLE: Duration = Duration::from_mins(2);

/// What a server sends keeps a flow for no longer than this after its program sent last. RFC 4787 lets answers keep what leads to a
/// program (REQ-6), and warns that whoever sends them could do so for ever; five minutes is what it recommends in all (REQ-5).
pub(crate) const FLOW_LEFT: Duration = Duration::from_mins(5);

/// Datagrams of a server that are passed on before anything else is looked at.
pub(crate) const DATAGRAMS_AT_ONCE: usize = 64;

/// When the kernel is asked again where a flow leads: it may have forgotten one that nobody answered, after 30 seconds
/// (`nf_conntrack_udp_timeout`), and its socket may then mean another place.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// A flow that was denied, or leads nowhere, is tried again after this, however much is sent.
pub(crate) const DENIED_REST: Duration = Duration::from_secs(1);

/// How often a count of datagrams that were dropped for want of room becomes an event, as one of equal denials does.
pub(crate) const DROPPED_EVENT_EVERY: Duration = Duration::from_secs(10);

/// At most one event in this time about a session that has all the connections that it may have.
pub(crate) const FULL_EVENT_EVERY: Duration = Duration::from_mins(1);

/// Attempts to reach one server at the same time: each has a descriptor. The oldest is given up for one more, so that
/// many addresses on a network that leads nowhere do not keep those on another from being tried.
pub(crate) const ATTEMPTS: usize = 2;

/// How long the end of a session waits for its connections to record what they carried: naming a process and an event
/// take far less, and a client that lingers is no reason to wait.
pub(crate) const SETTLE: Duration = Duration::from_secs(1);

/// A pause after accept(2) failed: out of descriptors is the common reason, and trying at once would spin.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Client bytes that are held until they can be classified: a client hello of 64 KiB is the most that TLS allows.
pub(crate) const HELD: usize = 64 * 1024;

/// A client that pauses for so long in the middle of what could be a line of HTTP is taken for one that waits for the
/// server. Browsers and libraries send a line at once.
pub(crate) const UNDECIDED_WAIT: Duration = Duration::from_secs(2);

/// A client that may not connect gets this long to say what it speaks, so that it can be refused in its own protocol.
pub(crate) const REFUSAL_WAIT: Duration = Duration::from_secs(2);

/// After a refusal was sent the client gets this long to read it before the connection is closed.
pub(crate) const REFUSAL_LINGER: Duration = Duration::from_secs(2);

/// Bytes that are read and thrown away meanwhile: what a client was uploading when it was refused.
pub(crate) const REFUSAL_DRAIN: usize = 1024 * 1024;

/// One attempt to connect to one address.
pub(crate) const CONNECT_DEADLINE: Duration = Duration::from_secs(30);

/// The next address of a name is tried when the one before has not answered in this time (RFC 8305, section 5).
pub(crate) const CONNECT_STAGGER: Duration = Duration::from_millis(250);

/// A relay's first buffer in each direction; given back whenever the direction runs dry.
pub(crate) const SMALL_BUFFER: usize = 16 * 1024;

/// A relay's buffer while a stream fills it: of 64 KiB to 1 MiB the fastest both ways. Medians of 0.66 and 0.59 of loopback, where
/// 256 KiB had 0.59 and 0.51 (`cargo xtask bench`, two processors).
pub(crate) const LARGE_BUFFER: usize = 512 * 1024;

/// Large buffers of all sessions: 64 MiB. A program that stops reading keeps its own, and what gets none goes on with a small one.
pub(crate) const LARGE_BUFFERS: usize = 128;

/// A grown buffer is given back after this much silence.
pub(crate) const BUFFER_IDLE: Duration = Duration::from_secs(1);

/// Different hosts that may be named on one HTTP connection.
pub(crate) const HOSTS_PER_CONNECTION: usize = 64;

/// How old our knowledge of the host's own addresses and routes may be.
pub(crate) const HOST_NETWORK_AGE: Duration = Duration::from_secs(10);

/// How long a connection to a session's own proxy may take to say what it wants.
pub(crate) const PROXY_REQUEST_WAIT: Duration = Duration::from_secs(30);

/// The answer of a proxy, without what follows.
pub(crate) const PROXY_ANSWER: usize = 16 * 1024;

/// Addresses of one name that a proxy is asked for, one after the other: it waits for each as long as it likes.
pub(crate) const PROXIED_ADDRESSES: usize = 3;

/// How old our knowledge of how this network translates IPv4 addresses may be; that changes with the network, which the
/// host's own addresses show at once.
pub(crate) const NAT64_AGE: Duration = Duration::from_mins(10);
