//! Which names stand before secrets, which values are some, and URLs without user and password. In doubt a value is a
//! secret: a tool that misses a setting says so, a token that left does not come back.

use std::borrow::Cow;

use crate::display::redact::{NPM_PREFIX, SECRET_PREFIXES, is_secret_name};

/// Keys that sound like secrets and are none.
const HARMLESS_KEYS: [&str; 14] = [
    "always-auth",
    "auth-type",
    "author",
    "init-author-name",
    "init-author-email",
    "init-author-url",
    "init.author.name",
    "init.author.email",
    "init.author.url",
    "keyring-provider",
    "credential-provider",
    "global-credential-providers",
    "keyfile",
    "authenticate",
];

/// A run of so many letters and digits, both of them, is taken for a token: names and paths have separators earlier.
const OPAQUE_RUN: usize = 32;

/// A shorter one is, where it mixes small and large letters with digits, as keys in paths do.
const MIXED_RUN: usize = 16;

/// So many letters and digits after the prefix of a well-known token make it one.
const PREFIXED_RUN: usize = 12;

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// It stays, perhaps without user and password of its URLs.
    As(Cow<'a, str>),
    /// Nothing of it may be seen.
    Hidden,
}

/// What may be seen of the value of a key. The key is the last name of its path, without quotes.
pub(super) fn value<'a>(key: &str, value: &'a str) -> Shown<'a> {
    let bare = unquoted(value);
    if is_secret_key(key) && !is_plain_word(bare) && !is_reference(bare) {
        return Shown::Hidden;
    }
    text(value)
}

/// What may be seen of text that has no key: comments, continued lines, elements of lists.
pub(super) fn text(text: &str) -> Shown<'_> {
    if holds_token(text) || holds_query(text) || text.contains("PRIVATE KEY") {
        return Shown::Hidden;
    }
    match without_users(text) {
        Some(clean) if holds_assignment(&clean) => Shown::Hidden,
        Some(clean) => Shown::As(clean),
        None => Shown::Hidden,
    }
}

/// Whether the values of this key are secrets. npm protects every key that starts with an underscore.
pub(super) fn is_secret_key(key: &str) -> bool {
    let key = key.trim().trim_end_matches("[]").to_ascii_lowercase();
    let last = key.rsplit(':').next().unwrap_or(&key);
    !HARMLESS_KEYS.contains(&last) && (last.starts_with('_') || last == "otp" || is_secret_name(last))
}

/// Whether a word of a command line is a flag for a secret, which is the next word.
pub(super) fn is_secret_flag(word: &str) -> bool {
    word.starts_with('-') && is_secret_key(word.trim_start_matches('-'))
}

/// What switches something on or off says nothing.
fn is_plain_word(value: &str) -> bool {
    ["", "true", "false", "null", "none"].contains(&value.to_ascii_lowercase().as_str())
}

/// Whether the value is made of references to environment variables alone: `${NAME}`, `${NAME?}`, `${A}:${B}`.
fn is_reference(value: &str) -> bool {
    !value.is_empty()
        && value.split(':').all(|part| {
            let name = part.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            name.map(|name| name.trim_end_matches('?')).is_some_and(|name| {
                !name.is_empty()
                    && !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            })
        })
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}

/// Whether a URL has a query, which is where signatures and tokens of downloads are.
fn holds_query(text: &str) -> bool {
    let end = |c: char| c.is_whitespace() || c == '"' || c == '\'';
    text.split("://")
        .skip(1)
        .any(|rest| rest.split(end).next().is_some_and(|url| url.contains('?')))
}

/// Whether some word starts like a token, or is a long run of letters and digits.
fn holds_token(text: &str) -> bool {
    let is_long_run = |run: &str| {
        let has = |is_kind: fn(&u8) -> bool| run.as_bytes().iter().any(is_kind);
        let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        let letters = has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit);
        letters && (OPAQUE_RUN <= run.len() || MIXED_RUN <= run.len() && is_mixed)
    };
    if text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_long_run) {
        return true;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.split(|c: char| !is_part(c)).any(|word| {
        SECRET_PREFIXES
            .iter()
            .chain([&NPM_PREFIX])
            .filter_map(|prefix| word.strip_prefix(prefix))
            .any(|rest| rest.bytes().take_while(u8::is_ascii_alphanumeric).count() >= PREFIXED_RUN)
    })
}

/// Whether text gives a secret's name a value: the query of a URL, `Authorization: x`.
fn holds_assignment(text: &str) -> bool {
    text.char_indices().any(|(at, sign)| {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + sign.len_utf8()..)) else {
            return false;
        };
        let name = before
            .trim_end_matches([' ', '"', '\''])
            .rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
            .next()
            .unwrap_or(before);
        let is_value = !after.trim().is_empty() && !after.starts_with("//");
        let is_flag = sign == ' ' && name.starts_with("--");
        (is_flag || matches!(sign, '=' | ':')) && is_value && is_secret_key(name.trim_start_matches('-')) && {
            let value = after
                .split(['&', ' ', ',', '"', '\''])
                .find(|part| !part.is_empty());
            value.is_some_and(|value| !is_reference(value) && !is_plain_word(value))
        }
    })
}

/// The text without the users and passwords of its URLs; `None` where the parts of one cannot be told apart.
fn without_users(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains("://") && !text.contains('@') {
        return Some(Cow::Borrowed(text));
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, place) = rest.split_at_checked(at + "://".len())?;
        let end = place
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ',' | '\\'))
            .unwrap_or(place.len());
        let (place, after) = place.split_at_checked(end)?;
        clean.push_str(&schemeless(before)?);
        clean.push_str(without_user(place, before.ends_with("ssh://"))?);
        rest = after;
    }
    clean.push_str(&schemeless(rest)?);
    Some(Cow::Owned(clean))
}

/// `user:password@host:port/path` without user and password; `None` where a password may go on behind a slash. For ssh a
/// user alone is part of the address, and no secret.
fn without_user(place: &str, is_ssh: bool) -> Option<&str> {
    let end = place.find(['/', '?', '#']).unwrap_or(place.len());
    let (authority, path) = place.split_at_checked(end)?;
    // Scopes of packages and versions of files apart, a path has no such sign.
    if path.replace("/@", "").contains('@') {
        return None;
    }
    let (user, server) = match authority.rsplit_once('@') {
        Some((user, server)) => (Some(user), server),
        None => (None, authority),
    };
    let port = match server.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.1.trim_start_matches(':'),
        None => server.split_once(':').map_or("", |(_, port)| port),
    };
    if !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match user {
        None => Some(place),
        Some(user) if is_reference(user) || is_ssh && !user.contains(':') => Some(place),
        Some(_) => place.get(end - server.len()..),
    }
}

/// Text between URLs: `user:password@host` without a scheme, as proxies are written, loses user and password.
fn schemeless(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('@') {
        return Some(Cow::Borrowed(text));
    }
    let mut clean = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '=')) {
        match word.rsplit_once('@') {
            Some((user, server)) if user.contains(':') && !is_reference(user) => {
                if server.trim().is_empty() || user.contains('/') {
                    return None;
                }
                clean.push_str(server);
            }
            Some(_) | None => clean.push_str(word),
        }
    }
    Some(Cow::Owned(clean))
}
