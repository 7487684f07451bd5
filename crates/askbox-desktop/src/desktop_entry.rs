//! Entries of the desktop (<https://specifications.freedesktop.org/desktop-entry-spec/latest/>) as text.

/// Whether an entry says that it does not count.
pub fn is_hidden(entry: &[u8]) -> bool {
    let text = String::from_utf8_lossy(entry);
    text.lines().any(|line| line.replace(' ', "") == "Hidden=true")
}

/// The entry that starts the app, which is this program, without a window.
pub fn autostart(program: &str) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName=Askbox\nComment=The sandbox that asks\nIcon=askbox\nExec={} --background\nTerminal=false\n",
        quoted(program)
    )
}

/// A path as one word of an Exec line, by the Desktop Entry specification: quoted, with four characters escaped, and the
/// backslash once more since values have escapes of their own; a percent sign doubled.
fn quoted(program: &str) -> String {
    let mut word = String::from("\"");
    for character in program.chars() {
        match character {
            '"' | '`' | '$' => word.extend(["\\\\", &character.to_string()]),
            '\\' => word.push_str("\\\\\\\\"),
            '%' => word.push_str("%%"),
            other => word.push(other),
        }
    }
    word.push('"');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word() {
        let table = [
            (
                "/usr/bin/askbox-tray",
                r#"Exec="/usr/bin/askbox-tray" --background"#,
            ),
            ("/opt/my apps/a%b", r#"Exec="/opt/my apps/a%%b" --background"#),
            (r#"/a"$`\b"#, r#"Exec="/a\\"\\$\\`\\\\b" --background"#),
        ];
        for (program, line) in table {
            let entry = autostart(program);
            assert!(entry.lines().any(|one| one == line), "{entry}");
        }
    }

    #[test]
    fn a_hidden_entry_does_not_count() {
        assert!(is_hidden(b"[Desktop Entry]\nHidden = true\n"));
        assert!(!is_hidden(b"[Desktop Entry]\nHidden=false\n"));
        assert!(!is_hidden(autostart("/usr/bin/askbox-tray").as_bytes()));
    }
}
