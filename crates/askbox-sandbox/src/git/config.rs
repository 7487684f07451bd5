//! git's configuration syntax, as git-config(1) describes it, and the files below a project that a configuration names.
//! Reads text that it is given; runs nothing, and follows no include by itself.
//!
//! Of our own and not gix-config, which would bring 36 crates for this one question. It may see too much in a broken file,
//! which git refuses as a whole, but never too little in a good one.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// Section in lower case, without its subsection.
    pub(crate) section: String,
    /// Key in lower case.
    pub(crate) key: String,
    /// Value without quotes, escapes and comments; empty where there is none.
    pub(crate) value: OsString,
}

/// All variables, in order.
pub(crate) fn parse(text: &[u8]) -> Vec<Variable> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut rest = text;
    let mut variables = Vec::new();
    let mut section = String::new();
    while let Some((first, after)) = rest.split_first() {
        match first {
            b'#' | b';' => rest = after_line(rest),
            b'[' => (section, rest) = header(after),
            letter if letter.is_ascii_alphabetic() => {
                let end = end_of(rest, |byte| byte.is_ascii_alphanumeric() || *byte == b'-');
                let (key, after) = rest.split_at(end);
                let (value, after) = assigned(after);
                rest = after;
                variables.push(Variable {
                    section: section.clone(),
                    key: String::from_utf8_lossy(key).to_ascii_lowercase(),
                    value,
                });
            }
            _ => rest = after,
        }
    }
    variables
}

/// How many bytes at the start are of a kind.
fn end_of(text: &[u8], is: impl Fn(&u8) -> bool) -> usize {
    text.iter().position(|byte| !is(byte)).unwrap_or(text.len())
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = end_of(text, |byte| *byte != b'\n');
    text.get(end + 1..).unwrap_or_default()
}

/// What follows a `[`: `section]`, `section "subsection"]`, or the old `section.subsection]`. Only the section matters here.
fn header(text: &[u8]) -> (String, &[u8]) {
    let end = end_of(text, |byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let (name, mut rest) = text.split_at(end);
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    let mut quoted = false;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' if quoted => rest = after.get(1..).unwrap_or_default(),
            b'"' => quoted = !quoted,
            b']' if !quoted => break,
            b'\n' => break,
            _ => {}
        }
    }
    (name, rest)
}

/// What follows a key: nothing, or `=` and a value that ends with its line.
fn assigned(text: &[u8]) -> (OsString, &[u8]) {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.get(end_of(text, blank)..).unwrap_or_default();
    let Some(mut rest) = start.strip_prefix(b"=") else {
        return (OsString::new(), after_line(start));
    };
    rest = rest.get(end_of(rest, blank)..).unwrap_or_default();
    let (mut value, mut kept, mut quoted) = (Vec::new(), 0, false);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\n' => break,
            b'#' | b';' if !quoted => {
                rest = after_line(rest);
                break;
            }
            b'"' => quoted = !quoted,
            b'\\' => {
                let after = after.strip_prefix(b"\r").unwrap_or(after);
                let Some((escaped, after)) = after.split_first() else {
                    break;
                };
                rest = after;
                match escaped {
                    b'\n' => continue,
                    b'n' => value.push(b'\n'),
                    b't' => value.push(b'\t'),
                    b'b' => value.push(8),
                    other => value.push(*other),
                }
            }
            other => value.push(*other),
        }
        // Blanks at the end count only within quotes.
        if quoted || !matches!(byte, b' ' | b'\t' | b'\r') {
            kept = value.len();
        }
    }
    value.truncate(kept);
    (OsString::from_vec(value), rest)
}

#[cfg(test)]
mod tests;
