//! What a person chooses with one click, as text that a notification server or a menu hands back. Parsed here, once; what
//! does not parse is no choice.

use std::fmt;
use std::str::FromStr;

use askbox_policy::{Answer, Duration, SessionId};

use crate::Button;

/// What a click means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// An answer to a question.
    Answer {
        /// The question.
        question: String,
        /// Its revision as it was shown: what was added since is not covered.
        revision: u32,
        /// Which answer; never [`Button::Options`].
        button: Button,
        /// How long it holds where it has a time, in milliseconds: as long as the button said.
        for_ms: u64,
    },
    /// Show the prompt window with this question.
    Prompt(String),
    /// Show the questions.
    Questions,
    /// Show the main window as it was left.
    Open,
    /// Decide nothing now.
    Later,
    /// Let a quiet session ask again.
    Resume(SessionId),
    /// Show what a session changed.
    Review(SessionId),
    /// End a session.
    Stop(SessionId),
    /// Pause questions for so many milliseconds; 0 ends the pause.
    Pause(u64),
    /// Deny everything, or no longer.
    Lockdown(bool),
    /// End the app and with it the daemon and its sessions.
    Quit,
}

impl Choice {
    /// What a click means that came before anybody could read what it was on: the question is shown instead of answered.
    #[must_use]
    pub fn unread(self) -> Self {
        match self {
            Self::Answer { question, .. } => Self::Prompt(question),
            other @ (Self::Prompt(_)
            | Self::Questions
            | Self::Open
            | Self::Later
            | Self::Resume(_)
            | Self::Review(_)
            | Self::Stop(_)
            | Self::Pause(_)
            | Self::Lockdown(_)
            | Self::Quit) => other,
        }
    }
}

/// The text is no choice of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer {
                question,
                revision,
                button,
                for_ms,
            } => write!(f, "{} {question} {revision} {for_ms}", word(*button)),
            Self::Prompt(question) => write!(f, "prompt {question}"),
            Self::Questions => f.write_str("questions"),
            Self::Open => f.write_str("open"),
            Self::Later => f.write_str("later"),
            Self::Resume(session) => write!(f, "resume {session}"),
            Self::Review(session) => write!(f, "review {session}"),
            Self::Stop(session) => write!(f, "stop {session}"),
            Self::Pause(milliseconds) => write!(f, "pause {milliseconds}"),
            Self::Lockdown(on) => f.write_str(if *on { "lockdown on" } else { "lockdown off" }),
            Self::Quit => f.write_str("quit"),
        }
    }
}

impl FromStr for Choice {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let words: Vec<&str> = text.split(' ').collect();
        let session = |id: &str| SessionId(id.to_owned());
        Ok(match words.as_slice() {
            ["prompt", question] => Self::Prompt((*question).to_owned()),
            ["questions"] => Self::Questions,
            ["open"] => Self::Open,
            ["later"] => Self::Later,
            ["resume", id] => Self::Resume(session(id)),
            ["review", id] => Self::Review(session(id)),
            ["stop", id] => Self::Stop(session(id)),
            ["pause", milliseconds] => Self::Pause(milliseconds.parse().map_err(|_not_a_number| Unknown)?),
            ["lockdown", "on"] => Self::Lockdown(true),
            ["lockdown", "off"] => Self::Lockdown(false),
            ["quit"] => Self::Quit,
            [button, question, revision, for_ms] => Self::Answer {
                question: (*question).to_owned(),
                revision: revision.parse().map_err(|_not_a_number| Unknown)?,
                button: ANSWERS
                    .into_iter()
                    .find(|known| word(*known) == *button)
                    .ok_or(Unknown)?,
                for_ms: for_ms.parse().map_err(|_not_a_number| Unknown)?,
            },
            _ => return Err(Unknown),
        })
    }
}

/// The buttons that answer.
const ANSWERS: [Button; 5] = [
    Button::AllowOnce,
    Button::Block,
    Button::AllowTime,
    Button::AllowSession,
    Button::Always,
];

fn word(button: Button) -> &'static str {
    match button {
        Button::AllowOnce => "allow_once",
        Button::Block => "block",
        Button::AllowTime => "allow_time",
        Button::AllowSession => "allow_session",
        Button::Always => "always",
        Button::Options => "options",
    }
}

/// The answer that a button gives, of the narrowest scope. `None` for [`Button::Options`], which decides nothing.
pub fn answer(button: Button, for_ms: u64) -> Option<Answer> {
    let (allow, duration) = match button {
        Button::AllowOnce => (true, Duration::Once),
        Button::Block => (false, Duration::For(for_ms)),
        Button::AllowTime => (true, Duration::For(for_ms)),
        Button::AllowSession => (true, Duration::Session),
        Button::Always => (true, Duration::Always),
        Button::Options => return None,
    };
    Some(Answer {
        allow,
        duration,
        widen: false,
        everywhere: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Choice> {
        let session = || SessionId("s1".into());
        let mut all: Vec<Choice> = ANSWERS
            .into_iter()
            .map(|button| Choice::Answer {
                question: "7".into(),
                revision: 3,
                button,
                for_ms: 3_600_000,
            })
            .collect();
        all.extend([
            Choice::Prompt("7".into()),
            Choice::Questions,
            Choice::Open,
            Choice::Later,
            Choice::Resume(session()),
            Choice::Review(session()),
            Choice::Stop(session()),
            Choice::Pause(300_000),
            Choice::Lockdown(true),
            Choice::Lockdown(false),
            Choice::Quit,
        ]);
        all
    }

    #[test]
    fn every_choice_survives_as_text() {
        for choice in all() {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
    }

    #[test]
    fn other_text_is_no_choice() {
        for text in [
            "",
            "default",
            "allow",
            "allow_once 7",
            "allow_once 7 1",
            "allow_once 7 x 1",
            "options 7 3 1",
            "quit now",
            "pause soon",
        ] {
            assert_eq!(text.parse::<Choice>(), Err(Unknown), "{text}");
        }
    }

    #[test]
    fn what_nobody_could_read_is_shown_and_not_answered() {
        for choice in all() {
            let is_answer = matches!(choice, Choice::Answer { .. });
            let unread = choice.clone().unread();
            if is_answer {
                assert_eq!(unread, Choice::Prompt("7".into()));
            } else {
                assert_eq!(unread, choice);
            }
        }
    }

    #[test]
    fn a_click_never_widens() {
        for button in ANSWERS {
            let answer = answer(button, 3_600_000).unwrap();
            assert!(!answer.widen && !answer.everywhere, "{button:?}");
            assert_eq!(answer.allow, button != Button::Block);
        }
        assert_eq!(answer(Button::Options, 1), None);
    }
}
