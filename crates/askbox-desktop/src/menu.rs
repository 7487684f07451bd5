//! What the tray icon shows: its shape, its tooltip and its menu. Pure; when the menu is built anew is for others.

use askbox_policy::Kind;
use askbox_wire::{QuestionView, SessionView};

use crate::Button;
use crate::choice::Choice;
use crate::desk::{Desk, Known};
use crate::notice::{self, Words};

/// Questions and sessions with an entry each.
const MOST: usize = 8;

/// Characters of an entry.
const CHARACTERS: usize = 70;

/// Pauses on offer, in milliseconds.
pub const PAUSES: [u64; 3] = [300_000, 900_000, 3_600_000];

/// The shape of the icon: each can be told from the others without its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Nothing runs.
    Idle,
    /// Sessions run.
    Running,
    /// A question waits.
    Question,
    /// Everything is denied.
    Lockdown,
    /// Something is not as it should be.
    Problem,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Idle,
        Self::Running,
        Self::Question,
        Self::Lockdown,
        Self::Problem,
    ];

    /// The name of its picture.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Question => "question",
            Self::Lockdown => "lockdown",
            Self::Problem => "problem",
        }
    }
}

/// One entry of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Something to choose.
    Item {
        /// What it says.
        label: String,
        /// What it does.
        choice: Choice,
    },
    /// Text to read.
    Text(String),
    /// A menu below this one.
    Menu {
        /// What it says.
        label: String,
        /// Its entries.
        entries: Vec<Entry>,
    },
    /// A line.
    Separator,
}

/// The shape for what is known.
pub fn shape(desk: &Desk) -> Shape {
    match desk.known() {
        Err(_) => Shape::Problem,
        Ok(known) if known.status.lockdown => Shape::Lockdown,
        Ok(known) if !known.questions.is_empty() => Shape::Question,
        Ok(known) if known.status.obstacle.is_some() || !known.status.warnings.is_empty() => Shape::Problem,
        Ok(known) if !known.sessions.is_empty() => Shape::Running,
        Ok(_) => Shape::Idle,
    }
}

/// One line that says how things are.
pub fn tooltip(desk: &Desk, words: Words<'_>) -> String {
    let strings = words.strings;
    match desk.known() {
        Err(absence) if absence.reason.is_empty() => strings.get("tray-starting"),
        Err(_) => strings.get("tray-down"),
        Ok(known) if known.status.lockdown => strings.get("tray-lockdown"),
        Ok(known) => strings.with(
            "tray-counts",
            &[
                ("questions", known.questions.len().into()),
                ("sessions", known.sessions.len().into()),
            ],
        ),
    }
}

/// The menu. `until` tells a moment, in milliseconds since 1970, as people read it.
pub fn menu(desk: &Desk, words: Words<'_>, until: impl Fn(u64) -> String) -> Vec<Entry> {
    let strings = words.strings;
    let mut entries = vec![Entry::Text(tooltip(desk, words))];
    if let Ok(known) = desk.known() {
        questions(known, words, &mut entries);
        sessions(known, words, &mut entries);
        entries.push(Entry::Separator);
        entries.push(pause(known, words, until));
        // An item with a mark would flip before the daemon did anything.
        let label = if known.status.lockdown {
            "menu-lockdown-end"
        } else {
            "menu-lockdown"
        };
        entries.push(item(strings.get(label), Choice::Lockdown(!known.status.lockdown)));
    } else if let Err(absence) = desk.known() {
        let reason = Some(&absence.reason).filter(|reason| !reason.is_empty());
        let texts = reason.into_iter().chain(&absence.hint);
        entries.extend(texts.map(|text| Entry::Text(short(text))));
    }
    entries.push(Entry::Separator);
    entries.push(item(strings.get("menu-open"), Choice::Open));
    entries.push(quit(desk, words));
    entries
}

fn questions(known: &Known, words: Words<'_>, entries: &mut Vec<Entry>) {
    if known.questions.is_empty() {
        return;
    }
    entries.push(Entry::Separator);
    for question in known.questions.iter().take(MOST) {
        entries.push(Entry::Menu {
            label: short(&question.title),
            entries: answers(question, words),
        });
    }
    if let Some(more) = known.questions.len().checked_sub(MOST).filter(|more| 0 < *more) {
        let label = words.strings.with("menu-more", &[("count", more.into())]);
        entries.push(item(label, Choice::Questions));
    }
}

/// What can be answered from the menu: that which its title shows in full. The others are opened. What an answer about growth
/// covers is in its label.
fn answers(question: &QuestionView, words: Words<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let (buttons, is_shown): (&[Button], bool) = match question.kind {
        Kind::Growth => (&[Button::AllowOnce, Button::AllowSession, Button::Block], true),
        Kind::Profile => (&[Button::AllowOnce, Button::Block], false),
        Kind::Network | Kind::Read | Kind::Write | Kind::Execute | Kind::Neighbour => {
            (&[Button::AllowOnce, Button::AllowTime, Button::Block], false)
        }
    };
    let is_whole = is_shown
        || question.members.len() == 1
            && notice::is_whole(question)
            && short(&question.title) == question.title;
    for button in buttons.iter().copied() {
        if button == Button::Block || is_whole {
            let choice = Choice::Answer {
                question: question.id.clone(),
                revision: question.revision,
                button,
                for_ms: words.default_expiry_ms,
            };
            entries.push(item(notice::label(button, question.kind, words), choice));
        }
    }
    let open = words.strings.get("button-options");
    entries.push(item(open, Choice::Prompt(question.id.clone())));
    entries
}

fn sessions(known: &Known, words: Words<'_>, entries: &mut Vec<Entry>) {
    if known.sessions.is_empty() {
        return;
    }
    entries.push(Entry::Separator);
    for session in known.sessions.iter().take(MOST) {
        let stop = item(
            words.strings.get("session-stop"),
            Choice::Stop(session.id.clone()),
        );
        let mut below = vec![stop];
        if known.quiet.contains(&session.id) {
            let resume = words.strings.get("button-resume");
            below.push(item(resume, Choice::Resume(session.id.clone())));
        }
        entries.push(Entry::Menu {
            label: short(&called(session)),
            entries: below,
        });
    }
    if let Some(more) = known.sessions.len().checked_sub(MOST).filter(|more| 0 < *more) {
        let label = words.strings.with("menu-more", &[("count", more.into())]);
        entries.push(item(label, Choice::Open));
    }
}

/// What a session goes by.
fn called(session: &SessionView) -> String {
    match &session.name {
        Some(name) => format!("{name}: {}", session.command),
        None => session.command.clone(),
    }
}

fn pause(known: &Known, words: Words<'_>, until: impl Fn(u64) -> String) -> Entry {
    let strings = words.strings;
    let mut entries: Vec<Entry> = PAUSES
        .into_iter()
        .map(|milliseconds| item(strings.duration(milliseconds), Choice::Pause(milliseconds)))
        .collect();
    let label = match known.status.paused_until_ms {
        Some(moment) => {
            entries.push(item(strings.get("menu-resume"), Choice::Pause(0)));
            strings.with("menu-paused", &[("until", until(moment).into())])
        }
        None => strings.get("menu-pause"),
    };
    Entry::Menu { label, entries }
}

/// Quit, with a step between where it ends sessions, or may.
fn quit(desk: &Desk, words: Words<'_>) -> Entry {
    let strings = words.strings;
    let ends = match desk.known() {
        Ok(known) if known.sessions.is_empty() => return item(strings.get("menu-quit"), Choice::Quit),
        Ok(known) => strings.with("menu-quit-ends", &[("count", known.sessions.len().into())]),
        Err(_) => strings.get("menu-quit-ends-all"),
    };
    Entry::Menu {
        label: strings.get("menu-quit"),
        entries: vec![item(ends, Choice::Quit)],
    }
}

fn item(label: String, choice: Choice) -> Entry {
    Entry::Item { label, choice }
}

/// Text for an entry. Harmless already; a long one loses its middle.
fn short(text: &str) -> String {
    askbox_policy::display::text(text, CHARACTERS)
}

#[cfg(test)]
mod tests;
