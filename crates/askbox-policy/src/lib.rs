//! What is allowed, denied or asked. Pure: no I/O, no clock, no environment; all of it is passed in.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

pub mod address;
pub mod aliases;
pub mod answer;
pub mod block_list;
pub mod builtin_lists;
pub mod display;
pub mod grant;
pub mod grant_set;
pub mod growth;
pub mod host;
pub mod host_pattern;
pub mod limits;
pub mod neighbour;
pub mod path_pattern;
pub mod policy;
pub mod policy_file;
pub mod preset;
pub mod profile;
pub mod request;
pub mod resource_limits;
pub mod rule;
pub mod settings_copy;
pub mod shared_port;
pub mod switches;
pub mod unusable_programs;
pub mod upstream;
pub mod verdict;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

mod path_index;

pub use aliases::{Alias, AliasKind, Aliases};
pub use answer::WhyMissed;
pub use grant::{Answer, Duration, Expiry, Grant, GrantId, Moment, Scope};
pub use grant_set::GrantSet;
pub use growth::{Growth, GrowthPattern};
pub use host::{Host, HostError, HostName, Port};
pub use host_pattern::{HostPattern, NetworkPattern, Ports, Protocol};
pub use neighbour::{
    KeyName, Namespace, Neighbour, NeighbourError, NeighbourPattern, NeighbourRefusal, Purpose, ServiceName,
    SocketPath, SshSignature,
};
pub use path_pattern::{CanonicalPath, PathContext, PathPattern};
pub use policy::{Policy, SessionRules, Settings, Unheeded};
pub use policy_file::PolicyFile;
pub use preset::Preset;
pub use profile::{Bundle, Profile, ProfileName, SessionProfile, bundle_of};
pub use request::{Destination, Kind, Pin, Process, Project, Request, SessionId, Target};
pub use resource_limits::{Limit, LimitChoices, Resource, ResourceLimits};
pub use rule::{Effect, Origin, Pattern, Rule, RuleId};
pub use shared_port::{Publish, SharedPort};
pub use switches::{SwitchChoices, Switches};
pub use upstream::{ProxyUrl, UpstreamProxy, UpstreamResolve};
pub use verdict::{Allowed, Basis, Transport, Verdict};
