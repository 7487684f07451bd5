//! Everything that wakes the daemon's main loop, as one closed list, and the sources that it comes from. What a front
//! end sends is not among it: each connection has a task of its own.

use std::io;
use std::sync::Arc;

use askbox_wire::{Connection, ListenError, Listener};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::limits;

/// Something that the main loop has to do.
#[derive(Debug)]
pub(crate) enum Event {
    /// A front end connected.
    Connected(Box<Connection>),
    /// Nobody can connect at the moment.
    AcceptFailed(ListenError),
    /// It is time to look at the policy files.
    PolicyDue,
    /// The daemon shall end.
    End(EndReason),
}

/// Why the daemon ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// A front end asked for it.
    Request,
    /// SIGTERM.
    Terminated,
    /// SIGINT.
    Interrupted,
}

/// Where events come from. Dropping it removes the socket.
#[derive(Debug)]
pub(crate) struct Events {
    listener: Listener,
    end_wanted: Arc<Notify>,
    terminate: Signal,
    interrupt: Signal,
    /// A daemon outlives the terminal that it was started from.
    hang_up: Signal,
    policy_check: Interval,
}

impl Events {
    /// Listens to everything. `end_wanted` is how a request ends the daemon.
    pub(crate) fn new(listener: Listener, end_wanted: Arc<Notify>) -> io::Result<Self> {
        let mut policy_check = interval(limits::POLICY_CHECK);
        policy_check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        policy_check.reset();
        Ok(Self {
            listener,
            end_wanted,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            policy_check,
        })
    }

    /// The next thing to do.
    pub(crate) async fn next(&mut self) -> Event {
        tokio::select! {
            connection = self.listener.accept() => match connection {
                Ok(connection) => Event::Connected(Box::new(connection)),
                Err(error) => Event::AcceptFailed(error),
            },
            () = self.end_wanted.notified() => Event::End(EndReason::Request),
            _ = self.terminate.recv() => Event::End(EndReason::Terminated),
            _ = self.interrupt.recv() => Event::End(EndReason::Interrupted),
            _ = self.hang_up.recv() => Event::PolicyDue,
            _ = self.policy_check.tick() => Event::PolicyDue,
        }
    }
}

impl EndReason {
    /// For the log.
    pub(crate) fn text(self) -> &'static str {
        match self {
            EndReason::Request => "asked to",
            EndReason::Terminated => "SIGTERM",
            EndReason::Interrupted => "SIGINT",
        }
    }
}
