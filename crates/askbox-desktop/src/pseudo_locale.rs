//! Notifications, tray and windows in a language that nobody speaks: all that is said came through the catalog, and whole.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write;

use askbox_policy::{Kind, SessionId, WhyMissed};
use askbox_wire::{Event, MissedView, QuestionView, SessionView};

use crate::channel::Window;
use crate::desk::{Absence, Desk, Snapshot};
use crate::menu::{self, Entry};
use crate::notice::{self, Notice, Tried, Trouble, Words};
use crate::{Preferences, Strings, testing};

thread_local! {
    /// The texts of the catalog that were said, as it has them.
    static SAID: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Other letters, longer, and with marks at both ends, one of which is missing where something was cut.
fn foreign(text: &str) -> Cow<'_, str> {
    SAID.with_borrow_mut(|said| said.insert(text.to_owned()));
    let mut foreign = String::from("⟦");
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' => foreign.extend(char::from_u32(0x0400 + u32::from(character))),
            other => foreign.push(other),
        }
    }
    write!(foreign, "{}⟧", "·".repeat(text.chars().count().div_ceil(3))).unwrap();
    Cow::Owned(foreign)
}

/// Text of a sandbox or of the daemon: no Latin letter is in it.
fn of_others(length: usize) -> String {
    "ωμέγα ".repeat(length.div_ceil(6)).chars().take(length).collect()
}

fn question(id: &str, kind: Kind, members: usize, others: &str) -> QuestionView {
    let targets: Vec<String> = (0..members).map(|member| format!("{others}{member}")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut question = testing::question(id, kind, &targets);
    question.title = others.to_owned();
    question.process.display = others.to_owned();
    question.project_shown = others.to_owned();
    question
}

fn session(id: &str, others: &str) -> SessionView {
    SessionView {
        command: others.to_owned(),
        ..testing::session(id)
    }
}

/// All that can be said to a notification server.
fn notices(words: Words<'_>, others: &str) -> Vec<Notice> {
    let strings = words.strings;
    let one = question("1", Kind::Network, 1, others);
    let mut late = question("2", Kind::Read, 9, others);
    late.waiting = 0;
    let crowd: Vec<QuestionView> = (0..7)
        .map(|number| {
            let mut asked = question("3", Kind::Network, 1, others);
            asked.session = SessionId(format!("{number}"));
            asked
        })
        .collect();
    let many: Vec<&QuestionView> = crowd.iter().chain([&one, &late]).collect();
    let few: Vec<&QuestionView> = vec![&one, &late, &crowd[0]];
    let missed = |count: usize| {
        let missed = MissedView {
            question: one.clone(),
            ..testing::missed("1", WhyMissed::TimedOut)
        };
        notice::missed(&vec![missed; count], strings)
    };
    vec![
        notice::question(&one, None, words),
        notice::question(&question("4", Kind::Profile, 1, others), None, words),
        notice::question(&question("5", Kind::Growth, 1, others), None, words),
        notice::question(&late, Some(others), words),
        notice::summary(&many, words),
        notice::summary(&few, words),
        missed(1),
        missed(9),
        notice::quiet(&session("1", others), strings),
        notice::flagged(&SessionId("1".into()), Some(others), &[others; 9], strings),
        notice::limited(others, strings),
        notice::trouble(&Trouble::Refused(others.to_owned()), strings),
        notice::trouble(&Trouble::NoWindows(others.to_owned()), strings),
        notice::test(words),
    ]
}

/// The daemon in every state that the tray has words for.
fn desks(others: &str) -> Vec<Desk> {
    let known = |questions: usize, sessions: usize| {
        let mut desk = testing::desk(Vec::new());
        let status = desk.known().unwrap().status.clone();
        desk.connected(Snapshot {
            status,
            questions: (0..questions)
                .map(|number| question(&number.to_string(), Kind::Network, 1, others))
                .collect(),
            missed: Vec::new(),
            sessions: (0..sessions)
                .map(|number| session(&number.to_string(), others))
                .collect(),
        });
        desk
    };
    let mut absent = Desk::default();
    absent.disconnected(Absence {
        reason: others.to_owned(),
        hint: Some(others.to_owned()),
    });
    let mut locked = known(0, 2);
    for event in [
        Event::Lockdown { on: true },
        Event::Paused { until_ms: Some(1) },
        Event::SessionQuiet {
            session: SessionId("1".into()),
            quiet: true,
        },
    ] {
        locked.apply(&event);
    }
    let counted = [
        (0, 0),
        (0, 1),
        (0, 12),
        (1, 0),
        (1, 1),
        (1, 2),
        (12, 0),
        (12, 1),
        (12, 12),
    ];
    let counted = counted.map(|(questions, sessions)| known(questions, sessions));
    [Desk::default(), absent, locked]
        .into_iter()
        .chain(counted)
        .collect()
}

fn labels(entries: &[Entry], texts: &mut Vec<String>) {
    for entry in entries {
        match entry {
            Entry::Item { label, .. } | Entry::Text(label) => texts.push(label.clone()),
            Entry::Menu { label, entries } => {
                texts.push(label.clone());
                labels(entries, texts);
            }
            Entry::Separator => {}
        }
    }
}

/// All that is said, with what others say in places of theirs.
fn said(strings: &Strings, others: &str) -> Vec<String> {
    let preferences = Preferences::default();
    let words = |default_expiry_ms| Words {
        strings,
        preferences: &preferences,
        default_expiry_ms,
    };
    let mut texts = Vec::new();
    for length in [1_000, 60_000, 3_600_000, 86_400_000] {
        for notice in notices(words(length), others) {
            texts.push(notice.summary);
            texts.extend(notice.body);
            texts.extend(notice.buttons.into_iter().map(|(_, label)| label));
            texts.push(notice.otherwise.1);
        }
    }
    for desk in desks(others) {
        texts.push(menu::tooltip(&desk, words(1_000)));
        labels(
            &menu::menu(&desk, words(1_000), |_| "14:05".to_owned()),
            &mut texts,
        );
    }
    texts.extend([Window::Main, Window::Prompt].map(|window| window.title(strings)));
    let tries = [Tried::Shown, Tried::Refused, Tried::NoServer, Tried::Late];
    texts.extend(tries.into_iter().filter_map(|tried| tried.complaint(strings)));
    texts
}

#[test]
fn nothing_is_said_past_the_catalog_and_nothing_of_it_is_cut() {
    let strings = Strings::changed_by(foreign);
    for length in [6, 10_000] {
        for text in said(&strings, &of_others(length)) {
            assert!(
                !text.contains(|character: char| character.is_ascii_alphabetic()),
                "{text}"
            );
            assert!(!text.contains(['{', '}']), "{text}");
            let mut depth = 0;
            for character in text.chars() {
                depth += match character {
                    '⟦' => 1,
                    '⟧' => -1,
                    _ => 0,
                };
                assert!((0..=1).contains(&depth), "{text}");
            }
            assert_eq!(depth, 0, "{text}");
        }
    }
}

#[test]
fn every_message_of_the_app_is_said_here() {
    said(&Strings::changed_by(foreign), &of_others(6));
    let said = SAID.take();
    // Of a message with values, one of the texts between them.
    let is_said = |value: &String| {
        let is_part = |text: &String| 4 <= text.len() && value.contains(text.as_str());
        said.contains(value) || (value.contains('{') && said.iter().any(is_part))
    };
    let silent: Vec<&str> = crate::strings::tests::of_the_app()
        .into_iter()
        .filter(|(_, value)| !is_said(value))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(silent, Vec::<&str>::new());
}

#[test]
fn what_a_button_does_is_the_same_in_every_language() {
    let preferences = Preferences::default();
    let choices = |strings: &Strings| {
        let words = Words {
            strings,
            preferences: &preferences,
            default_expiry_ms: 3_600_000,
        };
        let notices = notices(words, &of_others(6)).into_iter();
        let choices = notices.map(|notice| {
            let buttons = notice.buttons.into_iter().map(|(choice, _)| choice);
            buttons.chain([notice.otherwise.0]).collect::<Vec<_>>()
        });
        choices.collect::<Vec<_>>()
    };
    assert_eq!(
        choices(&Strings::changed_by(foreign)),
        choices(&Strings::english())
    );
}
