//! Names inside a project whose content runs outside the sandbox later: git, editors, agents and shells read them on the
//! host. Existing ones are read-only inside.

/// One name, relative to the project, with the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardedName {
    /// Relative path.
    pub name: &'static str,
    /// What reads it on the host.
    pub reason: &'static str,
}

/// Relative to the project directory.
pub const PROJECT: &[GuardedName] = &[
    GuardedName {
        name: ".askbox.toml",
        reason: "Askbox's own rules for this project",
    },
    GuardedName {
        name: ".envrc",
        reason: "direnv runs it on cd",
    },
    GuardedName {
        name: ".vscode",
        reason: "tasks and settings run programs",
    },
    GuardedName {
        name: ".idea",
        reason: "run configurations and tasks",
    },
    GuardedName {
        name: ".husky",
        reason: "git hooks",
    },
    GuardedName {
        name: ".mcp.json",
        reason: "agents start the servers it names",
    },
    GuardedName {
        name: ".claude",
        reason: "an agent's hooks and permissions",
    },
    GuardedName {
        name: ".cursor",
        reason: "an agent's rules and servers",
    },
    GuardedName {
        name: ".codex",
        reason: "an agent's configuration",
    },
    GuardedName {
        name: ".gemini",
        reason: "an agent's configuration",
    },
    GuardedName {
        name: ".devcontainer",
        reason: "containers that the editor starts",
    },
    GuardedName {
        name: ".gitmodules",
        reason: "submodule addresses and update commands",
    },
];

/// Relative to a git directory.
pub const GIT: &[GuardedName] = &[
    GuardedName {
        name: "hooks",
        reason: "git runs them",
    },
    GuardedName {
        name: "config",
        reason: "fsmonitor, hooksPath, filters, aliases and more run programs",
    },
    GuardedName {
        name: "config.worktree",
        reason: "the same, for one worktree",
    },
];
