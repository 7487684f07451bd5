//! Command lines: whole for prompts, shortened and without secrets for the log.

use std::borrow::Cow;
use std::path::Path;

use super::redact::{self, Next};
use super::{escape, is_hidden, path, push, text};

/// Words of a command line that the log keeps behind `argv[0]`.
const MAX_WORDS: usize = 8;

/// The most characters of each of them.
const MAX_WORD: usize = 64;

/// The most characters of the executable's path in the log.
const MAX_EXE: usize = 256;

/// The whole command line as a shell would take it, on one line and harmless, for prompts.
pub fn command(arguments: &[String]) -> String {
    arguments
        .iter()
        .map(|argument| quoted(argument))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A command line for people, as [`command`] shows it, without what [`command_shortened`] leaves out of the log: what is shown
/// may be kept, by a notification server as much as by a terminal.
pub fn command_without_secrets(arguments: &[String]) -> String {
    command(&redacted(arguments, arguments.len(), redact::whole))
}

/// A command line for the log: the executable (`unknown` where it is), `argv[0]` and up to eight words, shortened, without
/// the values of flags and variables that hold secrets, and without the user and the query of URLs.
pub fn command_shortened(exe: Option<&Path>, arguments: &[String]) -> Vec<String> {
    let exe = exe.map_or_else(|| "unknown".to_owned(), |exe| path(exe, MAX_EXE));
    [exe].into_iter().chain(words_shortened(arguments)).collect()
}

/// The same without the executable, for a command that nobody has started yet.
pub fn words_shortened(arguments: &[String]) -> Vec<String> {
    let words = redacted(arguments, 1 + MAX_WORDS, redact::word);
    words.iter().map(|word| text(word, MAX_WORD)).collect()
}

/// The first words of a command line without the secrets in them.
fn redacted(
    arguments: &[String],
    most: usize,
    redact: impl Fn(&str, Next, &str) -> (String, Next),
) -> Vec<String> {
    let program = arguments
        .first()
        .map_or("", |name| name.rsplit('/').next().unwrap_or(name));
    let mut next = Next::Word;
    arguments
        .iter()
        .take(most)
        .enumerate()
        .map(|(position, argument)| {
            let (shown, then) = if position == 0 {
                (redact::plain(argument), Next::Word)
            } else {
                redact(argument, next, program)
            };
            next = then;
            shown
        })
        .collect()
}

/// One word in the shell's quotes: none where none are needed, `$'…'` where something must be escaped.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    if escape(word) == word {
        return Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")));
    }
    let mut inside = String::with_capacity(word.len());
    for character in word.chars() {
        match character {
            '\'' | '\\' => inside.extend(['\\', character]),
            '\n' => inside.push_str("\\n"),
            '\r' => inside.push_str("\\r"),
            '\t' => inside.push_str("\\t"),
            hidden if is_hidden(hidden) || super::is_mark(hidden) => {
                let code = u32::from(hidden);
                match code {
                    // Beyond ASCII `\x` is a byte and no character.
                    0..=0x7f => push(&mut inside, format_args!("\\x{code:02x}")),
                    0x80..=0xffff => push(&mut inside, format_args!("\\u{code:04x}")),
                    _ => push(&mut inside, format_args!("\\U{code:08x}")),
                }
            }
            other => inside.push(other),
        }
    }
    Cow::Owned(format!("$'{inside}'"))
}
