//! Changes to the text of a policy that leave every comment, blank line and order as they are. Each result is parsed
//! again before it is handed out: a change that would mean something else is an error, not a text.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use toml_edit::{Document, DocumentMut, Item, Key, RawString, Table, Value};

use super::{Context, PolicyFile, Problem, parse};
use crate::grant::Expiry;
use crate::host_pattern::NetworkPattern;
use crate::rule::{Pattern, Rule, RuleId};

/// Why a text cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is broken already; whoever wrote it must mend it first.
    #[error("the policy file has {} problem(s), the first in line {}", .0.len(), .0.first().map_or(1, |problem| problem.line))]
    Broken(Vec<Problem>),
    /// The rule has no text: a path of its own that is not UTF-8, or an end beyond what a date can say.
    #[error("the rule cannot be written as text")]
    NotText,
    /// The changed text would not say what was meant.
    #[error("the rule could not be placed in the policy file")]
    Misplaced,
}

/// The text with the rules at its end. Their origin is lost: what stands in a file belongs to whoever owns the file.
pub fn append_rules(text: &str, rules: &[Rule], context: &Context) -> Result<String, EditError> {
    let before = parse(text, context).map_err(EditError::Broken)?;
    let mut changed = text.to_owned();
    if !changed.is_empty() && !changed.ends_with('\n') {
        changed.push('\n');
    }
    for rule in rules {
        if !changed.is_empty() && !changed.ends_with("\n\n") {
            changed.push('\n');
        }
        write_rule(&mut changed, rule).ok_or(EditError::NotText)?;
    }
    let mut expected = before;
    expected
        .rules
        .extend(rules.iter().map(|rule| written(rule, context)));
    says(changed, &expected, context)
}

/// The text with a rule in the place of the one of this name; `None` when it has none. Where that stands more than once,
/// the first makes place and the others go. Comments of the rule stay, also those beside keys that the new one has not.
pub fn replace_rule(
    text: &str,
    id: &RuleId,
    rule: &Rule,
    context: &Context,
) -> Result<Option<String>, EditError> {
    let before = parse(text, context).map_err(EditError::Broken)?;
    let Some(place) = before.rules.iter().position(|one| one.id == *id) else {
        return Ok(None);
    };
    let alone = without(text, &before, |number, one| number != place && one.id == *id)?;
    let mut document: DocumentMut = alone.as_deref().unwrap_or(text).parse().map_err(misplaced)?;
    let tables = document.get_mut("rule").and_then(Item::as_array_of_tables_mut);
    let table = tables
        .and_then(|tables| tables.get_mut(place))
        .ok_or(EditError::Misplaced)?;
    rewrite(table, entries(rule).ok_or(EditError::NotText)?);

    let mut expected = before;
    let mut number = 0;
    expected.rules.retain(|one| {
        number += 1;
        number == place + 1 || one.id != *id
    });
    if let Some(one) = expected.rules.get_mut(place) {
        *one = written(rule, context);
    }
    says(document.to_string(), &expected, context).map(Some)
}

/// Makes a rule's table hold these keys and no others.
fn rewrite(table: &mut Table, entries: Vec<(String, Value)>) {
    let gone: Vec<String> = table
        .iter()
        .map(|(key, _)| key.to_owned())
        .filter(|key| !entries.iter().any(|(kept, _)| kept == key))
        .collect();
    let mut comments = String::new();
    for (key, item) in gone.iter().filter_map(|key| table.remove_entry(key)) {
        comments.push_str(&comments_of(&key, &item));
    }
    for (key, mut value) in entries {
        if let Some(Item::Value(old)) = table.get_mut(&key) {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        } else {
            table.insert(&key, Item::Value(value));
        }
    }
    if let Some(mut first) = table.key_mut("effect").filter(|_| !comments.is_empty()) {
        let decor = first.leaf_decor_mut();
        let own = decor.prefix().and_then(RawString::as_str).unwrap_or_default();
        decor.set_prefix(format!("{comments}{own}"));
    }
}

/// What stands above a key and beside its value, a line each.
pub(super) fn comments_of(key: &Key, item: &Item) -> String {
    let above = key.leaf_decor().prefix();
    let beside = item.as_value().and_then(|value| value.decor().suffix());
    let texts = above.into_iter().chain(beside).filter_map(RawString::as_str);
    let lines = texts.flat_map(str::lines).map(str::trim);
    lines
        .filter(|line| line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// A rule as it is read back.
fn written(rule: &Rule, context: &Context) -> Rule {
    Rule {
        origin: context.origin,
        expires: rule.expires.as_ref().map(|end| Expiry::at_wall(end.wall_ms)),
        ..rule.clone()
    }
    .named()
}

/// The changed text, if it says what was meant.
pub(super) fn says(changed: String, expected: &PolicyFile, context: &Context) -> Result<String, EditError> {
    if parse(&changed, context).map_err(misplaced)? == *expected {
        Ok(changed)
    } else {
        Err(EditError::Misplaced)
    }
}

/// The text without the rules of this name; `None` when it has none. Comments before a rule stay.
pub fn remove_rule(text: &str, id: &RuleId, context: &Context) -> Result<Option<String>, EditError> {
    let before = parse(text, context).map_err(EditError::Broken)?;
    let Some(changed) = without(text, &before, |_, rule| rule.id == *id)? else {
        return Ok(None);
    };
    let mut expected = before;
    expected.rules.retain(|rule| rule.id != *id);
    says(changed, &expected, context).map(Some)
}

/// The text without some of its rules, which `file` holds; `None` where it has none of them. Not parsed again.
fn without(
    text: &str,
    file: &PolicyFile,
    is_unwanted: impl Fn(usize, &Rule) -> bool,
) -> Result<Option<String>, EditError> {
    let document = Document::parse(text).map_err(misplaced)?;
    let tables = document.get("rule").and_then(Item::as_array_of_tables);
    let mut changed = String::with_capacity(text.len());
    let mut kept = 0;
    for (number, (table, rule)) in tables.into_iter().flatten().zip(&file.rules).enumerate() {
        if !is_unwanted(number, rule) {
            continue;
        }
        let start = table.span().ok_or(EditError::Misplaced)?.start;
        let last = table
            .iter()
            .filter_map(|(_, item)| item.span())
            .map(|span| span.end)
            .max();
        let end = last.ok_or(EditError::Misplaced)?;
        let line_end = text
            .get(end..)
            .and_then(|rest| rest.find('\n'))
            .map_or(text.len(), |at| end + at + 1);
        let line_start = text
            .get(..start)
            .and_then(|head| head.rfind('\n'))
            .map_or(0, |at| at + 1);
        changed.push_str(text.get(kept..line_start).ok_or(EditError::Misplaced)?);
        kept = line_end;
    }
    if kept == 0 {
        return Ok(None);
    }
    changed.push_str(text.get(kept..).ok_or(EditError::Misplaced)?);
    Ok(Some(changed))
}

fn write_rule(text: &mut String, rule: &Rule) -> Option<()> {
    text.push_str("[[rule]]\n");
    for (key, value) in entries(rule)? {
        for part in [key.as_str(), " = ", &value.to_string(), "\n"] {
            text.push_str(part);
        }
    }
    Some(())
}

/// The keys of a rule's table, in the order in which they are written.
fn entries(rule: &Rule) -> Option<Vec<(String, Value)>> {
    let mut entries = vec![("effect".to_owned(), rule.effect.to_string().into())];
    let mut add = |key: &str, value: Value| entries.push((key.to_owned(), value));
    let kind = rule.pattern.kind().to_string();
    match &rule.pattern {
        Pattern::Network(network) => {
            let host = NetworkPattern {
                address: None,
                ..network.clone()
            };
            add(&kind, host.to_string().into());
            if let Some(address) = network.address {
                add("address", address.to_string().into());
            }
        }
        Pattern::Profile(name) => add(&kind, name.as_str().into()),
        Pattern::Neighbour(neighbour) => add(&kind, neighbour.to_string().into()),
        Pattern::Growth(growth) => add(&kind, growth.to_string().into()),
        Pattern::Read(path) | Pattern::Write(path) | Pattern::Execute(path) => {
            add(&kind, path.to_string().into());
        }
    }
    if let Some(project) = &rule.project {
        let project = crate::CanonicalPath::new(project)?;
        add("project", crate::PathPattern::tree(&project).to_string().into());
    }
    if let Some(program) = &rule.program {
        add("program", program.to_string().into());
    }
    if let Some(expires) = &rule.expires {
        let moment = UNIX_EPOCH.checked_add(Duration::from_millis(expires.wall_ms))?;
        let mut text = String::new();
        write!(text, "{}", humantime::format_rfc3339_millis(moment)).ok()?;
        add("expires", text.parse().ok()?);
    }
    if let Some(note) = &rule.note {
        add("note", note.into());
    }
    Some(entries)
}

/// What was parsed before the change, or is parsed after it, has no problem of its own.
pub(super) fn misplaced<E>(_: E) -> EditError {
    EditError::Misplaced
}
