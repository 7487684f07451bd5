//! One session's network: what all its connections share, and the program's end of one of them. The only place where
//! requests to the gate are made; decides nothing itself.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use askbox_gate::{Denial, Gate, Permit};
use askbox_policy::{Basis, Destination, Host, HostName, Pin, Port, Process, Request, Target, Verdict};
use tokio::sync::OnceCell;

use crate::names::{Names, meant};
use crate::resolve::Resolver;
use crate::traffic::Totals;
use crate::{Ends, SessionNetwork};

/// Ports that stand for a name in a DNS query, which has none: if one of them is allowed, the name is.
const LIKELY_PORTS: [u16; 4] = [443, 80, 22, 8080];

/// A host below any host, which no rule for exactly that host covers.
const BELOW: &str = "not-this-host";

/// What the connections and queries of one session share.
pub(crate) struct Session {
    pub(crate) network: SessionNetwork,
    pub(crate) gate: Gate,
    pub(crate) names: Names,
    pub(crate) resolver: Resolver,
    pub(crate) totals: Arc<Totals>,
}

/// The program's end of a connection.
pub(crate) struct Caller {
    pub(crate) session: Arc<Session>,
    /// Its socket inside the sandbox, and where that wanted to go.
    ends: Ends,
    process: OnceCell<Process>,
}

impl Session {
    fn request(&self, target: Target, process: Process) -> Request {
        let SessionNetwork { session, project, .. } = &self.network;
        Request {
            session: session.clone(),
            project: project.clone(),
            process,
            target,
        }
    }

    /// What the rules say now, without a question and without an event.
    pub(crate) fn peek(&self, target: Target) -> Verdict {
        self.peek_for(&Process::unknown(), target)
    }

    /// The same of what this process wants.
    fn peek_for(&self, process: &Process, target: Target) -> Verdict {
        self.gate.peek(&self.request(target, process.clone()))
    }

    /// What a program means that gave this destination; an error says why that is nothing.
    pub(crate) fn meant(&self, destination: Destination) -> Result<Destination, (Destination, &'static str)> {
        meant(destination, |address| self.names.name_of(address))
    }

    /// Asks the gate about what comes from outside, which no program inside is behind.
    pub(crate) async fn admit(&self, target: Target) -> Result<Permit, Denial> {
        let request = self.request(target, Process::unknown());
        self.gate.admit(request, async { Process::unknown() }).await
    }

    /// Logs a denial that no program in particular is behind.
    pub(crate) async fn refuse(&self, target: Target, basis: Basis) -> Denial {
        self.gate
            .refuse(&self.request(target, Process::unknown()), basis)
            .await
    }

    /// Logs a denial of something that was sent from this socket, and is no connection.
    pub(crate) async fn refuse_sent(&self, target: Target, basis: Basis, ends: Ends) -> Denial {
        let request = self.request(target, Process::unknown());
        let process = (self.network.identify)(ends);
        self.gate.refuse_by(request, basis, process).await
    }

    /// What the user gave for a destination by hand.
    pub(crate) fn pin(&self, destination: &Destination) -> Option<&Pin> {
        let pins = self.network.pins.iter();
        pins.rev()
            .find(|pin| pin.host == destination.host && pin.port == destination.port)
    }

    /// Whether the user pinned an address to a name, for whatever port.
    pub(crate) fn is_pinned(&self, name: &HostName) -> bool {
        self.network
            .pins
            .iter()
            .any(|pin| matches!(&pin.host, Host::Name(pinned) if pinned == name))
    }

    /// Whether the rules allow a name already, on a port that it is likely to be used with.
    pub(crate) fn is_allowed(&self, name: &HostName) -> bool {
        LIKELY_PORTS.into_iter().filter_map(Port::new).any(|port| {
            let destination = Destination {
                host: Host::Name(name.clone()),
                port,
            };
            matches!(self.peek(Target::Network(destination)), Verdict::Allow(_))
        })
    }

    /// Whether nobody here looks for the addresses of a name.
    pub(crate) fn leaves_to_proxy(&self, name: &HostName) -> bool {
        self.resolver.leaves_to_proxy(name, self.gate.policy().settings())
    }

    /// Whether a rule or a grant allows exactly this host and port: whatever allows it must allow neither a host beside
    /// or below it nor another port.
    pub(crate) fn is_named_exactly(&self, destination: &Destination) -> bool {
        let Verdict::Allow(allowed) = self.peek(Target::Network(destination.clone())) else {
            return false;
        };
        match allowed.basis() {
            Basis::Managed(_) | Basis::Flag(_) | Basis::Rule(_) | Basis::Grant(_) => {}
            Basis::Lockdown
            | Basis::Credential(_)
            | Basis::Startup(_)
            | Basis::BlockList(_)
            | Basis::Preset
            | Basis::Unusable(_)
            | Basis::Profile(_)
            | Basis::SettingsCopy
            | Basis::AutoApprove
            | Basis::NonInteractive
            | Basis::NoRule
            | Basis::ForbiddenAddress(_)
            | Basis::Upstream(_)
            | Basis::Neighbour(_)
            | Basis::Malformed(_)
            | Basis::NotTcp(_)
            | Basis::Unasked(_) => return false,
        }
        let also = |host: Host, port: Port| {
            let other = Target::Network(Destination { host, port });
            matches!(self.peek(other), Verdict::Allow(by) if by == allowed)
        };
        let Some(other_host) = other_host(&destination.host) else {
            return false;
        };
        let port = destination.port.get();
        let Some(other_port) = Port::new(if port == 1 { 2 } else { port - 1 }) else {
            return false;
        };
        !also(other_host, destination.port) && !also(destination.host.clone(), other_port)
    }

    /// Whether a rule names exactly this address for what goes there; a range that holds it among others does not. Only what a person
    /// wrote counts: an address that no name may lead to is never asked about, so no answer can stand for it.
    pub(crate) fn names_address(
        &self,
        process: &Process,
        address: IpAddr,
        target: impl Fn(IpAddr) -> Target,
    ) -> bool {
        let allowed_by = |address| {
            let Verdict::Allow(allowed) = self.peek_for(process, target(address)) else {
                return None;
            };
            let is_written = matches!(
                allowed.basis(),
                Basis::Managed(_) | Basis::Flag(_) | Basis::Rule(_)
            );
            is_written.then_some(allowed)
        };
        let allowed = allowed_by(address);
        let mut others = FAR.into_iter().chain([neighbour(address)]);
        allowed.is_some() && others.all(|other| allowed_by(other) != allowed)
    }

    /// Whether a rule of addresses, be it a range, allows what goes to one on the local network. A rule for everything does not: it
    /// means what is public, and knows nothing of how this network translates addresses.
    pub(crate) fn allows_address(
        &self,
        process: &Process,
        address: IpAddr,
        target: impl Fn(IpAddr) -> Target,
    ) -> bool {
        let allowed = |address| match self.peek_for(process, target(address)) {
            Verdict::Allow(allowed) => Some(allowed),
            Verdict::Deny(_) | Verdict::Ask(_) => None,
        };
        let by = allowed(address);
        by.is_some() && FAR.into_iter().all(|far| allowed(far) != by)
    }

    /// Whether a rule or an answer about addresses denies what goes to one, or would ask about datagrams; `Some` is what. One about
    /// everything does not: it means what no other rule names.
    pub(crate) fn denies_address(
        &self,
        process: &Process,
        address: IpAddr,
        target: impl Fn(IpAddr) -> Target,
    ) -> Option<Basis> {
        let denial_of = |address| match self.peek_for(process, target(address)) {
            Verdict::Deny(
                by @ (Basis::Managed(_)
                | Basis::Flag(_)
                | Basis::Rule(_)
                | Basis::Grant(_)
                | Basis::Unasked(Some(_))),
            ) => Some(by),
            Verdict::Deny(_) | Verdict::Allow(_) | Verdict::Ask(_) => None,
        };
        let denies = |by: &Basis, far| denial_of(far).as_ref() == Some(by);
        let is_for_all = |by: &Basis| {
            let mut far = FAR.into_iter();
            far.any(|far| denies(by, far) && denies(by, across(far)))
        };
        denial_of(address).filter(|by| !is_for_all(by))
    }
}

/// Public addresses that have nothing to do with each other: what allows one of them together with an address nearby is for everything.
/// A root name server's, since those that are kept for documentation are not public.
const FAR: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(198, 41, 0, 4)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30)),
];

/// An address that no range holds together with the given public one, but for those of its whole family.
fn across(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from(address.to_bits() ^ (1 << 31))),
        // Below the three bits that all have in common (RFC 4291, section 2.4).
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(address.to_bits() ^ (1 << 124))),
    }
}

/// A host that differs from the given one, and that a rule for more than that one would cover too.
fn other_host(host: &Host) -> Option<Host> {
    match host {
        Host::Name(name) => HostName::parse(&format!("{BELOW}.{name}")).ok().map(Host::Name),
        Host::Address(address) => Some(Host::address(neighbour(*address))),
    }
}

/// The address beside the given one, in every range that holds it.
fn neighbour(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from(address.to_bits() ^ 1)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(address.to_bits() ^ 1)),
    }
}

impl Caller {
    pub(crate) fn new(session: Arc<Session>, ends: Ends) -> Self {
        Self {
            session,
            ends,
            process: OnceCell::new(),
        }
    }

    /// Asks the gate; may take as long as a person takes.
    pub(crate) async fn admit(&self, target: Target) -> Result<Permit, Denial> {
        let request = self.session.request(target, self.known());
        self.session.gate.admit(request, self.process()).await
    }

    /// Has a denial logged that no rule can change.
    pub(crate) async fn refuse(&self, target: Target, basis: Basis) -> Denial {
        let request = self.session.request(target, self.process().await);
        self.session.gate.refuse(&request, basis).await
    }

    /// The same of datagrams, which are no event once the session has ended.
    pub(crate) async fn refuse_datagrams(&self, target: Target, basis: Basis) -> Denial {
        let request = self.session.request(target, Process::unknown());
        self.session.gate.refuse_by(request, basis, self.process()).await
    }

    /// Who is behind the connection, as far as that was found out.
    pub(crate) fn known(&self) -> Process {
        self.process.get().cloned().unwrap_or_default()
    }

    /// Who is behind the connection; found out once.
    pub(crate) async fn process(&self) -> Process {
        self.process
            .get_or_init(|| (self.session.network.identify)(self.ends))
            .await
            .clone()
    }

    /// Whether a process still holds the socket. Asked when a client has ended its side: it may have closed the
    /// connection, or only have nothing more to say.
    pub(crate) async fn is_still_held(&self) -> bool {
        (self.session.network.identify)(self.ends).await.pid != 0
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.network.session)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("ends", &self.ends)
            .finish_non_exhaustive()
    }
}
