//! What the rules say about a request: three outcomes, each with its reason.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::grant::GrantId;
use crate::profile::ProfileName;
use crate::rule::RuleId;

/// What the rules say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may proceed, and this proves it.
    Allow(Allowed),
    /// It may not.
    Deny(Basis),
    /// A person decides.
    Ask(Basis),
}

/// Proof that the rules allow a request, with what decided. Only [`crate::Policy::decide`] makes one, so whoever asks for
/// it cannot be given a denial or an open question by mistake.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Allowed(Basis);

/// Why a verdict is what it is: the one thing that decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Everything is denied until a person ends that, whatever the rules say.
    Lockdown,
    /// An administrator's rule.
    Managed(RuleId),
    /// The credential list, with its reason.
    Credential(String),
    /// The start-up list, with its reason.
    Startup(String),
    /// A flag of this run.
    Flag(RuleId),
    /// A rule of policy.toml or of the project.
    Rule(RuleId),
    /// A remembered answer.
    Grant(GrantId),
    /// The profile of the session's program.
    Profile(ProfileName),
    /// A copy without the secrets is shown instead ([`crate::settings_copy`]). Never decides about anything but reading.
    SettingsCopy,
    /// A subscribed block-list, by its name.
    BlockList(String),
    /// The preset in force.
    Preset,
    /// A program that cannot work inside, with the reason ([`crate::unusable_programs`]).
    Unusable(String),
    /// `auto_approve`.
    AutoApprove,
    /// Nothing matched, and the session may not ask.
    NonInteractive,
    /// Nothing matched.
    NoRule,
    /// The destination is one that no name may lead to: loopback, link-local, metadata service, own address.
    ForbiddenAddress(String),
    /// The proxy that the daemon reaches the Internet by does not let it through, or is not there.
    Upstream(String),
    /// A neighbour does not take part: what is asked of it is never passed on, or it is not there.
    Neighbour(String),
    /// The request itself is malformed or contradicts itself, so it names nothing that could be allowed.
    Malformed(String),
    /// It is not a TCP connection, and was rejected; of other protocols only UDP leaves a session, by a rule.
    NotTcp(Transport),
    /// It is UDP, about which nobody is asked: no rule allows it, or this one would ask.
    Unasked(Option<RuleId>),
}

/// A transport protocol beside TCP whose packets have ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// User Datagram Protocol.
    Udp,
    /// Lightweight User Datagram Protocol.
    UdpLite,
    /// Stream Control Transmission Protocol.
    Sctp,
    /// Datagram Congestion Control Protocol.
    Dccp,
}

impl Transport {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Udp, Self::UdpLite, Self::Sctp, Self::Dccp];

    /// Its number in the header of an IP packet (IANA, Assigned Internet Protocol Numbers).
    pub fn number(self) -> u8 {
        match self {
            Transport::Udp => 17,
            Transport::UdpLite => 136,
            Transport::Sctp => 132,
            Transport::Dccp => 33,
        }
    }

    /// Its name in the same list, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::UdpLite => "udplite",
            Transport::Sctp => "sctp",
            Transport::Dccp => "dccp",
        }
    }

    /// The one with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|transport| transport.number() == number)
    }
}

impl Allowed {
    pub(crate) fn by(basis: Basis) -> Self {
        Self(basis)
    }

    /// What decided.
    pub fn basis(&self) -> &Basis {
        &self.0
    }

    /// Whether it lets a copy without the secrets be read, and not the file itself.
    pub fn is_for_copy(&self) -> bool {
        self.0 == Basis::SettingsCopy
    }
}

impl Basis {
    /// Where a person can look after a denial by it, in one line; `None` where it is a rule for the request that is
    /// missing, or nothing would help.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Basis::Lockdown => "askbox lockdown off".to_owned(),
            Basis::Managed(_) => "ask your administrator".to_owned(),
            Basis::Credential(_) | Basis::Startup(_) => {
                "only a rule or a flag for this very path opens it, not one for a directory that holds it"
                    .to_owned()
            }
            Basis::Flag(_) => "a flag of this run denies it".to_owned(),
            Basis::Rule(id) => {
                format!("`askbox rules` shows rule {id}, unless it stands in the project's .askbox.toml")
            }
            Basis::Grant(id) => format!("askbox revoke {id}"),
            Basis::ForbiddenAddress(_) => {
                "only a rule that names the address, or --resolve HOST:PORT:ADDRESS, opens it".to_owned()
            }
            Basis::Upstream(_) => "`upstream_proxy` of [network] in policy.toml names the proxy".to_owned(),
            Basis::Unasked(Some(id)) => format!(
                "`askbox rules` shows rule {id}; one with /udp that names host and port more closely allows this"
            ),
            Basis::Profile(_) => "the program can do without; change it outside".to_owned(),
            Basis::Unusable(_) => "use it outside, or allow it with --allow-execute PATH".to_owned(),
            Basis::BlockList(_)
            | Basis::SettingsCopy
            | Basis::Preset
            | Basis::AutoApprove
            | Basis::NonInteractive
            | Basis::NoRule
            | Basis::Neighbour(_)
            | Basis::Malformed(_)
            | Basis::NotTcp(_)
            | Basis::Unasked(None) => return None,
        })
    }
}

impl fmt::Display for Basis {
    /// The `by` of an event.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Basis::Lockdown => f.write_str("lockdown"),
            Basis::Managed(id) => write!(f, "managed rule {id}"),
            Basis::Credential(reason) => write!(f, "credential list: {reason}"),
            Basis::Startup(reason) => write!(f, "start-up list: {reason}"),
            Basis::Flag(id) => write!(f, "flag {id}"),
            Basis::Rule(id) => write!(f, "rule {id}"),
            Basis::Grant(id) => write!(f, "grant {id}"),
            Basis::Profile(name) => write!(f, "profile {name}"),
            Basis::SettingsCopy => f.write_str("copy without secrets"),
            Basis::BlockList(name) => write!(f, "block-list {name}"),
            Basis::Preset => f.write_str("preset"),
            Basis::Unusable(reason) => write!(f, "cannot work inside: {reason}"),
            Basis::AutoApprove => f.write_str("auto_approve"),
            Basis::NonInteractive => f.write_str("non-interactive"),
            Basis::NoRule => f.write_str("no rule"),
            Basis::ForbiddenAddress(reason) => write!(f, "forbidden address: {reason}"),
            Basis::Upstream(reason) => write!(f, "upstream proxy: {reason}"),
            Basis::Neighbour(reason) => f.write_str(reason),
            Basis::Malformed(reason) => write!(f, "malformed: {reason}"),
            Basis::NotTcp(Transport::Udp) => f.write_str(
                "udp: rejected, since no rule with /udp named the port when the session began; one counts from the next session on",
            ),
            Basis::Unasked(None) => {
                f.write_str("udp: no rule with /udp allows it, and nobody is asked; one counts at once")
            }
            Basis::Unasked(Some(id)) => write!(f, "udp: rule {id} asks, and nobody can be asked about UDP"),
            Basis::NotTcp(transport) => write!(f, "{}: only TCP and UDP leave a session", transport.name()),
        }
    }
}
