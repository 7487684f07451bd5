//! What one notification says and offers. Pure text; how a server shows it is for others.

use askbox_policy::{Kind, SessionId};
use askbox_wire::{MissedView, QuestionView, SessionView};

use crate::choice::Choice;
use crate::strings::Strings;
use crate::{Button, Preferences};

/// Lines of a body that list something. Servers cut longer bodies, and nobody must answer what was cut off.
const LINES: usize = 5;

/// Characters of a line: GNOME Shell shows about twice this of an expanded banner.
const LINE_CHARACTERS: usize = 160;

/// What can be said about growth on disk, whatever buttons a person chose for others: a time means nothing there.
const GROWTH: &[Button] = &[
    Button::AllowOnce,
    Button::Block,
    Button::AllowSession,
    Button::Options,
];

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The title. Plain text.
    pub summary: String,
    /// The lines below it. Plain text.
    pub body: Vec<String>,
    /// Buttons in their order, each with its label.
    pub buttons: Vec<(Choice, String)>,
    /// What a click beside the buttons means. There always is something: without, GNOME Shell drops all notifications of the
    /// app at such a click. With its label, for servers that show one.
    pub otherwise: (Choice, String),
    /// Whether a program waits for the answer.
    pub urgent: bool,
}

/// What notices are made with.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The catalog.
    pub strings: &'a Strings,
    /// The person's choices.
    pub preferences: &'a Preferences,
    /// How long an answer holds by default, in milliseconds.
    pub default_expiry_ms: u64,
}

/// The notification of one question, and why an answer to it did not count.
pub fn question(question: &QuestionView, refused: Option<&str>, words: Words<'_>) -> Notice {
    let prompt = Choice::Prompt(question.id.clone());
    let mut body = Vec::new();
    // All of a session grew, and the title says by how much.
    if question.kind != Kind::Growth {
        let command = line(&question.process.display).into();
        body.push(words.strings.with("notice-program", &[("command", command)]));
    }
    if question.members.len() > 1 || question.unlisted > 0 {
        body.extend(listed(question, words.strings));
    }
    body.push(words.strings.with(
        "notice-project",
        &[("project", line(&question.project_shown).into())],
    ));
    if question.waiting == 0 {
        body.push(words.strings.get("question-gave-up"));
    }
    if let Some(reason) = refused {
        body.insert(
            0,
            words
                .strings
                .with("notice-refused", &[("reason", line(reason).into())]),
        );
    }
    let buttons = if is_answerable(question) {
        let buttons = match question.kind {
            Kind::Growth => GROWTH,
            Kind::Network | Kind::Read | Kind::Write | Kind::Execute | Kind::Profile | Kind::Neighbour => {
                words.preferences.buttons.as_slice()
            }
        };
        buttons
            .iter()
            .map(|button| offer(*button, question, words))
            .collect()
    } else {
        vec![
            (prompt.clone(), words.strings.get("button-open")),
            offer(Button::Block, question, words),
            (Choice::Later, words.strings.get("button-later")),
        ]
    };
    Notice {
        summary: question.title.clone(),
        body,
        buttons,
        otherwise: (prompt, words.strings.get("button-open")),
        urgent: true,
    }
}

/// Whether a notification shows all that an answer would cover: one host, or files that all have a line.
fn is_answerable(question: &QuestionView) -> bool {
    let most = if question.kind == Kind::Network { 1 } else { LINES };
    question.members.len() <= most && is_whole(question)
}

/// Whether all that is asked for is there, and nothing of it was cut to be shown.
pub fn is_whole(question: &QuestionView) -> bool {
    let is_cut = |text: &str| text.contains('…') || LINE_CHARACTERS < text.chars().count();
    question.unlisted == 0
        && !is_cut(&question.title)
        && !question.members.iter().any(|member| is_cut(&member.display))
}

fn offer(button: Button, question: &QuestionView, words: Words<'_>) -> (Choice, String) {
    let label = label(button, question.kind, words);
    let choice = match button {
        Button::Options => Choice::Prompt(question.id.clone()),
        Button::AllowOnce | Button::Block | Button::AllowTime | Button::AllowSession | Button::Always => {
            Choice::Answer {
                question: question.id.clone(),
                revision: question.revision,
                button,
                for_ms: words.default_expiry_ms,
            }
        }
    };
    (choice, label)
}

/// What a button says.
pub fn label(button: Button, kind: Kind, words: Words<'_>) -> String {
    match button {
        // A profile is asked about once in a session.
        Button::AllowOnce if kind == Kind::Profile => words.strings.get("button-allow-session"),
        Button::AllowOnce if kind == Kind::Growth => words.strings.get("button-grow-once"),
        Button::AllowOnce => words.strings.get("button-allow-once"),
        Button::Block if kind == Kind::Growth => words.strings.get("button-grow-no-more"),
        Button::Block => words.strings.get("button-block"),
        Button::AllowSession if kind == Kind::Growth => words.strings.get("button-grow-session"),
        Button::AllowSession => words.strings.get("button-allow-session"),
        Button::AllowTime => {
            let duration = words.strings.duration(words.default_expiry_ms);
            words
                .strings
                .with("button-allow-time", &[("span", duration.into())])
        }
        Button::Always => words.strings.get("button-always"),
        Button::Options => words.strings.get("button-options"),
    }
}

/// What a question asks for, a line each, and how much more there is.
fn listed(question: &QuestionView, strings: &Strings) -> Vec<String> {
    let all = question
        .members
        .len()
        .saturating_add(usize::try_from(question.unlisted).unwrap_or(usize::MAX));
    let shown = if all <= LINES { LINES } else { LINES - 1 };
    let mut lines: Vec<String> = question
        .members
        .iter()
        .take(shown)
        .map(|member| line(&member.display))
        .collect();
    if let Some(more) = all.checked_sub(lines.len()).filter(|more| 0 < *more) {
        lines.push(strings.with("and-more", &[("n", more.into())]));
    }
    lines
}

/// The one notification of many questions: a line for each session, so that one that asks for a lot hides no other.
pub fn summary(questions: &[&QuestionView], words: Words<'_>) -> Notice {
    let mut sessions: Vec<(&QuestionView, usize)> = Vec::new();
    for question in questions {
        match sessions
            .iter_mut()
            .find(|(first, _)| first.session == question.session)
        {
            Some((_, count)) => *count += 1,
            None => sessions.push((question, 1)),
        }
    }
    // Who asks for little comes first.
    sessions.sort_by_key(|(_, count)| *count);
    let surplus = sessions.len().saturating_sub(LINES);
    let mut body: Vec<String> = sessions
        .iter()
        .take(if 0 < surplus { LINES - 1 } else { LINES })
        .map(|(first, count)| match count - 1 {
            0 => line(&first.title),
            more => words.strings.with(
                "notice-session-asks",
                &[("title", line(&first.title).into()), ("more", more.into())],
            ),
        })
        .collect();
    if 0 < surplus {
        body.push(
            words
                .strings
                .with("notice-more-sessions", &[("count", (surplus + 1).into())]),
        );
    }
    Notice {
        summary: words
            .strings
            .with("notice-many", &[("count", questions.len().into())]),
        body,
        buttons: vec![
            (Choice::Questions, words.strings.get("button-open")),
            (Choice::Later, words.strings.get("button-later")),
        ],
        otherwise: (Choice::Questions, words.strings.get("button-open")),
        urgent: true,
    }
}

/// The one of what nobody answered.
pub fn missed(missed: &[MissedView], strings: &Strings) -> Notice {
    let mut body: Vec<String> = missed
        .iter()
        .rev()
        .take(LINES)
        .map(|missed| line(&missed.question.title))
        .collect();
    if let Some(more) = missed.len().checked_sub(LINES).filter(|more| 0 < *more) {
        body.push(strings.with("and-more", &[("n", more.into())]));
    }
    Notice {
        summary: strings.with("notice-missed", &[("count", missed.len().into())]),
        body,
        buttons: vec![(Choice::Questions, strings.get("button-open"))],
        otherwise: (Choice::Questions, strings.get("button-open")),
        urgent: false,
    }
}

/// The one of a session that asked too much.
pub fn quiet(session: &SessionView, strings: &Strings) -> Notice {
    Notice {
        summary: strings.get("notice-quiet"),
        body: vec![line(&session.command), strings.get("notice-quiet-means")],
        buttons: vec![
            (Choice::Resume(session.id.clone()), strings.get("button-resume")),
            (Choice::Questions, strings.get("button-open")),
        ],
        otherwise: (Choice::Questions, strings.get("button-open")),
        urgent: false,
    }
}

/// The one of files that run outside later. `command` is the session's, where it is known.
pub fn flagged(session: &SessionId, command: Option<&str>, names: &[&str], strings: &Strings) -> Notice {
    let names_shown = names.iter().take(LINES).copied();
    let mut body: Vec<String> = command.into_iter().chain(names_shown).map(line).collect();
    if let Some(more) = names.len().checked_sub(LINES).filter(|more| 0 < *more) {
        body.push(strings.with("and-more", &[("n", more.into())]));
    }
    Notice {
        summary: strings.get("notice-flagged"),
        body,
        buttons: vec![(Choice::Review(session.clone()), strings.get("button-review"))],
        otherwise: (Choice::Review(session.clone()), strings.get("button-open")),
        urgent: false,
    }
}

/// The one of a session that met a limit.
pub fn limited(text: &str, strings: &Strings) -> Notice {
    Notice {
        summary: strings.get("notice-limited"),
        body: vec![line(text)],
        buttons: vec![(Choice::Open, strings.get("button-open"))],
        otherwise: (Choice::Open, strings.get("button-open")),
        urgent: false,
    }
}

/// Something that the person chose and that did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Whoever should do it says why not.
    Refused(String),
    /// No window comes up, and why.
    NoWindows(String),
}

/// The one of such a thing.
pub fn trouble(trouble: &Trouble, strings: &Strings) -> Notice {
    let text = match trouble {
        Trouble::Refused(reason) => line(reason),
        Trouble::NoWindows(reason) => strings.with("notice-no-windows", &[("reason", line(reason).into())]),
    };
    Notice {
        summary: strings.get("notice-trouble"),
        body: vec![text],
        buttons: vec![(Choice::Open, strings.get("button-open"))],
        otherwise: (Choice::Open, strings.get("button-open")),
        urgent: false,
    }
}

/// One that shows how questions look.
pub fn test(words: Words<'_>) -> Notice {
    Notice {
        summary: words.strings.get("notice-test"),
        body: vec![words.strings.get("notice-test-means")],
        buttons: words
            .preferences
            .buttons
            .iter()
            .map(|button| (Choice::Later, label(*button, Kind::Network, words)))
            .collect(),
        otherwise: (Choice::Open, words.strings.get("button-open")),
        urgent: false,
    }
}

/// What came of a try to show one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The server shows it.
    Shown,
    /// It refused.
    Refused,
    /// There is none.
    NoServer,
    /// It says nothing.
    Late,
}

impl Tried {
    /// What is to be said of it, where it was not shown.
    pub fn complaint(self, strings: &Strings) -> Option<String> {
        let id = match self {
            Self::Shown => return None,
            Self::Refused => "notice-test-refused",
            Self::NoServer => "notice-test-no-server",
            Self::Late => "notice-test-late",
        };
        Some(strings.get(id))
    }
}

/// Text for a server that reads markup: nothing in it is any.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text as one line of a body: the middle of a long one is left out.
fn line(text: &str) -> String {
    askbox_policy::display::text(text, LINE_CHARACTERS)
}

#[cfg(test)]
mod tests;
