//! The names: data, each with its reason.

use super::GuardedName;

const fn name(name: &'static str, reason: &'static str) -> GuardedName {
    GuardedName { name, reason }
}

/// Relative to the project directory.
pub const PROJECT: &[GuardedName] = &[
    name(".askbox.toml", "Askbox's own rules for this project"),
    name(".envrc", "direnv runs it on cd"),
    name(".vscode", "tasks and settings run programs"),
    name(".idea", "run configurations and tasks"),
    name(".husky", "git hooks"),
    name(".mcp.json", "agents start the servers it names"),
    name(".claude", "an agent's hooks and permissions"),
    name(".cursor", "an agent's rules and servers"),
    name(".codex", "an agent's configuration"),
    name(".gemini", "an agent's configuration"),
    name(".devcontainer", "containers that the editor starts"),
    name(".gitmodules", "submodule addresses and update commands"),
];

/// Relative to a git directory.
pub const GIT: &[GuardedName] = &[
    name("hooks", "git runs them"),
    name(
        "config",
        "fsmonitor, hooksPath, filters, aliases and more run programs",
    ),
    name("config.worktree", "the same, for one worktree"),
    name("commondir", "git reads the configuration of where it leads"),
];

/// Relative to a worktree's git directory.
pub const WORKTREE: &[GuardedName] = &[name("gitdir", "where the worktree is")];
