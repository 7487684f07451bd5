//! Components of a pattern with wildcards, and how they match. Time is bounded by components times components, so no
//! name or pattern can make a match slow.

use super::PathError;
use super::text::{self, Escape};

/// One component of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Part {
    /// This name.
    Literal(Vec<u8>),
    /// Literal pieces with a `*` between each two; a `*` at either end shows as an empty piece. At least two.
    Wild(Vec<Vec<u8>>),
    /// `**`: any number of components, none included.
    Any,
}

impl Part {
    pub(super) fn parse(component: &str) -> Result<Self, PathError> {
        if component == "**" {
            return Ok(Part::Any);
        }
        let mut done: Vec<Vec<u8>> = Vec::new();
        let mut piece: Vec<u8> = Vec::new();
        let mut after_star = false;
        let mut rest = component.chars();
        while let Some(character) = rest.next() {
            let star = character == '*';
            match character {
                '*' if after_star => return Err(PathError::PartialDoubleStar),
                '*' => done.push(std::mem::take(&mut piece)),
                '\\' => text::push(&mut piece, text::escaped(&mut rest)?),
                '\0' => return Err(PathError::Nul),
                '?' | '[' | '{' => return Err(PathError::Unsupported(character)),
                _ => text::push(&mut piece, text::Unit::Character(character)),
            }
            after_star = star;
        }
        if done.is_empty() {
            return Ok(Part::Literal(piece));
        }
        done.push(piece);
        Ok(Part::Wild(done))
    }

    /// Appends the text that parses back to this.
    pub(super) fn write(&self, text: &mut String) {
        match self {
            Part::Literal(bytes) => text::encode(bytes, Escape::Pattern, text),
            Part::Any => text.push_str("**"),
            Part::Wild(pieces) => {
                for (index, piece) in pieces.iter().enumerate() {
                    if index != 0 {
                        text.push('*');
                    }
                    text::encode(piece, Escape::Pattern, text);
                }
            }
        }
    }

    fn matches(&self, name: &[u8]) -> bool {
        match self {
            Part::Literal(bytes) => bytes == name,
            Part::Any => true,
            Part::Wild(pieces) => wild(pieces, name),
        }
    }

    /// A `*` and nothing else.
    fn is_bare_star(&self) -> bool {
        match self {
            Part::Wild(pieces) => pieces.iter().all(Vec::is_empty),
            Part::Literal(_) | Part::Any => false,
        }
    }
}

/// Whether the parts match these components. A last part that is a name means the tree below as well; `*` the entries
/// alone; `**` everything below, but not the directory itself.
pub(super) fn matches<'a>(parts: &[Part], names: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
    if !may_begin(parts, names.clone().next()) {
        return false;
    }
    let names: Vec<&[u8]> = names.collect();
    match parts.split_last() {
        Some((Part::Any, head)) => reached(head, &names).iter().rev().skip(1).any(|&reached| reached),
        Some((last, _)) if last.is_bare_star() => reached(parts, &names).last() == Some(&true),
        Some(_) => reached(parts, &names).contains(&true),
        None => true,
    }
}

/// Whether a match may begin with these components.
pub(super) fn may_continue<'a>(parts: &[Part], names: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
    if !may_begin(parts, names.clone().next()) {
        return false;
    }
    let names: Vec<&[u8]> = names.collect();
    let full = |count: usize| {
        parts
            .get(..count)
            .is_some_and(|head| reached(head, &names).last() == Some(&true))
    };
    (0..=parts.len()).any(full) || matches(parts, names.iter().copied())
}

/// Whether the first part lets the first name pass: spares most paths the work below.
fn may_begin(parts: &[Part], name: Option<&[u8]>) -> bool {
    match (parts.first(), name) {
        (Some(part), Some(name)) => part.matches(name),
        (_, None) | (None, Some(_)) => true,
    }
}

/// How many parts name something.
pub(super) fn named_parts(parts: &[Part]) -> usize {
    parts
        .iter()
        .filter(|part| !part.is_bare_star() && **part != Part::Any)
        .count()
}

/// For each count of leading names, whether all of `parts` match exactly those.
fn reached(parts: &[Part], names: &[&[u8]]) -> Vec<bool> {
    let mut reached = vec![false; names.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for part in parts {
        if *part == Part::Any {
            let mut any = false;
            for slot in &mut reached {
                any |= *slot;
                *slot = any;
            }
            continue;
        }
        let mut before = false;
        for (index, slot) in reached.iter_mut().enumerate() {
            let matched = before
                && index
                    .checked_sub(1)
                    .and_then(|i| names.get(i))
                    .is_some_and(|name| part.matches(name));
            before = std::mem::replace(slot, matched);
        }
    }
    reached
}

/// Leftmost placement of each piece: enough, since a `*` may swallow anything.
fn wild(pieces: &[Vec<u8>], name: &[u8]) -> bool {
    let Some((first, more)) = pieces.split_first() else {
        return false;
    };
    let Some((last, middle)) = more.split_last() else {
        return first == name;
    };
    let Some(mut rest) = name.strip_prefix(first.as_slice()) else {
        return false;
    };
    for piece in middle {
        if piece.is_empty() {
            continue;
        }
        let Some(at) = rest.windows(piece.len()).position(|window| window == piece) else {
            return false;
        };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}
