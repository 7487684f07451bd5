//! The options of one run as rules of its session. Pure but for paths that are relative to the caller's directory.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use askbox_policy::rule::Origin;
use askbox_policy::{
    CanonicalPath, Effect, NeighbourPattern, NetworkPattern, PathContext, PathPattern, Pattern, Preset,
    ProfileName, Rule, SessionRules, SwitchChoices, Switches,
};
use askbox_wire::{ErrorCode, NO_PROFILE, OsText, RunOptions, WireError};

use super::plan::sockets;

/// Where the options of a run are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) home: &'a CanonicalPath,
    pub(super) project: &'a CanonicalPath,
    pub(super) cwd: &'a Path,
}

/// The session's rules as the command line gives them. Blocks: relative paths are looked up.
pub(super) fn rules(options: &RunOptions, surroundings: Surroundings<'_>) -> Result<SessionRules, WireError> {
    let preset = options.preset.as_deref().map(Preset::from_str).transpose();
    let preset =
        preset.map_err(|error| refused("--preset", options.preset.as_deref().unwrap_or(""), &error))?;
    let mut flags = Vec::new();
    for (flag, texts, effect) in [
        ("--allow-domain", &options.allow_domain, Effect::Allow),
        ("--block-domain", &options.block_domain, Effect::Deny),
    ] {
        for text in texts {
            let pattern = NetworkPattern::parse(text).map_err(|error| refused(flag, text, &error))?;
            flags.push(Rule::new(effect, Pattern::Network(pattern), Origin::Flag));
        }
    }
    let path = |flag: &'static str, text: &str| {
        let links = if flag == "--deny-path" {
            Links::Follow
        } else {
            Links::Keep
        };
        path_pattern(text, surroundings, links).map_err(|error| refused(flag, text, &*error))
    };
    for text in &options.allow_read {
        flags.push(Rule::new(
            Effect::Allow,
            Pattern::Read(path("--allow-read", text)?),
            Origin::Flag,
        ));
    }
    for text in &options.allow_write {
        let pattern = path("--allow-write", text)?;
        // Who may change a file sees it.
        flags.push(Rule::new(
            Effect::Allow,
            Pattern::Read(pattern.clone()),
            Origin::Flag,
        ));
        flags.push(Rule::new(Effect::Allow, Pattern::Write(pattern), Origin::Flag));
    }
    for text in &options.allow_execute {
        flags.push(Rule::new(
            Effect::Allow,
            Pattern::Execute(path("--allow-execute", text)?),
            Origin::Flag,
        ));
    }
    for text in &options.deny_path {
        let pattern = path("--deny-path", text)?;
        for pattern in [
            Pattern::Read(pattern.clone()),
            Pattern::Write(pattern.clone()),
            Pattern::Execute(pattern),
        ] {
            flags.push(Rule::new(Effect::Deny, pattern, Origin::Flag));
        }
    }
    if let Some(name) = options.profile.as_deref().filter(|name| *name != NO_PROFILE) {
        let name = ProfileName::from_str(name).map_err(|error| refused("--profile", name, &error))?;
        flags.push(Rule::new(Effect::Allow, Pattern::Profile(name), Origin::Flag));
    }
    Ok(SessionRules {
        flags,
        preset,
        switches: SwitchChoices {
            nested_sandbox: options.switches.nested_sandbox.then_some(true),
            debugger: options.switches.debugger.then_some(true),
        },
        interactive: !options.non_interactive,
        // What the project says comes with the plan, and ports are opened when the session is served.
        ..SessionRules::default()
    })
}

/// The neighbours that the command line opens, as rules of its session. Looks sockets up.
pub(super) fn neighbours(options: &RunOptions, cwd: &Path) -> Result<Vec<Rule>, WireError> {
    let socket = |path: &OsText| {
        let path = sockets::named(&cwd.join(path.as_path()))
            .map_err(|unusable| unusable.refused("--socket", &path.as_path().display()))?;
        Ok(NeighbourPattern::Socket(path))
    };
    let sockets = options.socket.iter().map(socket);
    let named = options.with.iter().cloned().map(Ok);
    let rule = |pattern| Rule::new(Effect::Allow, Pattern::Neighbour(pattern), Origin::Flag);
    named.chain(sockets).map(|pattern| pattern.map(rule)).collect()
}

/// Notices about walls that this run wants down, and that stand.
pub(super) fn switches_in_vain(wanted: Switches, down: Switches) -> impl Iterator<Item = String> {
    [
        ("--nested-sandbox", wanted.nested_sandbox, down.nested_sandbox),
        ("--debugger", wanted.debugger, down.debugger),
    ]
    .into_iter()
    .filter(|(_, wanted, down)| *wanted && !*down)
    .map(|(flag, ..)| {
        format!("{flag} has no effect: your administrator's policy or the project's .askbox.toml says no")
    })
}

/// What becomes of symbolic links in a path that is relative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Links {
    /// Kept: whoever opens a path means that path, and a program inside may have made it a link to another one.
    Keep,
    /// Followed: what is closed is closed wherever it lies.
    Follow,
}

/// The path without `.` and `..`, by its text alone.
pub(super) fn by_text(path: &Path) -> Option<CanonicalPath> {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir => {}
            Component::RootDir | Component::Normal(_) | Component::Prefix(_) => clean.push(component),
        }
    }
    CanonicalPath::new(&clean)
}

/// A pattern; one that is relative starts at the caller's directory, as in any other command.
fn path_pattern(
    text: &str,
    surroundings: Surroundings<'_>,
    links: Links,
) -> Result<PathPattern, Box<dyn std::error::Error>> {
    let context = PathContext {
        home: surroundings.home,
        project: Some(surroundings.project),
    };
    if !PathPattern::is_relative(text) {
        return Ok(PathPattern::parse(text, &context)?);
    }
    let (exact, bare) = text.strip_prefix('=').map_or((false, text), |bare| (true, bare));
    let joined: PathBuf = surroundings.cwd.join(bare);
    if let Ok(real) = fs::canonicalize(&joined)
        && let Some(real) = match links {
            Links::Keep => by_text(&joined),
            Links::Follow => CanonicalPath::new(&real),
        }
    {
        return Ok(if exact {
            PathPattern::exact(&real)
        } else {
            PathPattern::tree(&real)
        });
    }
    // It does not exist, or has wildcards: below the caller's directory as it is written.
    let text = CanonicalPath::new(surroundings.cwd)
        .map_or_else(|| text.to_owned(), |cwd| PathPattern::text_in(text, &cwd));
    Ok(PathPattern::parse(&text, &context)?)
}

fn refused(flag: &str, value: &str, error: &(impl std::fmt::Display + ?Sized)) -> WireError {
    WireError::new(
        ErrorCode::Refused,
        format!("{flag} {}: {error}", value.escape_debug()),
    )
}
