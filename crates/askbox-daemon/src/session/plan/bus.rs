//! Which services of its caller's session bus a session is offered: those that a flag names, and those that a rule for its project
//! allows or asks about, as far as they may be offered at all.

use askbox_neighbours::Bus;
use askbox_policy::{
    Effect, Neighbour, NeighbourPattern, NeighbourRefusal, Pattern, Rule, ServiceName, SessionId, Target,
    display,
};
use askbox_sandbox::host_programs::{self, BUS_PROXY};
use askbox_wire::{ErrorCode, LaunchRequest, WireError};

use super::Planning;
use super::offers::By;
use crate::limits;

/// Why a session is not offered a service.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("{}", .0.reason)]
    Refused(NeighbourRefusal),
    #[error(
        "a session is offered {} services of your session bus at most",
        limits::OFFERED_SERVICES
    )]
    TooMany,
    #[error("you have no session bus: DBUS_SESSION_BUS_ADDRESS is not set")]
    NoBus,
    #[error("your session bus has no unix socket: DBUS_SESSION_BUS_ADDRESS is {0}")]
    Elsewhere(String),
    #[error("cannot keep the rest of your session bus closed: {0}")]
    Proxy(#[from] host_programs::Unusable),
}

impl Unusable {
    fn hint(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal
                .instead
                .unwrap_or("no flag and no rule offers it")
                .to_owned(),
            Self::TooMany => "leave some of them out".to_owned(),
            Self::NoBus | Self::Elsewhere(_) => {
                "start the command where you have a desktop, or leave it out".to_owned()
            }
            Self::Proxy(unusable) => unusable.hint(),
        }
    }

    fn refused(&self, service: &ServiceName) -> WireError {
        WireError::new(ErrorCode::Refused, format!("--with dbus {service}: {self}")).with_hint(self.hint())
    }
}

impl Planning {
    /// What of the session bus a session is offered, and notices about what a rule names in vain. A flag that cannot be heeded is
    /// refused.
    pub(super) fn bus(
        &self,
        id: &SessionId,
        request: &LaunchRequest,
    ) -> Result<(Option<Bus>, Vec<String>), WireError> {
        let (mut services, mut notices) = (Vec::new(), Vec::new());
        for (rule, by) in self.wishes() {
            let Some(name) = service_of(rule).filter(|name| !services.contains(*name)) else {
                continue;
            };
            match usable(name, services.len(), request) {
                Ok(()) => {
                    let target = Target::Neighbour(Neighbour::Service(name.clone()));
                    if self.is_offered(id, target, by, &format!("--with dbus {name}"))? {
                        services.push(name.clone());
                    }
                }
                Err(unusable) if by == By::Flag => return Err(unusable.refused(name)),
                // Nothing is missing where there is no desktop.
                Err(Unusable::NoBus) => {}
                Err(unusable) => notices.push(format!(
                    "a rule's service {name} of your session bus is not offered: {unusable}; {}",
                    unusable.hint()
                )),
            }
        }
        let bus = address(request).ok().filter(|_| !services.is_empty());
        let bus = bus.map(|address| Bus {
            address,
            services,
            program: BUS_PROXY.path,
        });
        Ok((bus, notices))
    }
}

/// Whether one more service may be offered on this machine.
fn usable(name: &ServiceName, offered: usize, request: &LaunchRequest) -> Result<(), Unusable> {
    if let Some(refusal) = name.refusal() {
        return Err(Unusable::Refused(refusal));
    }
    if limits::OFFERED_SERVICES <= offered {
        return Err(Unusable::TooMany);
    }
    address(request)?;
    Ok(BUS_PROXY.check()?)
}

/// The service that a rule offers.
fn service_of(rule: &Rule) -> Option<&ServiceName> {
    match (&rule.pattern, rule.effect) {
        (Pattern::Neighbour(NeighbourPattern::Service(name)), Effect::Allow | Effect::Ask) => Some(name),
        (
            Pattern::Neighbour(_)
            | Pattern::Network(_)
            | Pattern::Read(_)
            | Pattern::Write(_)
            | Pattern::Execute(_)
            | Pattern::Profile(_)
            | Pattern::Growth(_),
            _,
        ) => None,
    }
}

fn address(request: &LaunchRequest) -> Result<String, Unusable> {
    let text = request.desktop.bus.as_deref().filter(|text| !text.is_empty());
    let text = text.ok_or(Unusable::NoBus)?;
    socket_of(text)
        .map(str::to_owned)
        .ok_or_else(|| Unusable::Elsewhere(display::text(text, limits::PATH_SHOWN)))
}

/// The first address of these that is a unix socket: what would be found by starting a program is left out (D-Bus specification,
/// "Server Addresses").
fn socket_of(addresses: &str) -> Option<&str> {
    let is_plain = addresses.bytes().all(|byte| byte.is_ascii_graphic());
    let is_socket =
        |address: &&str| address.starts_with("unix:path=/") || address.starts_with("unix:abstract=");
    addresses.split(';').find(is_socket).filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_is_reached_by_a_unix_socket_alone() {
        for (addresses, expected) in [
            ("unix:path=/run/user/1/bus", Some("unix:path=/run/user/1/bus")),
            (
                "unix:path=/run/user/1/bus,guid=12",
                Some("unix:path=/run/user/1/bus,guid=12"),
            ),
            (
                "autolaunch:;unix:abstract=/tmp/dbus-x",
                Some("unix:abstract=/tmp/dbus-x"),
            ),
            ("unix:path=relative", None),
            ("unixexec:path=/bin/sh", None),
            ("autolaunch:", None),
            ("tcp:host=localhost,port=1", None),
            ("--own=org.example.A", None),
            ("unix:path=/x\n", None),
        ] {
            assert_eq!(socket_of(addresses), expected, "{addresses}");
        }
    }
}
