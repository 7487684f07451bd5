//! The names: data, each with its reason.
//!
//! On the list is what something on the host runs or obeys without being asked for it by name: on `cd`, when an editor or an
//! agent opens the project, at a git command, when an interpreter starts. What a tool obeys only once it was told to trust
//! the project (direnv, mise, vim's `exrc`) is on it: that was said before.
//!
//! Not on the list is what ordinary work writes and a person starts by name: package.json, Makefile, justfile, build.rs,
//! conftest.py, .yarnrc.yml, flake.nix, .env. Nor what chooses a version and runs nothing: .tool-versions, .nvmrc,
//! .python-version, .editorconfig, .gitattributes, .lfsconfig. Nor what is only read by people and models: AGENTS.md, CLAUDE.md.

use super::GuardedName;

const fn name(name: &'static str, reason: &'static str) -> GuardedName {
    GuardedName { name, reason }
}

/// Relative to the project directory.
pub(crate) const PROJECT: &[GuardedName] = &[
    name(".askbox.toml", "Askbox's own rules for this project"),
    // Shells.
    name(".envrc", "direnv runs it on cd"),
    name(
        "mise.toml",
        "mise runs its hooks and templates on cd, in a trusted place",
    ),
    name("mise.local.toml", "the same"),
    name(".mise.toml", "the same"),
    name(".mise.local.toml", "the same"),
    name(".mise", "the same, and tasks"),
    name(".config/mise.toml", "the same"),
    name(".autoenv.zsh", "zsh-autoenv runs it on cd"),
    // Editors.
    name(".vscode", "tasks and settings run programs"),
    name(".idea", "run configurations and tasks"),
    name(".fleet", "run configurations and settings"),
    name(".zed", "tasks, language servers, context servers"),
    name(".devcontainer", "containers that the editor starts"),
    name(".devcontainer.json", "the same"),
    name(".exrc", "vim and nvim run it with exrc set"),
    name(".vimrc", "vim runs it with exrc set"),
    name(".nvimrc", "nvim runs it with exrc set"),
    name(".nvim.lua", "nvim runs it with exrc set"),
    name(".lvimrc", "vim's localvimrc runs it"),
    name(".dir-locals.el", "emacs evaluates forms of it"),
    name(".dir-locals-2.el", "the same"),
    name(".helix", "language servers"),
    // Agents.
    name(".mcp.json", "agents start the servers it names"),
    name(".claude", "an agent's hooks and permissions"),
    name(".cursor", "an agent's rules, hooks and servers"),
    name(".codex", "an agent's configuration"),
    name(".gemini", "an agent's configuration"),
    name(".qwen", "an agent's configuration"),
    name(".windsurf", "an agent's hooks and workflows"),
    name(".kiro", "an agent's hooks and servers"),
    name(".clinerules", "an agent's hooks and workflows"),
    name(".github/hooks", "an agent's hooks"),
    name(".roo", "an agent's servers and modes"),
    name(".kilocode", "an agent's servers and modes"),
    name(".amazonq", "an agent's servers and hooks"),
    name(".continue", "an agent's servers"),
    name(".junie", "an agent's servers"),
    name(".trae", "an agent's servers"),
    name(".factory", "an agent's hooks and servers"),
    name(".opencode", "an agent's plugins and tools"),
    name("opencode.json", "an agent's servers, plugins and permissions"),
    name("opencode.jsonc", "the same"),
    name("crush.json", "an agent's servers and language servers"),
    name(".crush.json", "the same"),
    name(".aider.conf.yml", "an agent's lint and test commands"),
    // Version control.
    name(".gitmodules", "submodule addresses and update commands"),
    name(".husky", "git hooks"),
    name(
        ".pre-commit-config.yaml",
        "pre-commit's git hook runs its entries",
    ),
    name("lefthook.yml", "lefthook's git hooks run its commands"),
    name("lefthook.yaml", "the same"),
    name("lefthook.toml", "the same"),
    name("lefthook-local.yml", "the same"),
    name(".lefthook.yml", "the same"),
    name(".hg/hgrc", "hg runs its hooks, aliases and extensions"),
    name(".hg/hgrc-not-shared", "the same"),
    name(".hg/sharedpath", "hg reads another repository's hgrc"),
    name(".jj/repo/config.toml", "jj runs its tools and editors"),
    name(".jj/workspace-config.toml", "the same"),
    name(".sl/config", "sl runs its hooks, aliases and extensions"),
    // Interpreters, debuggers and build tools, which read them when they start, editors' language servers among them.
    name(
        ".cargo/config.toml",
        "cargo runs its linkers, runners and wrappers",
    ),
    name(".cargo/config", "the same"),
    name("rust-toolchain.toml", "whose cargo and rustc are started"),
    name("rust-toolchain", "the same"),
    name(".bazelrc", "bazel runs the programs that its options name"),
    name("tools/bazel", "bazel starts it in its own place"),
    name(".mvn", "Maven loads its extensions and agents"),
    name(".luarc.json", "a language server's plugins"),
    name(".luarc.jsonc", "the same"),
    name(".gdbinit", "gdb runs it in an auto-load path"),
    name(".lldbinit", "lldb runs it when told to"),
    name(".pdbrc", "Python's debugger runs it"),
    name(".irbrc", "irb runs it"),
    name(".pryrc", "pry runs it"),
    name(".iex.exs", "iex runs it"),
    name(".ghci", "ghci runs it"),
    name(".Rprofile", "R runs it"),
    name(".octaverc", "octave runs it"),
    name(".ocamlinit", "ocaml runs it"),
    name(".erlang", "erl runs it"),
];

/// Ends of names directly in the project directory.
pub(crate) const PROJECT_ENDINGS: &[GuardedName] = &[
    name(".code-workspace", "tasks and settings run programs"),
    name(".sublime-project", "build systems"),
];

/// Relative to a git directory.
pub(crate) const GIT: &[GuardedName] = &[
    name("hooks", "git runs them"),
    name(
        "config",
        "fsmonitor, hooksPath, filters, aliases and more run programs",
    ),
    name("config.worktree", "the same, for one worktree"),
    name("commondir", "git reads the configuration of where it leads"),
];

/// Relative to a worktree's git directory.
pub(crate) const WORKTREE: &[GuardedName] = &[name("gitdir", "where the worktree is")];
