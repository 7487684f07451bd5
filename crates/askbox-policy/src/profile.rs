//! Profiles: what one known program needs, asked about with one question; and bundles: files that one question about any of
//! them offers together. Both are data, in `profiles/*.toml`; what does not parse opens nothing, and a test holds that all of
//! it parses.
//!
//! A profile is bound to the session whose command a person typed, never to a process: its patterns count in that session
//! alone, and only while [`Target::Profile`](crate::Target::Profile) is allowed there.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::host_pattern::NetworkPattern;
use crate::path_pattern::{CanonicalPath, PathContext, PathPattern};
use crate::rule::Pattern;

mod bundle;
mod data;

pub use bundle::{Bundle, bundle_of, bundles};

/// Names a profile in rules, flags and the log. May name one that this version does not know; such a name opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProfileName(String);

/// The text names no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such profile; the profiles are {}", names())]
pub struct UnknownProfile;

/// What one known program needs. Paths start with `~/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// The program's name for people.
    pub title: String,
    /// File names of the program.
    pub programs: Vec<String>,
    /// Files that hold its login; read and written, each by its exact path.
    pub login: Vec<String>,
    /// What it reads.
    pub settings: Vec<String>,
    /// What it reads and writes.
    pub state: Vec<String>,
    /// What it tries to write at each start and can do without: refused without a question, since it runs outside later, or
    /// lies beside such a file under a name that is new each time.
    pub refused: Vec<String>,
    /// Bundles that are read, by name.
    pub bundles: Vec<String>,
    /// The domain families that it talks to.
    pub domains: Vec<String>,
}

/// What a session has of a profile. Counts only while the profile is allowed there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionProfile {
    /// Which profile.
    pub name: ProfileName,
    /// What it allows.
    pub patterns: Vec<Pattern>,
    /// What it refuses without a question.
    pub refused: Vec<Pattern>,
}

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(data::profiles);

impl ProfileName {
    /// The profile; `None` for a name of another version.
    pub fn profile(&self) -> Option<&'static Profile> {
        Profile::all().iter().find(|profile| profile.name == *self)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = UnknownProfile;
    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let known = Profile::all().iter().find(|profile| profile.name.0 == text);
        known.map(|profile| profile.name.clone()).ok_or(UnknownProfile)
    }
}

impl Profile {
    /// All of them, by name.
    pub fn all() -> &'static [Profile] {
        &PROFILES
    }

    /// The profile of the program that a command names, by the last part of its first word.
    pub fn of_command(program: &Path) -> Option<&'static Profile> {
        let name = program.file_name()?.to_str()?;
        Self::all()
            .iter()
            .find(|profile| profile.programs.iter().any(|own| own == name))
    }

    /// What it allows for a user. Who may write a file sees it; a login is opened by its exact path alone.
    pub fn patterns(&self, home: &CanonicalPath) -> Vec<Pattern> {
        let context = PathContext { home, project: None };
        let path = |text: &String| PathPattern::parse(text, &context).ok();
        let login: Vec<PathPattern> = self
            .login
            .iter()
            .filter_map(path)
            .map(|path| PathPattern::exact(path.anchor()))
            .collect();
        let settings = self.settings.iter().filter_map(path);
        let bundles = self.bundles().flat_map(|bundle| bundle.patterns(home));
        let written: Vec<PathPattern> = login
            .into_iter()
            .chain(self.state.iter().filter_map(path))
            .collect();
        let domains = self
            .domains
            .iter()
            .filter_map(|text| NetworkPattern::parse(text).ok());
        settings
            .chain(written.iter().cloned())
            .map(Pattern::Read)
            .chain(bundles)
            .chain(written.iter().cloned().map(Pattern::Write))
            .chain(domains.map(Pattern::Network))
            .collect()
    }

    /// Whether it writes this file or directory itself.
    pub fn writes(&self, path: &CanonicalPath, home: &CanonicalPath) -> bool {
        self.patterns(home)
            .iter()
            .any(|pattern| matches!(pattern, Pattern::Write(_)) && pattern.names(path))
    }

    /// What it is refused to write, for a user.
    pub fn refusals(&self, home: &CanonicalPath) -> Vec<Pattern> {
        let context = PathContext { home, project: None };
        let paths = self
            .refused
            .iter()
            .filter_map(|text| PathPattern::parse(text, &context).ok());
        paths.map(Pattern::Write).collect()
    }

    /// The bundles that it reads.
    pub fn bundles(&self) -> impl Iterator<Item = &'static Bundle> {
        bundles()
            .iter()
            .filter(|bundle| self.bundles.contains(&bundle.name))
    }

    /// What it opens, in few words: `its own login and state and git configuration (16 paths, 1 domain family)`.
    pub fn summary(&self) -> String {
        let mut what = Vec::new();
        for (name, paths) in [
            ("login", &self.login),
            ("settings", &self.settings),
            ("state", &self.state),
        ] {
            if !paths.is_empty() {
                what.push(name);
            }
        }
        // An agent's settings lie in its state.
        if what.contains(&"login") || what.contains(&"state") {
            what.retain(|name| *name != "settings");
        }
        if what.is_empty() && !self.domains.is_empty() {
            what.push("registry");
        }
        let own = (!what.is_empty()).then(|| format!("its own {}", what.join(" and ")));
        let shared = self.bundles().map(|bundle| bundle.title.clone());
        let all: Vec<String> = own.into_iter().chain(shared).collect();
        let of_bundles: usize = self.bundles().map(|bundle| bundle.paths.len()).sum();
        let paths = self.login.len() + self.settings.len() + self.state.len() + of_bundles;
        let parts = [
            counted(paths, "path", "paths"),
            counted(self.domains.len(), "domain family", "domain families"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("{} ({})", listed(&all), parts.join(", "))
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn counted(count: usize, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    }
}

/// The names of all profiles, for messages.
fn names() -> String {
    let names: Vec<&str> = Profile::all()
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
