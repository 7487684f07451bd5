//! What the log must never hold: passwords, tokens, headers, bodies, query strings, environment values. They are recognised
//! by their place in a command line, word by word; in doubt a word is hidden.

use std::borrow::Cow;

/// What stands in place of a secret.
const REDACTED: &str = "***";

/// Parts of the names of flags and variables whose values are secrets, in lower case. Words such as `author` and `keyboard`
/// match too; losing a harmless value is the smaller harm.
const SECRET_NAMES: [&str; 10] = [
    "key",
    "token",
    "pass",
    "pwd",
    "secret",
    "auth",
    "credential",
    "cookie",
    "header",
    "bearer",
];

/// How well-known tokens start.
pub(crate) const SECRET_PREFIXES: [&str; 17] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "sk-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "ASIA",
    "pypi-",
    "hf_",
    "AIza",
    "eyJ",
    "AGE-SECRET-KEY-",
];

/// How npm's own tokens start, and the names of its variables and of many scripts.
pub(crate) const NPM_PREFIX: &str = "npm_";

/// So many letters and digits after that make a token, which has 36.
const NPM_RUN: usize = 20;

/// Programs whose `-u` takes `user:password`, `-H` a header, and `-d`, `-F`, `-b` what is sent.
const HTTP_CLIENTS: [&str; 5] = ["curl", "wget", "http", "https", "xh"];

/// Letters of their flags whose value may be a secret.
const SECRET_LETTERS: &str = "uUHdFb";

/// Letters of curl's other flags with a value: what follows in the same word are no further flags (curl(1)).
const VALUE_LETTERS: &str = "AcCDeEhKmoPQrtTwxXyYz";

/// Long flags of those that take what is sent.
const BODY_FLAGS: [&str; 9] = [
    "data",
    "data-raw",
    "data-binary",
    "data-ascii",
    "data-urlencode",
    "json",
    "form",
    "post-data",
    "body-data",
];

/// Programs with the letter of the flag that takes a password, by their manual pages. Where that is in the same word only, and the next
/// is something else, that is hidden as well.
const PASSWORD_FLAGS: [(&str, char); 24] = [
    ("mongo", 'p'),
    ("mongosh", 'p'),
    ("mongodump", 'p'),
    ("mongorestore", 'p'),
    ("cqlsh", 'p'),
    ("sshpass", 'p'),
    ("7z", 'p'),
    ("7za", 'p'),
    ("7zr", 'p'),
    ("7zz", 'p'),
    ("rar", 'p'),
    ("unrar", 'p'),
    ("zip", 'P'),
    ("unzip", 'P'),
    ("redis-cli", 'a'),
    ("ldapsearch", 'w'),
    ("ldapmodify", 'w'),
    ("ldapadd", 'w'),
    ("ldappasswd", 'w'),
    ("mosquitto_pub", 'P'),
    ("mosquitto_sub", 'P'),
    ("ipmitool", 'P'),
    ("sqlcmd", 'P'),
    ("oc", 'p'),
];

/// Programs whose `-p` takes a password in the same word alone: without one it asks on the terminal.
const ASKING_PROGRAMS: [&str; 5] = ["mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump"];

/// What the word before says about the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing.
    Word,
    /// It is a secret.
    Secret,
    /// It is `user:password`.
    User,
    /// It is a header, whose name may stay.
    Header,
}

/// A word without what must not be in the log, and what it says about the next one.
pub(super) fn word(word: &str, expected: Next, program: &str) -> (String, Next) {
    // Even a secret may look like a flag, and the other way round: it is hidden as the one and obeyed as the other.
    let (shown, then) = flag(word, program).unwrap_or_else(|| (plain(word), Next::Word));
    match expected {
        Next::Word => (shown, then),
        Next::Secret => (REDACTED.to_owned(), then),
        Next::User => (user(word), then),
        Next::Header => (header(word), then),
    }
}

/// The same with every word of a script in it, where [`word`] keeps the first one only.
pub(super) fn whole(text: &str, expected: Next, program: &str) -> (String, Next) {
    if expected != Next::Word || !text.contains(char::is_whitespace) {
        return word(text, expected, program);
    }
    let mut shown = String::with_capacity(text.len());
    let mut next = Next::Word;
    // The name of a secret, and its value in the words that follow up to the end of a quotation: `'Authorization: Bearer x'`.
    let mut is_value = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let one = piece.trim_end();
        let space = piece.get(one.len()..).unwrap_or_default();
        if one.is_empty() {
            shown.push_str(space);
            continue;
        }
        if is_value {
            shown.push_str(REDACTED);
            is_value = !one.ends_with(['\'', '"']);
        } else {
            let (without, then) = word(one, next, program);
            is_value = without != one && without.ends_with(REDACTED) && one.ends_with([':', '=']);
            shown.push_str(&without);
            next = then;
        }
        shown.push_str(space);
    }
    (shown, Next::Word)
}

/// Reads a word as a flag; `None` when it is none.
fn flag(word: &str, program: &str) -> Option<(String, Next)> {
    if word.contains("://") && !word.starts_with('-') {
        return None;
    }
    match word.strip_prefix("--") {
        Some(long) => long_flag("--", long, program),
        None => short_flag(word.strip_prefix('-')?, program),
    }
}

/// `--name`, `--name=value`, and `-name` of programs that write long flags with one hyphen.
fn long_flag(hyphens: &str, long: &str, program: &str) -> Option<(String, Next)> {
    let (name, value) = long
        .split_once('=')
        .map_or((long, None), |(name, value)| (name, Some(value)));
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    let kind = match name {
        "header" | "proxy-header" => Next::Header,
        "user" | "proxy-user" => Next::User,
        body if HTTP_CLIENTS.contains(&program) && BODY_FLAGS.contains(&body) => Next::Secret,
        name if is_secret_name(name) => Next::Secret,
        _ => Next::Word,
    };
    Some(match value {
        // `--name:value` has its value in the name.
        None => (format!("{hyphens}{}", plain(name)), kind),
        Some(value) => (
            format!("{hyphens}{}={}", plain(name), self::word(value, kind, "").0),
            Next::Word,
        ),
    })
}

/// `-u`, `-uvalue`, and several of them in one word, of which the last may take the next word.
fn short_flag(short: &str, program: &str) -> Option<(String, Next)> {
    let is_client = HTTP_CLIENTS.contains(&program);
    let letter = short.chars().next()?;
    let value = short.get(letter.len_utf8()..).unwrap_or_default();
    let kind = match letter {
        'H' => Next::Header,
        'u' => Next::User,
        'U' if is_client => Next::User,
        'd' | 'F' | 'b' if is_client => Next::Secret,
        'p' if ASKING_PROGRAMS.contains(&program) => Next::Secret,
        letter if PASSWORD_FLAGS.contains(&(program, letter)) => Next::Secret,
        _ if is_client && let Some(letters) = before_secret(short) => {
            // The word may be a long flag with one hyphen as well, whose value is the next one.
            let then = if is_secret_name(short) {
                Next::Secret
            } else {
                Next::Word
            };
            return Some((format!("-{letters}{REDACTED}"), then));
        }
        _ if is_secret_name(short.split('=').next().unwrap_or(short)) => {
            return long_flag("-", short, program);
        }
        _ if is_client && short.ends_with(|c: char| SECRET_LETTERS.contains(c)) => {
            return Some((format!("-{}", plain(short)), Next::Secret));
        }
        _ => return Some((format!("-{}", plain(short)), Next::Word)),
    };
    Some(match value {
        "" if letter == 'p' && ASKING_PROGRAMS.contains(&program) => ("-p".to_owned(), Next::Word),
        "" => (format!("-{letter}"), kind),
        value => (format!("-{letter}{}", self::word(value, kind, "").0), Next::Word),
    })
}

/// The letters of a client's combined flags up to the first one whose value is a secret, if that is in the same word.
fn before_secret(short: &str) -> Option<&str> {
    let end = short.find(|c: char| SECRET_LETTERS.contains(c) || VALUE_LETTERS.contains(c))?;
    let (letters, value) = short.split_at_checked(end + 1)?;
    (letters.ends_with(|c: char| SECRET_LETTERS.contains(c)) && !value.is_empty()).then_some(letters)
}

/// A word that is no flag, or the value of a harmless one.
pub(super) fn plain(word: &str) -> String {
    // White space inside makes it a script or a message, of which only the first word is kept.
    if let Some((first, _)) = word.trim_start().split_once(char::is_whitespace) {
        return format!("{} …", plain(first));
    }
    if SECRET_PREFIXES.iter().any(|prefix| word.starts_with(prefix)) || is_npm_token(word) {
        return REDACTED.to_owned();
    }
    if let Some((name, _)) = word.split_once('=') {
        let is_variable = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_variable {
            return format!("{name}={REDACTED}");
        }
    }
    let word = url(word);
    // Whatever follows the name of a secret and a sign that gives it a value: JSON, YAML, header lines, assignments.
    let secret_at = word.char_indices().find(|(at, c)| {
        matches!(c, '=' | ':')
            && word
                .get(..*at)
                .is_some_and(|before| is_secret_name(last_name(before)))
    });
    match secret_at.and_then(|(at, sign)| Some((word.get(..at)?, sign))) {
        Some((before, sign)) => format!("{before}{sign}{REDACTED}"),
        None => word.into_owned(),
    }
}

fn is_npm_token(word: &str) -> bool {
    let rest = word.strip_prefix(NPM_PREFIX).unwrap_or_default();
    NPM_RUN <= rest.bytes().take_while(u8::is_ascii_alphanumeric).count()
}

/// The name that a text ends in, with a closing quote perhaps.
fn last_name(text: &str) -> &str {
    let text = text.trim_end_matches(['"', '\'']);
    text.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
        .next()
        .unwrap_or(text)
}

/// A URL, or what looks like one, without user and query. Where its parts cannot be told apart, all of it is hidden.
fn url(word: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = word.split_once("://") else {
        return schemeless(word);
    };
    let place = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = place
        .find('/')
        .and_then(|slash| place.split_at_checked(slash))
        .unwrap_or((place, ""));
    let server = authority.rsplit('@').next().unwrap_or(authority);
    // A password with a slash or a question mark in it ends up in the port.
    let port = match server.strip_prefix('[') {
        Some(v6) => v6
            .split_once(']')
            .map(|(_, port)| port.strip_prefix(':').unwrap_or(port)),
        None => server.split_once(':').map(|(_, port)| port),
    };
    if port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit())) {
        return Cow::Owned(format!("{scheme}://{REDACTED}"));
    }
    Cow::Owned(format!("{scheme}://{server}{path}"))
}

/// `user:password@host` and `host/path?query` without a scheme.
fn schemeless(word: &str) -> Cow<'_, str> {
    let word = match word.split_once('?') {
        Some((place, query)) if query.contains('=') => place,
        _ => word,
    };
    match word.rsplit_once('@') {
        Some((user, server)) if user.contains(':') && !user.starts_with('/') => {
            Cow::Owned(format!("{REDACTED}@{server}"))
        }
        _ => Cow::Borrowed(word),
    }
}

/// `user:password` without the password.
fn user(word: &str) -> String {
    match word.split_once(':') {
        Some((user, _)) if !word.contains("://") => format!("{user}:{REDACTED}"),
        _ => plain(word),
    }
}

/// A header without its value.
fn header(word: &str) -> String {
    match word.split_once(':') {
        Some((name, _)) => format!("{name}: {REDACTED}"),
        None => plain(word),
    }
}

/// Whether a flag, variable or key of this name holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}
