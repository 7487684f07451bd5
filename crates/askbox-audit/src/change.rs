//! What can happen to grants, rules, sessions, the daemon and the policy: the `action` of their events, and its names.
//! Knows no events; `entry` makes them.

/// What happened to a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantChange {
    /// An answer made it.
    Given,
    /// Its time was over.
    Expired,
    /// It was for once, and that was it.
    Used,
    /// A person took it back.
    Revoked,
    /// A person moved its end.
    Moved,
}

/// What happened to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleChange {
    /// It was written.
    Added,
    /// It was removed.
    Removed,
}

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// It started.
    Started,
    /// Files that may run outside later appeared or changed while it ran.
    Flagged,
    /// It made files that may run outside later.
    Made,
    /// It ended by itself or was stopped.
    Ended,
    /// It asked too often; new questions are denied.
    Quiet,
    /// A person let it ask again.
    Resumed,
    /// It met a limit of what it may use of the machine.
    Limited,
    /// A person let it go on after that.
    Thawed,
    /// It has all the connections that it may have, and further ones wait; or no room for datagrams, and those are dropped.
    Full,
    /// It shares a port with the host.
    PortOpened,
    /// It shares a port no longer.
    PortClosed,
    /// It was denied more different things than are listed; further ones are counted.
    Flood,
}

/// What happened to the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonChange {
    /// It started.
    Started,
    /// It ended in order. The last event of a log that was closed in order.
    Stopped,
    /// The run before did not end in order: the machine lost power or the daemon was killed. Recorded by the log.
    UncleanEnd,
    /// The log before this one is not here any more: it was broken and is kept aside, or somebody removed it. Recorded by the log.
    LogReplaced,
    /// The log and its signed checkpoint did not fit each other. Recorded by the log.
    CheckpointBroken,
    /// Checkpoints are signed with another key, since the one before is not there any more. Recorded by the log.
    KeyReplaced,
    /// A person wanted not to be asked for a while.
    Paused,
    /// Questions are asked again.
    PauseEnded,
    /// Everything is denied from then on.
    Lockdown,
    /// Rules and people decide again.
    LockdownEnded,
}

/// What happened to the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyChange {
    /// It is in force.
    Loaded,
    /// It is broken; the last good one stays in force.
    Rejected,
    /// A person trusted a project's file.
    Trusted,
    /// A person changed settings.
    Changed,
}

impl GrantChange {
    /// Each of them.
    pub const ALL: [GrantChange; 5] = [
        GrantChange::Given,
        GrantChange::Expired,
        GrantChange::Used,
        GrantChange::Revoked,
        GrantChange::Moved,
    ];

    /// The `action` of the event.
    pub fn name(self) -> &'static str {
        match self {
            GrantChange::Given => "given",
            GrantChange::Expired => "expired",
            GrantChange::Used => "used",
            GrantChange::Revoked => "revoked",
            GrantChange::Moved => "moved",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

impl RuleChange {
    /// Each of them.
    pub const ALL: [RuleChange; 2] = [RuleChange::Added, RuleChange::Removed];

    /// What takes it back.
    #[must_use]
    pub fn undone(self) -> Self {
        match self {
            RuleChange::Added => RuleChange::Removed,
            RuleChange::Removed => RuleChange::Added,
        }
    }

    /// The `action` of the event.
    pub fn name(self) -> &'static str {
        match self {
            RuleChange::Added => "added",
            RuleChange::Removed => "removed",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

impl SessionChange {
    /// Each of them.
    pub const ALL: [SessionChange; 12] = [
        SessionChange::Started,
        SessionChange::Flagged,
        SessionChange::Made,
        SessionChange::Ended,
        SessionChange::Quiet,
        SessionChange::Resumed,
        SessionChange::Limited,
        SessionChange::Thawed,
        SessionChange::Full,
        SessionChange::PortOpened,
        SessionChange::PortClosed,
        SessionChange::Flood,
    ];

    /// The `action` of the event.
    pub fn name(self) -> &'static str {
        match self {
            SessionChange::Started => "started",
            SessionChange::Flagged => "flagged",
            SessionChange::Made => "made",
            SessionChange::Ended => "ended",
            SessionChange::Quiet => "quiet",
            SessionChange::Resumed => "resumed",
            SessionChange::Limited => "limited",
            SessionChange::Thawed => "thawed",
            SessionChange::Full => "full",
            SessionChange::PortOpened => "port opened",
            SessionChange::PortClosed => "port closed",
            SessionChange::Flood => "flood",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

impl DaemonChange {
    /// Each of them.
    pub const ALL: [DaemonChange; 10] = [
        DaemonChange::Started,
        DaemonChange::Stopped,
        DaemonChange::UncleanEnd,
        DaemonChange::LogReplaced,
        DaemonChange::CheckpointBroken,
        DaemonChange::KeyReplaced,
        DaemonChange::Paused,
        DaemonChange::PauseEnded,
        DaemonChange::Lockdown,
        DaemonChange::LockdownEnded,
    ];

    /// The `action` of the event.
    pub fn name(self) -> &'static str {
        match self {
            DaemonChange::Started => "started",
            DaemonChange::Stopped => "stopped",
            DaemonChange::UncleanEnd => "unclean end",
            DaemonChange::LogReplaced => "log replaced",
            DaemonChange::CheckpointBroken => "checkpoint broken",
            DaemonChange::KeyReplaced => "key replaced",
            DaemonChange::Paused => "paused",
            DaemonChange::PauseEnded => "pause ended",
            DaemonChange::Lockdown => "lockdown",
            DaemonChange::LockdownEnded => "lockdown ended",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

impl PolicyChange {
    /// Each of them.
    pub const ALL: [PolicyChange; 4] = [
        PolicyChange::Loaded,
        PolicyChange::Rejected,
        PolicyChange::Trusted,
        PolicyChange::Changed,
    ];

    /// The `action` of the event.
    pub fn name(self) -> &'static str {
        match self {
            PolicyChange::Loaded => "loaded",
            PolicyChange::Rejected => "rejected",
            PolicyChange::Trusted => "trusted",
            PolicyChange::Changed => "changed",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}
