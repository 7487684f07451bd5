use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

fn is_word(character: char) -> bool {
    character.is_ascii_lowercase() || character == '-'
}

/// The messages of a file as they are written: each begins a line, and goes on in indented ones.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with(|first: char| first.is_ascii_lowercase()) {
            let (id, value) = line.split_once(" =").unwrap();
            blocks.push((id, value.trim().to_owned()));
        } else if line.starts_with([' ', '}'])
            && let Some((_, value)) = blocks.last_mut()
        {
            value.push('\n');
            value.push_str(line);
        }
    }
    blocks
}

/// The names of the values that a message takes, by its id.
fn arguments() -> BTreeMap<&'static str, BTreeSet<String>> {
    let named = |value: &str| {
        let parts = value.split('$').skip(1);
        parts
            .map(|part| part.chars().take_while(|one| is_word(*one)).collect())
            .collect()
    };
    let messages = of_the_app().into_iter();
    messages.map(|(id, value)| (id, named(&value))).collect()
}

/// What the app may say, as it is written in the catalog.
pub(crate) fn of_the_app() -> Vec<(&'static str, String)> {
    let [common, desktop, _] = ENGLISH;
    blocks(common).into_iter().chain(blocks(desktop)).collect()
}

/// The app's and the windows' sources, without their tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut directories = [
        "crates/askbox-desktop/src",
        "crates/askbox-tray/src",
        "src-tauri/src",
    ]
    .map(|directory| root.join(directory))
    .to_vec();
    let mut sources = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                directories.push(path);
            } else if !["tests.rs", "testing.rs", "pseudo_locale.rs"].contains(&name.as_str()) {
                sources.push((name, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    sources
}

/// What stands between quotation marks and can name a message.
fn named(source: &str) -> impl Iterator<Item = &str> {
    source
        .split('"')
        .filter(|text| text.contains('-') && text.chars().all(is_word))
}

/// The id of each message that is said with values, and the names of these. A call without a literal id is in this module alone.
fn calls(name: &str, source: &str) -> Vec<(String, BTreeSet<String>)> {
    let begins = source.match_indices(".with(").map(|(at, call)| at + call.len());
    let calls = begins.map(|begin| {
        let mut depth = 1;
        let end = source[begin..].find(|character: char| {
            depth += match character {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        &source[begin..][..end.unwrap()]
    });
    let of_messages = calls.filter(|call| call.contains("&["));
    let mut found = Vec::new();
    for call in of_messages {
        let Some(call) = call.trim_start().strip_prefix('"') else {
            assert_eq!(name, "strings.rs", "{call}");
            continue;
        };
        let (id, values) = call.split_once('"').unwrap();
        let values = values.split("(\"").skip(1);
        let names = values.map(|value| value.split('"').next().unwrap().to_owned());
        found.push((id.to_owned(), names.collect()));
    }
    found
}

#[test]
fn the_catalog_is_all_files_of_its_directory_and_has_each_message_once() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../strings/en");
    assert_eq!(std::fs::read_dir(directory).unwrap().count(), ENGLISH.len());
    let mut bundle = FluentBundle::new_concurrent(Vec::new());
    for text in ENGLISH {
        let resource = FluentResource::try_new(text.to_owned()).unwrap();
        assert_eq!(bundle.add_resource(resource), Ok(()));
        for (id, _) in blocks(text) {
            assert!(Strings::english().bundle.has_message(id), "{id}");
        }
    }
}

#[test]
fn no_text_stands_in_two_files() {
    // Words that are the same in English alone: to open a window is not to open a port, and not to be open.
    const OTHERWISE: [(&str, &str); 6] = [
        ("button-always", "prompt-always"),
        ("button-block", "effect-block"),
        ("button-open", "port-open"),
        ("button-open", "questions-open-unknown"),
        ("button-review", "review-title"),
        ("window-main", "kind-daemon"),
    ];
    let files = ENGLISH.map(blocks);
    let mut twice = Vec::new();
    for (at, file) in files.iter().enumerate() {
        for (id, value) in file {
            let others = files[at + 1..].iter().flatten();
            let same = others.filter(|(_, other)| other == value);
            twice.extend(same.map(|(other, _)| (*id, *other)));
        }
    }
    twice.sort_unstable();
    assert_eq!(twice, OTHERWISE);
}

#[test]
fn every_message_of_the_app_is_used_and_every_used_one_is_there() {
    let there: BTreeSet<&str> = of_the_app().into_iter().map(|(id, _)| id).collect();
    let beginnings: BTreeSet<&str> = there.iter().filter_map(|id| id.split('-').next()).collect();
    let sources = sources();
    let texts = sources.iter().flat_map(|(_, source)| named(source));
    let used: BTreeSet<&str> = texts
        .filter(|text| {
            text.split('-')
                .next()
                .is_some_and(|begin| beginnings.contains(begin))
        })
        .collect();
    assert_eq!(used, there);
}

#[test]
fn every_message_is_said_with_the_values_that_it_takes() {
    let messages = arguments();
    let sources = sources();
    let calls: Vec<_> = sources
        .iter()
        .flat_map(|(name, source)| calls(name, source))
        .collect();
    assert!(8 < calls.len(), "{calls:?}");
    for (id, values) in &calls {
        assert_eq!(messages.get(id.as_str()), Some(values), "{id}");
    }
    // Lengths of time are said by one function, which a test of its own looks at; all others are said as they stand.
    let said_with: BTreeSet<&str> = calls.iter().map(|(id, _)| id.as_str()).collect();
    let as_they_stand = messages
        .iter()
        .filter(|(id, _)| !said_with.contains(*id) && !id.starts_with("span-"));
    for (id, arguments) in as_they_stand {
        assert!(arguments.is_empty(), "{id} takes {arguments:?}");
    }
}

#[test]
fn lengths_of_time_have_the_largest_whole_unit() {
    let strings = Strings::english();
    let table = [
        (0, "0 seconds"),
        (1_000, "1 second"),
        (90_000, "90 seconds"),
        (60_000, "1 minute"),
        (5_400_000, "90 minutes"),
        (3_600_000, "1 hour"),
        (86_400_000, "1 day"),
        (172_800_000, "2 days"),
    ];
    for (milliseconds, text) in table {
        assert_eq!(strings.duration(milliseconds), text);
    }
}

#[test]
fn what_is_missing_shows_its_id() {
    assert_eq!(Strings::english().get("no-such-message"), "no-such-message");
}
