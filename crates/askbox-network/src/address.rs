//! What opens an address, beside the permits for what leads there: asked before a byte is sent, and again whenever rules change,
//! since permits do not know what the address was judged to be. Knows addresses and rules; who wanted to go there is others'
//! business.

use std::net::{IpAddr, Ipv4Addr};

use askbox_policy::{Basis, Destination, Host, Port, Process, Target};

use crate::resolve::Route;
use crate::session::{Caller, Session};

/// What an address was judged to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Given by hand for the destination.
    Given,
    /// Public, or one that the program named itself and a rule allows.
    Public,
    /// On the local network.
    Local,
    /// One that no name may lead to, and what that is.
    Forbidden(&'static str),
}

/// What goes to an address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Going<'a> {
    /// A connection to this destination.
    Connection(&'a Destination),
    /// Datagrams to this port.
    Datagrams(Port),
}

/// Why a route leads nowhere.
#[derive(Debug)]
pub(crate) struct Closed {
    /// The first of its addresses, as a target of its own.
    pub(crate) target: Target,
    /// What closes that.
    pub(crate) by: Basis,
}

impl Judged {
    /// What closes the address to a program. A rule for one program counts for a program that is not known yet, so who it is is
    /// found out before anything is refused.
    pub(crate) async fn closed_by(self, caller: &Caller, going: Going<'_>, address: IpAddr) -> Option<Basis> {
        let known = caller.known();
        let by = self.closed_to(&caller.session, &known, going, address)?;
        if known.pid != 0 {
            return Some(by);
        }
        self.closed_to(&caller.session, &caller.process().await, going, address)
    }

    /// The addresses of a route that are open.
    pub(crate) async fn open<'a>(
        self,
        caller: &Caller,
        going: Going<'_>,
        route: Route<'a>,
    ) -> Result<Route<'a>, Closed> {
        let mut closed: Vec<(IpAddr, Basis)> = Vec::new();
        for address in route.addresses() {
            let by = self.closed_by(caller, going, address.ip()).await;
            closed.extend(by.map(|by| (address.ip(), by)));
        }
        // A route whose addresses a proxy finds has none to judge.
        let Some((first, by)) = closed.first() else {
            return Ok(route);
        };
        let none = Closed {
            target: going.at(*first),
            by: by.clone(),
        };
        let open = route.only(|address| closed.iter().all(|(closed, _)| *closed != address));
        open.ok_or(none)
    }

    fn closed_to(
        self,
        session: &Session,
        process: &Process,
        going: Going<'_>,
        address: IpAddr,
    ) -> Option<Basis> {
        let near = |what: &str| Basis::ForbiddenAddress(format!("{what} ({address})"));
        let denied = || session.denies_address(process, address, |address| going.at(address));
        match (self, going) {
            // By a flag, which goes before all rules but an administrator's.
            (Self::Given, _) => denied().filter(|by| matches!(by, Basis::Managed(_) | Basis::Flag(_))),
            (Self::Public, _) => denied(),
            // It has a permit of its own, which stands for the address.
            (Self::Local, Going::Connection(_)) => None,
            (Self::Local, Going::Datagrams(_)) => {
                let is_open = session.allows_address(process, address, |address| going.at(address));
                (!is_open).then(|| near("on your local network"))
            }
            (Self::Forbidden(what), Going::Datagrams(_)) if is_for_many(address) => Some(near(what)),
            (Self::Forbidden(what), _) => {
                let is_open = session.names_address(process, address, |address| going.led_to(address));
                (!is_open).then(|| near(what))
            }
        }
    }
}

impl Going<'_> {
    /// The same to an address that the program named itself.
    pub(crate) fn at(self, address: IpAddr) -> Target {
        let host = Host::address(address);
        match self {
            Self::Connection(Destination { port, .. }) => Target::Network(Destination { host, port: *port }),
            Self::Datagrams(port) => Target::Datagrams(Destination { host, port }),
        }
    }

    /// The same to an address that a name leads to.
    fn led_to(self, address: IpAddr) -> Target {
        match self {
            Self::Connection(destination) => Target::LocalNetwork {
                destination: destination.clone(),
                address,
            },
            Self::Datagrams(_) => self.at(address),
        }
    }
}

/// Whether what is sent there goes to many at once: their answers would come from elsewhere, and nobody would hear them.
fn is_for_many(address: IpAddr) -> bool {
    address.is_multicast() || address == Ipv4Addr::BROADCAST
}

#[cfg(test)]
mod tests;
