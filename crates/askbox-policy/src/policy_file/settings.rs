//! Settings written into the text of a policy. Whatever stands around them stays; the result is parsed again, like any other
//! change.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml_edit::{Array, DocumentMut, Item, RawString, Table, TableLike, Value};

use super::edit::{EditError, comments_of, misplaced, says};
use super::{Context, parse};
use crate::limits;
use crate::path_pattern::{CanonicalPath, PathPattern};
use crate::preset::Preset;
use crate::request::Kind;
use crate::resource_limits::{Limit, LimitChoices, LimitError};

/// Settings to write; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsEdit {
    /// `preset`.
    pub preset: Option<Preset>,
    /// `auto_approve`.
    pub auto_approve: Option<Vec<Kind>>,
    /// `timeout` of `[questions]`.
    pub question_timeout_ms: Option<u64>,
    /// `default_expiry` of `[questions]`.
    pub default_expiry_ms: Option<u64>,
    /// `block_lists` of `[network]`.
    pub block_lists: Option<Vec<CanonicalPath>>,
    /// Of `[limits]`.
    pub limits: LimitsEdit,
}

/// Limits to write, and limits to say nothing of any more; the others stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitsEdit {
    named: BTreeSet<Limit>,
    choices: LimitChoices,
}

impl LimitsEdit {
    /// Adds a limit as a person writes it; without a text the file shall say nothing of it.
    pub fn put(&mut self, limit: Limit, text: Option<&str>) -> Result<(), LimitError> {
        limit.choose(text, &mut self.choices)?;
        self.named.insert(limit);
        Ok(())
    }

    /// Each with what to write.
    pub fn texts(&self) -> impl Iterator<Item = (Limit, Option<String>)> {
        self.named.iter().map(|limit| (*limit, limit.text(&self.choices)))
    }
}

/// A value that no file may hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A time outside its range.
    #[error("{name} must be between {} and {}", time(*.range.start()), time(*.range.end()))]
    Range {
        /// The setting.
        name: &'static str,
        /// Its range, in milliseconds.
        range: RangeInclusive<u64>,
    },
    /// A profile is always asked about.
    #[error("a profile is always asked about")]
    Profile,
    /// So is a neighbour.
    #[error("a neighbour is always asked about")]
    Neighbour,
    /// And so is growth on disk.
    #[error("growth on disk is always asked about")]
    Growth,
}

impl SettingsEdit {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same without what is said twice, if a file may hold it.
    pub fn checked(mut self) -> Result<Self, SettingsError> {
        let ranges = [
            (
                "question_timeout",
                self.question_timeout_ms,
                limits::QUESTION_TIMEOUT_RANGE_MS,
            ),
            (
                "default_expiry",
                self.default_expiry_ms,
                limits::DEFAULT_EXPIRY_RANGE_MS,
            ),
        ];
        for (name, value, range) in ranges {
            if value.is_some_and(|value| !range.contains(&value)) {
                return Err(SettingsError::Range { name, range });
            }
        }
        if let Some(kinds) = &mut self.auto_approve {
            if kinds.contains(&Kind::Profile) {
                return Err(SettingsError::Profile);
            }
            if kinds.contains(&Kind::Neighbour) {
                return Err(SettingsError::Neighbour);
            }
            if kinds.contains(&Kind::Growth) {
                return Err(SettingsError::Growth);
            }
            once_each(kinds);
        }
        if let Some(lists) = &mut self.block_lists {
            once_each(lists);
        }
        Ok(self)
    }
}

/// The text with these settings. They must be [`SettingsEdit::checked`].
pub fn change_settings(text: &str, edit: &SettingsEdit, context: &Context) -> Result<String, EditError> {
    let mut expected = parse(text, context).map_err(EditError::Broken)?;
    let mut document: DocumentMut = text.parse().map_err(misplaced)?;
    let root = document.as_table_mut();
    if let Some(preset) = edit.preset {
        put(root, "preset", preset.to_string().into());
        expected.preset = Some(preset);
    }
    if let Some(kinds) = &edit.auto_approve {
        put(root, "auto_approve", list(kinds.iter().map(ToString::to_string)));
        expected.auto_approve = Some(kinds.clone());
    }
    if let Some(milliseconds) = edit.question_timeout_ms {
        put(table(root, "questions")?, "timeout", time(milliseconds).into());
        expected.question_timeout_ms = Some(milliseconds);
    }
    if let Some(milliseconds) = edit.default_expiry_ms {
        put(
            table(root, "questions")?,
            "default_expiry",
            time(milliseconds).into(),
        );
        expected.default_expiry_ms = Some(milliseconds);
    }
    if let Some(paths) = &edit.block_lists {
        let texts = paths.iter().map(|path| PathPattern::tree(path).to_string());
        put(table(root, "network")?, "block_lists", list(texts));
        expected.block_lists.clone_from(paths);
    }
    for (limit, text) in edit.limits.texts() {
        match &text {
            Some(text) => put(
                table(document.as_table_mut(), "limits")?,
                limit.key(),
                text.into(),
            ),
            None => take_out(&mut document, limit),
        }
        let chosen = limit.choose(text.as_deref(), &mut expected.limits);
        chosen.map_err(|_written_otherwise| EditError::Misplaced)?;
    }
    says(document.to_string(), &expected, context)
}

/// Sets a key; what stood around its value stays.
fn put(table: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(Item::Value(old)) = table.get_mut(key) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
    } else {
        table.insert(key, Item::Value(value));
    }
}

/// Says nothing of a limit any more. Comments of its line stay: above what follows it, or at the end.
fn take_out(document: &mut DocumentMut, limit: Limit) {
    let key = limit.key();
    let Some(table) = document.get_mut("limits").and_then(Item::as_table_like_mut) else {
        return;
    };
    let Some(comments) = table.get_key_value(key).map(|(key, item)| comments_of(key, item)) else {
        return;
    };
    let next = table.iter().map(|(key, _)| key.to_owned());
    let next = next.skip_while(|found| found != key).nth(1);
    table.remove(key);
    let text = |raw: Option<&RawString>| raw.and_then(RawString::as_str).unwrap_or_default().to_owned();
    if let Some(mut next) = next.and_then(|next| table.key_mut(&next)) {
        let own = text(next.leaf_decor().prefix());
        next.leaf_decor_mut().set_prefix(comments + &own);
    } else if !comments.is_empty() {
        let own = text(Some(document.trailing()));
        document.set_trailing(own + &comments);
    }
}

/// The table of this name, which is made where there is none.
fn table<'t>(root: &'t mut Table, key: &str) -> Result<&'t mut dyn TableLike, EditError> {
    let item = root.entry(key).or_insert_with(|| Item::Table(Table::new()));
    item.as_table_like_mut().ok_or(EditError::Misplaced)
}

fn list(texts: impl Iterator<Item = String>) -> Value {
    Value::Array(texts.collect::<Array>())
}

fn time(milliseconds: u64) -> String {
    humantime::format_duration(Duration::from_millis(milliseconds)).to_string()
}

fn once_each<T: PartialEq + Clone>(values: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::new();
    for value in values.iter() {
        if !kept.contains(value) {
            kept.push(value.clone());
        }
    }
    *values = kept;
}

#[cfg(test)]
mod tests;
