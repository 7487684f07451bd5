use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::*;

const PROJECT: &str = "/home/ada/p";

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn named(word: impl AsRef<Path>, listed: &[&[u8]]) -> Result<PathBuf, CliError> {
    let listed: Vec<PathBuf> = listed.iter().map(|bytes| path(bytes)).collect();
    find(word.as_ref(), Path::new(PROJECT), &listed)
}

#[test]
fn what_is_shown_and_what_it_is_name_the_same() {
    let long = [".husky/", &"n".repeat(250)].concat();
    let all: [&[u8]; 8] = [
        b".envrc",
        b".husky/n\nl\x1b[31m",
        b".husky/a\\b",
        b".husky/\xff",
        b".husky/\xe2\x80\xaeevil",
        b".husky/x86",
        b"/srv/git/hooks/a\\b",
        long.as_bytes(),
    ];
    for bytes in all {
        let place = path(bytes);
        let text = path_text(&place);
        for word in [&place, Path::new(&text), Path::new(&output::safe(&text))] {
            assert_eq!(named(word, &all).unwrap(), place, "{}", word.display());
        }
    }
    assert_eq!(
        named(r".husky/n\nl\u{1b}[31m", &all).unwrap(),
        path(b".husky/n\nl\x1b[31m")
    );
    assert_eq!(named(r".husky/\xff", &all).unwrap(), path(b".husky/\xff"));
}

#[test]
fn a_directory_names_what_is_below_it() {
    let all: [&[u8]; 2] = [b"a\\b/.vscode/tasks.json", b"node_modules/.bin/x"];
    for (word, expected) in [
        (r"a\\b/", r"a\b"),
        (r"a\b/.vscode", r"a\b/.vscode"),
        ("./node_modules", "node_modules"),
        ("/home/ada/p/node_modules/.bin/", "node_modules/.bin"),
        (".", ""),
        (PROJECT, ""),
    ] {
        assert_eq!(named(word, &all).unwrap(), Path::new(expected), "{word}");
    }
    let none = named("node", &all).unwrap_err();
    assert!(matches!(none, CliError::NothingThere(_)), "{none}");
}

#[test]
fn a_word_for_several_is_refused_and_each_of_them_can_be_named() {
    let (one, other) = (
        ["n".repeat(150), "a".into(), "n".repeat(150)],
        ["n".repeat(150), "b".into(), "n".repeat(150)],
    );
    let (one, other) = (one.concat(), other.concat());
    for all in [
        [&b"a\\b"[..], b"a\\\\b"],
        [&b"a\nb"[..], b"a\\nb"],
        [one.as_bytes(), other.as_bytes()],
    ] {
        let shown = output::safe(&path_text(&path(all[0])));
        let refused = named(&shown, &all);
        assert!(
            matches!(refused, Err(CliError::Several(_))),
            "{shown}: {refused:?}"
        );
        for bytes in all {
            let word = format!("./{}", path_text(&path(bytes)));
            assert_eq!(named(&word, &all).unwrap(), path(bytes), "{word:?}");
        }
    }
}
