//! Reading the data files.

use toml_edit::{DocumentMut, Item, Table};

use super::{Bundle, Profile, ProfileName};

/// One file per program: its name, and its text.
#[rustfmt::skip]
pub(super) const FILES: [(&str, &str); 10] = [
    ("cargo", include_str!("../profiles/cargo.toml")),
    ("claude", include_str!("../profiles/claude.toml")),
    ("codex", include_str!("../profiles/codex.toml")),
    ("gemini", include_str!("../profiles/gemini.toml")),
    ("git", include_str!("../profiles/git.toml")),
    ("go", include_str!("../profiles/go.toml")),
    ("npm", include_str!("../profiles/npm.toml")),
    ("pip", include_str!("../profiles/pip.toml")),
    ("pnpm", include_str!("../profiles/pnpm.toml")),
    ("uv", include_str!("../profiles/uv.toml")),
];

/// The bundles.
pub(super) const BUNDLES: &str = include_str!("../profiles/bundles.toml");

pub(super) fn profiles() -> Vec<Profile> {
    FILES
        .iter()
        .filter_map(|(name, text)| profile(name, text))
        .collect()
}

fn profile(name: &str, text: &str) -> Option<Profile> {
    let document: DocumentMut = text.parse().ok()?;
    let table = document.as_table();
    Some(Profile {
        name: ProfileName(name.to_owned()),
        title: table.get("title")?.as_str()?.to_owned(),
        programs: texts(table, "programs")?,
        login: texts(table, "login")?,
        settings: texts(table, "settings")?,
        state: texts(table, "state")?,
        refused: texts(table, "refused")?,
        bundles: texts(table, "bundles")?,
        domains: texts(table, "domains")?,
    })
}

pub(super) fn bundles() -> Vec<Bundle> {
    let Ok(document) = BUNDLES.parse::<DocumentMut>() else {
        return Vec::new();
    };
    let bundle = |(name, item): (&str, &Item)| {
        let table = item.as_table()?;
        Some(Bundle {
            name: name.to_owned(),
            title: table.get("title")?.as_str()?.to_owned(),
            paths: texts(table, "paths")?,
        })
    };
    document.iter().filter_map(bundle).collect()
}

/// A list of texts; empty where there is none, `None` where it is something else.
fn texts(table: &Table, key: &str) -> Option<Vec<String>> {
    let Some(item) = table.get(key) else {
        return Some(Vec::new());
    };
    item.as_array()?
        .iter()
        .map(|text| text.as_str().map(str::to_owned))
        .collect()
}
