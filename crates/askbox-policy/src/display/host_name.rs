//! How host names are shown: ASCII first, long ones around their registrable domain, and the Unicode form only where it
//! looks like nothing else.

use crate::host::HostName;

use super::{MAX_HOST, shorten};

/// Letters of one script that a label may use alone. Shared digits and hyphens go with every script; ASCII letters only
/// with Latin. A script that is missing here is shown as punycode.
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
    Devanagari,
    Thai,
    Hangul,
    /// Chinese, and Japanese, which mixes it with its two syllabaries.
    Han,
}

/// Cyrillic and Greek letters that look like Latin ones; a label of nothing else would pass for an ASCII name.
const LATIN_LOOK_ALIKES: &str = "асԁеһіјӏорԛѕԝхуьъбгкмнтвзпгαικνορτυχγηω";

/// A name of at most [`MAX_HOST`] characters, or longer where its registrable domain is.
pub(super) fn shortened(name: &HostName) -> String {
    let (labels, registrable) = parts(name);
    labels + registrable
}

/// What stands in front of the registrable domain, with the dot that ends it, shortened as in [`shortened`]; and that domain,
/// or the whole name where it has none or is one.
pub(super) fn parts(name: &HostName) -> (String, &str) {
    let ascii = name.as_str();
    let below = name
        .registrable_domain()
        .and_then(|domain| Some((ascii.strip_suffix(domain)?.strip_suffix('.')?, domain)));
    match below {
        Some((below, domain)) if ascii.len() <= MAX_HOST => (format!("{below}."), domain),
        // The dot and an ellipsis always fit; more of the front only where there is room.
        Some((below, domain)) => {
            let room = MAX_HOST.saturating_sub(domain.len() + 1).max(1);
            (format!("{}.", shorten(below, room)), domain)
        }
        // A registrable domain or a public suffix itself: nothing of it can go.
        None => (String::new(), ascii),
    }
}

/// The Unicode form of a punycode name, where no label of it mixes scripts or passes for another name; `None` for plain
/// ASCII names, too long ones and doubtful ones.
pub(super) fn readable(name: &HostName) -> Option<String> {
    let ascii = name.as_str();
    if MAX_HOST < ascii.len() || !ascii.split('.').any(|label| label.starts_with("xn--")) {
        return None;
    }
    let (unicode, valid) = idna::domain_to_unicode(ascii);
    (valid.is_ok() && unicode.split('.').all(is_clear)).then_some(unicode)
}

/// Whether a label uses the letters of one script, and enough of them that are its own.
fn is_clear(label: &str) -> bool {
    let mut letters = label
        .chars()
        .filter(|c| !matches!(c, '0'..='9' | '-' | '_'))
        .peekable();
    let Some(first) = letters.peek().copied() else {
        return true;
    };
    let Some(script) = Script::of(first) else {
        return false;
    };
    if !letters.all(|letter| script.has(letter)) {
        return false;
    }
    match script {
        Script::Greek | Script::Cyrillic => label
            .chars()
            .any(|c| !c.is_ascii() && !LATIN_LOOK_ALIKES.contains(c)),
        Script::Latin
        | Script::Hebrew
        | Script::Arabic
        | Script::Devanagari
        | Script::Thai
        | Script::Hangul
        | Script::Han => true,
    }
}

impl Script {
    fn of(letter: char) -> Option<Self> {
        [
            Script::Latin,
            Script::Greek,
            Script::Cyrillic,
            Script::Hebrew,
            Script::Arabic,
            Script::Devanagari,
            Script::Thai,
            Script::Hangul,
            Script::Han,
        ]
        .into_iter()
        .find(|script| script.has(letter))
    }

    /// Only letters in everyday use; rare ones are where the look-alikes are (dotless i, Latin alpha, Roman numerals).
    fn has(&self, letter: char) -> bool {
        match self {
            Script::Latin => {
                matches!(letter, 'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' | 'ā'..='į' | 'ĵ'..='ķ' | 'ĺ' | 'ļ' | 'ľ' | 'ł'..='ň' | 'ō'..='ž')
            }
            Script::Greek => matches!(letter, 'ά'..='ώ'),
            Script::Cyrillic => matches!(letter, 'а'..='џ' | 'ґ'),
            Script::Hebrew => matches!(letter, 'א'..='ת'),
            Script::Arabic => matches!(letter, '\u{620}'..='\u{64a}' | 'پ' | 'چ' | 'ژ' | 'ک' | 'گ' | 'ی'),
            Script::Devanagari => matches!(letter, '\u{900}'..='\u{963}'),
            Script::Thai => matches!(letter, '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}'),
            Script::Hangul => matches!(letter, '\u{ac00}'..='\u{d7a3}'),
            // Without the signs that look like punctuation: katakana no, the numeral one and the like stay, as they are
            // no ASCII characters.
            Script::Han => {
                matches!(letter, '\u{3005}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}' | '\u{4e00}'..='\u{9fff}')
            }
        }
    }
}
