//! Sockets of ours where programs inside look for some of the host's: each is bound over the place of the one that it stands for,
//! so nothing of the host's own is there to connect to.

use std::path::Path;

use super::{Access, HostFacts, PlanRequest, Refusal, View, home};

/// Trees in which a session has nothing of the host's, or nothing but programs and settings of the system.
const RESERVED: [&str; 11] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/run/askbox",
    "/sbin",
    "/sys",
    "/usr",
];

pub(super) fn add(view: &mut View, request: &PlanRequest, facts: &HostFacts) -> Result<(), Refusal> {
    for socket in &request.sockets {
        let target = &socket.target;
        // A private home is a directory on the host, in which a mount point would stay.
        if RESERVED.iter().any(|tree| target.starts_with(tree)) || home::is_private(facts, target) {
            return Err(Refusal::Reserved(target.clone()));
        }
        view.bind_at(&socket.source, target, Access::ReadOnly, None);
    }
    Ok(())
}

/// Whether one of ours stands for this one.
pub(super) fn is_offered(request: &PlanRequest, socket: &Path) -> bool {
    request.sockets.iter().any(|offered| offered.target == socket)
}
