//! What belongs on one question: same session, same kind, and a registrable domain, a raw address, a name on the local
//! network, a top directory, a bundle, a profile, or one use of a neighbour in common; or how the session
//! grew on disk.

use askbox_policy::builtin_lists::Lists;
use askbox_policy::{
    Bundle, CanonicalPath, Host, Kind, Neighbour, ProfileName, Request, SessionId, Target, bundle_of,
};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Requests with equal keys share a question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GroupKey {
    pub(crate) session: SessionId,
    pub(crate) kind: Kind,
    pub(crate) group: Group,
}

/// What the members of a question have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Group {
    /// Names below one registrable domain; a name without one is alone.
    Domain(String),
    /// One raw address, whatever the port.
    Address(IpAddr),
    /// One name at one private address. Never together with the question about the name itself: allowing a name says
    /// nothing about the local network.
    LocalNetwork(Host, IpAddr),
    /// Files below one top directory ([`Lists::top_directory`]).
    Directory(CanonicalPath),
    /// One path, which a list protects, so that a person sees what is special about it, or in which different programs and
    /// people keep what is theirs, so that there is nothing to widen it to.
    Alone(CanonicalPath),
    /// Files to read that are a bundle.
    Bundle(&'static Bundle),
    /// One profile, alone.
    Profile(ProfileName),
    /// One use of a neighbour, alone.
    Neighbour(Neighbour),
    /// Growth on disk, of which one limit is met at a time.
    Growth,
}

impl GroupKey {
    pub(crate) fn of(request: &Request, lists: &Lists) -> Self {
        Self {
            session: request.session.clone(),
            kind: request.target.kind(),
            group: Group::of(&request.target, lists),
        }
    }
}

impl Group {
    fn of(target: &Target, lists: &Lists) -> Self {
        match target {
            Target::Network(destination) => match &destination.host {
                Host::Name(name) => {
                    Self::Domain(name.registrable_domain().unwrap_or(name.as_str()).to_owned())
                }
                Host::Address(address) => Self::Address(*address),
            },
            Target::LocalNetwork { destination, address } => {
                Self::LocalNetwork(destination.host.clone(), *address)
            }
            // Never asked about, and alone if they were.
            Target::Published(_) | Target::Datagrams(_) => Self::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Target::Read(path) if let Some(bundle) = bundle_of(path, lists.home()) => Self::Bundle(bundle),
            Target::Read(path) | Target::Write(path) | Target::Execute(path) => {
                match lists
                    .top_directory(path)
                    .filter(|_| lists.protects(target).is_none())
                {
                    Some(top) => Self::Directory(top),
                    None => Self::Alone(path.clone()),
                }
            }
            Target::Profile(name) => Self::Profile(name.clone()),
            Target::Neighbour(neighbour) => Self::Neighbour(neighbour.clone()),
            Target::Growth(_) => Self::Growth,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Group::Domain(domain) => f.write_str(domain),
            Group::Address(address) => address.fmt(f),
            Group::LocalNetwork(host, address) => write!(f, "{host} ({address})"),
            Group::Directory(path) | Group::Alone(path) => path.fmt(f),
            Group::Bundle(bundle) => f.write_str(&bundle.title),
            Group::Profile(name) => name.fmt(f),
            Group::Neighbour(neighbour) => f.write_str(&neighbour.shown()),
            Group::Growth => f.write_str("growth on disk"),
        }
    }
}
