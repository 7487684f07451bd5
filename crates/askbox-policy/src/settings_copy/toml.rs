//! Settings in TOML: cargo's and uv's. Read as TOML, changed as text, so that whatever is no secret keeps its form.

use std::ops::Range;

use toml_edit::{Document, Item, Table, Value};

use super::HIDDEN;
use super::secret::{self, Shown};

/// The copy of a text; `None` for what is no TOML, in which a secret may be anywhere.
pub(super) fn copy(text: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let mut found = Found {
        text,
        literal: Vec::new(),
        changes: Vec::new(),
    };
    found.table(document.as_table())?;
    found.comments()?;
    Some(found.apply())
}

/// What is to be changed of a text.
struct Found<'a> {
    text: &'a str,
    /// Where strings and keys are, in which `#` starts no comment.
    literal: Vec<Range<usize>>,
    changes: Vec<(Range<usize>, String)>,
}

impl Found<'_> {
    fn table(&mut self, table: &Table) -> Option<()> {
        for (key, item) in table {
            self.key(table.key(key))?;
            match item {
                Item::None => {}
                Item::Value(value) => self.pair(key, value)?,
                Item::Table(table) => self.table(table)?,
                Item::ArrayOfTables(tables) => tables.iter().try_for_each(|table| self.table(table))?,
            }
        }
        Some(())
    }

    /// A setting with lines of its own, all of which are hidden when any of it is.
    fn pair(&mut self, key: &str, value: &Value) -> Option<()> {
        let span = value.span()?;
        let changes = self.changes.len();
        if self.value(key, value)? {
            return Some(());
        }
        self.changes.truncate(changes);
        let start = self
            .text
            .get(..span.start)?
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let rest = self.text.get(span.end..)?;
        let end = span.end + rest.find('\n').unwrap_or(rest.len());
        let end = end - usize::from(self.text.get(..end)?.ends_with('\r'));
        // A comment behind it, and `#` in it, go as well.
        self.literal.push(start..end);
        self.changes.push((start..end, HIDDEN.to_owned()));
        Some(())
    }

    /// Looks at a value and what is in it; false when it has to be hidden.
    fn value(&mut self, key: &str, value: &Value) -> Option<bool> {
        match value {
            Value::String(string) => {
                let span = value.span()?;
                let raw = self.text.get(span.clone())?;
                self.literal.push(span.clone());
                let (Shown::As(meant), Shown::As(clean)) =
                    (secret::value(key, string.value()), secret::value(key, raw))
                else {
                    return Some(false);
                };
                // What an escape stands for is not seen in the text.
                if raw.contains('\\') && meant != *string.value() {
                    return Some(false);
                }
                if clean != raw {
                    self.changes.push((span, clean.into_owned()));
                }
                Some(true)
            }
            Value::Array(array) => {
                let mut is_shown = true;
                for element in array {
                    // What follows a flag for a secret is one.
                    let is_flag = element.as_str().is_some_and(secret::is_secret_flag);
                    is_shown &= !is_flag && self.value(key, element)?;
                }
                Some(is_shown)
            }
            Value::InlineTable(table) => {
                let mut is_shown = true;
                for (inner, value) in table {
                    self.key(table.key(inner))?;
                    let key = if secret::is_secret_key(key) { key } else { inner };
                    is_shown &= self.value(key, value)?;
                }
                Some(is_shown)
            }
            Value::Integer(_) => Some(!secret::is_secret_key(key)),
            Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => Some(true),
        }
    }

    /// A key, which may be quoted. One that holds a secret itself hides the file.
    fn key(&mut self, key: Option<&toml_edit::Key>) -> Option<()> {
        let key = key?;
        if let Some(span) = key.span() {
            self.literal.push(span);
        }
        (secret::text(key.get()) == Shown::As(key.get().into())).then_some(())
    }

    /// Everything from a `#` outside of strings and keys to the end of its line.
    fn comments(&mut self) -> Option<()> {
        self.literal.sort_by_key(|span| span.start);
        let mut literal = self.literal.iter().peekable();
        let mut at = 0;
        while let Some(next) = self.text.get(at..)?.find('#').map(|offset| at + offset) {
            while literal.next_if(|span| span.end <= next).is_some() {}
            if let Some(span) = literal.peek().filter(|span| span.contains(&next)) {
                at = span.end;
                continue;
            }
            let rest = self.text.get(next..)?;
            let end = next + rest.find(['\n', '\r']).unwrap_or(rest.len());
            let comment = self.text.get(next..end)?;
            match secret::text(comment) {
                Shown::As(clean) if clean == comment => {}
                Shown::As(clean) => self.changes.push((next..end, clean.into_owned())),
                Shown::Hidden => self.changes.push((next..end, HIDDEN.to_owned())),
            }
            at = end;
        }
        Some(())
    }

    /// The text with all changes.
    fn apply(mut self) -> String {
        self.changes.sort_by_key(|(span, _)| span.start);
        let mut copy = String::with_capacity(self.text.len());
        let mut at = 0;
        for (span, new) in &self.changes {
            // Changes do not meet; one that did would only hide more.
            copy.push_str(self.text.get(at..span.start).unwrap_or_default());
            if at <= span.start {
                copy.push_str(new);
            }
            at = at.max(span.end);
        }
        copy.push_str(self.text.get(at..).unwrap_or_default());
        copy
    }
}
