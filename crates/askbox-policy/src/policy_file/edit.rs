//! Changes to the text of a policy that leave every comment, blank line and order as they are. Each result is parsed
//! again before it is handed out: a change that would mean something else is an error, not a text.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use toml_edit::{Document, Item};

use super::{Context, Problem, parse};
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

/// The text with the rule at its end. Its origin is lost: what stands in a file belongs to whoever owns the file.
pub fn append_rule(text: &str, rule: &Rule, context: &Context) -> Result<String, EditError> {
    let before = parse(text, context).map_err(EditError::Broken)?;
    let mut changed = text.to_owned();
    if !changed.is_empty() && !changed.ends_with('\n') {
        changed.push('\n');
    }
    if !changed.is_empty() && !changed.ends_with("\n\n") {
        changed.push('\n');
    }
    write_rule(&mut changed, rule).ok_or(EditError::NotText)?;

    let after = parse(&changed, context).map_err(misplaced)?;
    let mut expected = before;
    let expires = rule.expires.as_ref().map(|end| Expiry::at_wall(end.wall_ms));
    expected.rules.push(
        Rule {
            origin: context.origin,
            expires,
            ..rule.clone()
        }
        .named(),
    );
    if after == expected {
        Ok(changed)
    } else {
        Err(EditError::Misplaced)
    }
}

/// The text without the rules of this name; `None` when it has none. Comments before a rule stay.
pub fn remove_rule(text: &str, id: &RuleId, context: &Context) -> Result<Option<String>, EditError> {
    let before = parse(text, context).map_err(EditError::Broken)?;
    let document = Document::parse(text).map_err(misplaced)?;
    let tables = document.get("rule").and_then(Item::as_array_of_tables);
    let mut changed = String::with_capacity(text.len());
    let mut kept = 0;
    for (table, rule) in tables.into_iter().flatten().zip(&before.rules) {
        if rule.id != *id {
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

    let after = parse(&changed, context).map_err(misplaced)?;
    let mut expected = before;
    expected.rules.retain(|rule| rule.id != *id);
    if after == expected {
        Ok(Some(changed))
    } else {
        Err(EditError::Misplaced)
    }
}

fn write_rule(text: &mut String, rule: &Rule) -> Option<()> {
    text.push_str("[[rule]]\n");
    line(text, "effect", &rule.effect.to_string());
    let key = rule.pattern.kind().to_string();
    match &rule.pattern {
        Pattern::Network(network) => {
            let host = NetworkPattern {
                address: None,
                ..network.clone()
            };
            line(text, &key, &host.to_string());
            if let Some(address) = network.address {
                line(text, "address", &address.to_string());
            }
        }
        Pattern::Profile(name) => line(text, &key, name.as_str()),
        Pattern::Read(path) | Pattern::Write(path) | Pattern::Execute(path) => {
            line(text, &key, &path.to_string());
        }
    }
    if let Some(project) = &rule.project {
        let project = crate::CanonicalPath::new(project)?;
        line(text, "project", &crate::PathPattern::tree(&project).to_string());
    }
    if let Some(program) = &rule.program {
        line(text, "program", &program.to_string());
    }
    if let Some(expires) = &rule.expires {
        let moment = UNIX_EPOCH.checked_add(Duration::from_millis(expires.wall_ms))?;
        writeln!(text, "expires = {}", humantime::format_rfc3339_millis(moment)).ok()?;
    }
    if let Some(note) = &rule.note {
        line(text, "note", note);
    }
    Some(())
}

/// What was parsed before the change, or is parsed after it, has no problem of its own.
fn misplaced<E>(_: E) -> EditError {
    EditError::Misplaced
}

fn line(text: &mut String, key: &str, value: &str) {
    let value = toml_edit::Value::from(value);
    for part in [key, " = ", &value.to_string(), "\n"] {
        text.push_str(part);
    }
}
