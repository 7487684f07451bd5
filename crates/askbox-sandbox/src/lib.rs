//! The launch: what a session sees (`plan`, pure), what the machine has (`host_facts`), and the processes and mounts
//! that carry a plan out (`launch`). Decides nothing about requests; that is the gate's.

mod limits;
mod path_text;
pub mod plan;

mod beneath;
mod environment;
pub mod exec_listener;
mod git;
pub mod growth;
pub mod guards;
pub mod host_facts;
pub mod identity;
pub mod review;
mod sockets;

mod allowance;
mod bwrap_args;
pub mod host_programs;
pub mod inside;
pub mod launch;
pub mod leash;
mod netlink;
mod outer;
pub mod probe;
mod seccomp;
mod sight;
mod stage;
mod sys;
pub mod watch;

#[cfg(test)]
mod testing;

pub use environment::{is_locale, name_for_command};
pub use host_facts::HostFacts;
pub use plan::{Plan, PlanRequest, Refusal, plan};
pub use sight::Hidden;
