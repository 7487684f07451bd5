//! What opens an address to datagrams, beside the permits for it: asked before the first one is sent, and again whenever rules
//! change. Knows addresses and rules; who wanted to go there is the flow's business.

use std::net::{IpAddr, Ipv4Addr};

use askbox_policy::{Basis, Port};

use crate::session::Session;

/// What an address was judged to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Given by hand for the destination.
    Given,
    /// Public, or one that the program named itself and a rule allows.
    Public,
    /// On the local network.
    Local,
    /// One that no name may lead to.
    Forbidden,
}

impl Judged {
    /// Whether the rules let datagrams go to this port of it.
    pub(super) fn is_open(self, session: &Session, port: Port, address: IpAddr) -> bool {
        match self {
            // By a flag, which goes before all rules but an administrator's.
            Self::Given => !matches!(
                session.denies_datagrams(port, address),
                Some(Basis::Managed(_) | Basis::Flag(_))
            ),
            Self::Public => session.denies_datagrams(port, address).is_none(),
            Self::Local => session.allows_datagrams(port, address),
            Self::Forbidden => !is_for_many(address) && session.rule_names_datagrams(port, address),
        }
    }
}

/// Whether what is sent there goes to many at once: their answers would come from elsewhere, and nobody would hear them.
fn is_for_many(address: IpAddr) -> bool {
    address.is_multicast() || address == Ipv4Addr::BROADCAST
}

#[cfg(test)]
mod tests {
    use super::Judged::{Forbidden, Given, Local, Public};
    use super::*;
    use crate::world::{World, managed_policy, policy, rule};

    fn is_open(judged: Judged, address: &str, rules: &[(&str, &str)]) -> bool {
        let text: String = rules
            .iter()
            .map(|(effect, pattern)| rule(effect, pattern))
            .collect();
        let world = World::new(&text, &[]);
        judged.is_open(&world.session, Port::new(5000).unwrap(), address.parse().unwrap())
    }

    #[tokio::test]
    async fn an_address_is_open_by_what_names_it_and_closed_by_what_denies_it() {
        const NAMED: (&str, &str) = ("allow", "10.1.2.3:5000/udp");
        const RANGE: (&str, &str) = ("allow", "10.0.0.0/8:5000/udp");
        const ALL: (&str, &str) = ("allow", "*:5000/udp");
        for (judged, address, rules, expected) in [
            (Public, "192.0.2.1", &[][..], true),
            (Public, "192.0.2.1", &[("deny", "192.0.2.1")], false),
            (Public, "192.0.2.1", &[("deny", "192.0.2.0/24:5000")], false),
            (Public, "192.0.2.1", &[("deny", "192.0.2.1:5000/udp")], false),
            (Public, "192.0.2.1", &[("ask", "192.0.2.1")], false),
            (Public, "192.0.2.1", &[("deny", "192.0.2.1:443")], true),
            (Public, "192.0.2.2", &[("deny", "192.0.2.1")], true),
            // A rule for everything means what no other names, and a name was named.
            (Public, "192.0.2.1", &[("deny", "*")], true),
            (Public, "192.0.2.1", &[("deny", "0.0.0.0/0")], true),
            (
                Public,
                "192.0.2.1",
                &[("deny", "192.0.2.0/24"), ("allow", "192.0.2.1:5000/udp")],
                true,
            ),
            (Given, "10.1.2.3", &[("deny", "10.1.2.3")], true),
            (Local, "10.1.2.3", &[], false),
            (Local, "10.1.2.3", &[ALL], false),
            (Local, "10.1.2.3", &[NAMED], true),
            (Local, "10.1.2.3", &[RANGE], true),
            (Local, "10.1.2.3", &[RANGE, ("deny", "10.1.2.3")], false),
            (Local, "10.1.2.3", &[RANGE, ("ask", "10.1.2.3")], false),
            (Forbidden, "10.1.2.3", &[NAMED, RANGE], true),
            (Forbidden, "10.1.2.3", &[RANGE], false),
            // An own address that looks public.
            (Forbidden, "192.0.2.1", &[("allow", "192.0.2.1:5000/udp")], true),
            (Forbidden, "192.0.2.1", &[ALL], false),
            (Forbidden, "224.0.0.1", &[("allow", "224.0.0.1:5000/udp")], false),
        ] {
            assert_eq!(
                is_open(judged, address, rules),
                expected,
                "{judged:?} {address} {rules:?}"
            );
        }
    }

    #[tokio::test]
    async fn an_administrators_denial_closes_what_was_given_by_hand() {
        let world = World::new("", &[]);
        let port = Port::new(5000).unwrap();
        let address = "10.1.2.3".parse().unwrap();
        assert!(Given.is_open(&world.session, port, address));
        let denied = managed_policy(&rule("deny", "10.1.2.3"));
        world.gate.set_policy(denied).await;
        assert!(!Given.is_open(&world.session, port, address));
        world.gate.set_policy(policy("")).await;
        assert!(Given.is_open(&world.session, port, address));
    }
}
