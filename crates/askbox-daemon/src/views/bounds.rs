//! Raw values cut to a size: a question of fifty members has to fit into one message whatever a program calls itself. For
//! scripts, so nothing is made harmless here.

/// A text of at most `bytes` bytes as JSON; the end of a longer one is replaced by an ellipsis.
pub(super) fn text(text: String, bytes: usize) -> String {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += json_length(character);
        if bytes < used {
            return format!("{}…", &text[..at]);
        }
    }
    text
}

/// As many of the words as fit into `bytes` bytes as JSON; what follows is left out.
pub(super) fn words(words: &[String], bytes: usize) -> Vec<String> {
    let mut left = bytes;
    let mut kept = Vec::new();
    for word in words {
        let word = text(word.clone(), left);
        let used: usize = word.chars().map(json_length).sum();
        kept.push(word);
        // Quotes and comma.
        match left.checked_sub(used + 3) {
            Some(rest) => left = rest,
            None => break,
        }
    }
    kept
}

/// Bytes of a character within a JSON string.
fn json_length(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        character if u32::from(character) < 0x20 => 6,
        character => character.len_utf8(),
    }
}

#[cfg(test)]
mod tests;
