//! Presets: the three levels of the security guide. What they allow is data, in `presets.toml`.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item, TableLike};

use crate::host::HostName;
use crate::policy::suffixes;
use crate::request::Kind;
use crate::resource_limits::{self, LimitChoices};

/// A named policy, from the closest to the most open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Nothing beyond the project, its toolchains and its profile; ~/.config is denied, the rest asks.
    #[default]
    Minimal,
    /// Common development domains and reads outside the credential list are allowed.
    Moderate,
    /// Every public domain, and every file outside both lists.
    Development,
}

/// The text names no preset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a preset is `minimal`, `moderate` or `development`")]
pub struct UnknownPreset;

/// What one preset allows by itself.
#[derive(Debug, Default)]
struct Data {
    kinds: Vec<Kind>,
    /// Registrable domains that are allowed with everything below them.
    families: HashSet<Box<str>>,
    /// What a session may use of the machine.
    limits: LimitChoices,
}

static MODERATE: LazyLock<Data> = LazyLock::new(|| Data::read("moderate"));
static DEVELOPMENT: LazyLock<Data> = LazyLock::new(|| Data::read("development"));
static MINIMAL: LazyLock<Data> = LazyLock::new(|| Data::read("minimal"));

impl Preset {
    /// All of them, the closest first.
    pub const ALL: [Preset; 3] = [Preset::Minimal, Preset::Moderate, Preset::Development];

    /// Whether it approves everything of this kind; for network, everything public.
    pub fn approves(self, kind: Kind) -> bool {
        self.data().kinds.contains(&kind)
    }

    /// Whether a family that it allows holds this name.
    pub fn allows_name(self, name: &HostName) -> bool {
        let families = &self.data().families;
        !families.is_empty() && suffixes(name).any(|suffix| families.contains(suffix))
    }

    /// What a session may use of the machine where nobody says otherwise.
    pub fn limits(self) -> LimitChoices {
        self.data().limits
    }

    fn data(self) -> &'static Data {
        match self {
            Preset::Minimal => &MINIMAL,
            Preset::Moderate => &MODERATE,
            Preset::Development => &DEVELOPMENT,
        }
    }
}

impl Data {
    /// Reads one table of the data file. What does not parse allows nothing; a test holds that all of it parses.
    fn read(preset: &str) -> Self {
        let Ok(document) = include_str!("presets.toml").parse::<DocumentMut>() else {
            return Self::default();
        };
        let table = document.get(preset);
        let array = |key| table.and_then(|table| table.get(key)).and_then(Item::as_array);
        let kinds = array("auto_approve")
            .into_iter()
            .flatten()
            .filter_map(|kind| kind.as_str()?.parse().ok())
            .collect();
        let families = array("domains")
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let family = entry.as_inline_table()?.get("family")?.as_str()?;
                let domain = HostName::parse(family.strip_prefix("**.")?).ok()?;
                Some(domain.as_str().into())
            })
            .collect();
        let limits = table
            .and_then(|table| table.get("limits"))
            .and_then(Item::as_table_like);
        Self {
            kinds,
            families,
            limits: limits.map(limit_choices).unwrap_or_default(),
        }
    }
}

fn limit_choices(table: &dyn TableLike) -> LimitChoices {
    let text = |key| table.get(key).and_then(Item::as_str);
    LimitChoices {
        memory: text("memory").and_then(|text| resource_limits::memory(text).ok()),
        processes: text("processes").and_then(|text| resource_limits::processes(text).ok()),
        open_files: text("open_files").and_then(|text| resource_limits::open_files(text).ok()),
        disk: text("disk").and_then(|text| resource_limits::size(text).ok()),
        ..LimitChoices::default()
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Preset::Minimal => "minimal",
            Preset::Moderate => "moderate",
            Preset::Development => "development",
        })
    }
}

impl FromStr for Preset {
    type Err = UnknownPreset;
    fn from_str(text: &str) -> Result<Self, UnknownPreset> {
        Preset::ALL
            .into_iter()
            .find(|preset| preset.to_string() == text)
            .ok_or(UnknownPreset)
    }
}

#[cfg(test)]
mod tests;
