//! The menu of a tray icon as its host gets it, by com.canonical.dbusmenu.

use zbus::zvariant::{Structure, Value};

/// One entry, with what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The app's number for it.
    pub id: i32,
    /// What it says, without the mark of a key.
    pub label: String,
    /// Whether it can be chosen.
    pub is_enabled: bool,
    /// Whether it can be seen.
    pub is_visible: bool,
    /// Whether it is a line between others.
    pub is_line: bool,
    /// The entries below it.
    pub below: Vec<Entry>,
}

impl Entry {
    /// The entry that these labels lead to.
    pub fn find(&self, labels: &[&str]) -> Option<&Self> {
        let Some((first, rest)) = labels.split_first() else {
            return Some(self);
        };
        let next = self.below.iter().find(|entry| entry.label == *first)?;
        next.find(rest)
    }

    /// The labels of the entries below, without lines between them.
    pub fn labels(&self) -> Vec<&str> {
        let labels = self.below.iter().map(|entry| entry.label.as_str());
        labels.filter(|label| !label.is_empty()).collect()
    }

    /// Every label of the menu.
    pub fn all_labels(&self) -> Vec<&str> {
        let below = self.below.iter().flat_map(Self::all_labels);
        std::iter::once(self.label.as_str()).chain(below).collect()
    }

    /// What came over the bus: a number, properties, and entries of the same form.
    pub(super) fn parse(layout: &Structure<'_>) -> Self {
        let [Value::I32(id), Value::Dict(properties), Value::Array(below)] = layout.fields() else {
            panic!("no entry of a menu: {layout:?}");
        };
        let mut entry = Self {
            id: *id,
            is_enabled: true,
            is_visible: true,
            ..Self::default()
        };
        for (name, value) in properties.iter() {
            match (inner(name), inner(value)) {
                (Value::Str(name), Value::Str(text)) if *name == "label" => entry.label = unmarked(text),
                (Value::Str(name), Value::Bool(on)) if *name == "enabled" => entry.is_enabled = *on,
                (Value::Str(name), Value::Bool(on)) if *name == "visible" => entry.is_visible = *on,
                (Value::Str(name), Value::Str(kind)) if *name == "type" => {
                    entry.is_line = *kind == "separator";
                }
                _ => {}
            }
        }
        entry.below = below
            .iter()
            .map(|one| match inner(one) {
                Value::Structure(layout) => Self::parse(layout),
                other => panic!("no entry of a menu: {other:?}"),
            })
            .collect();
        entry
    }
}

fn inner<'a>(value: &'a Value<'a>) -> &'a Value<'a> {
    match value {
        Value::Value(inner) => inner,
        plain => plain,
    }
}

/// A label as a host shows it: one underscore marks a key, two are one.
fn unmarked(label: &str) -> String {
    let mut shown = String::new();
    let mut characters = label.chars();
    while let Some(character) = characters.next() {
        if character == '_' {
            shown.extend(characters.next());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::unmarked;

    #[test]
    fn an_underscore_marks_a_key() {
        for (label, shown) in [("_Open", "Open"), ("a__b", "a_b"), ("a_", "a"), ("", "")] {
            assert_eq!(unmarked(label), shown);
        }
    }
}
