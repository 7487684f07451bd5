//! Lists and texts that are longer than one message: the daemon halves them, a front end puts them together again.

use super::{Imported, Response};

impl Response {
    /// A list or text as its two halves; anything else, and a list of one, as it is.
    pub fn halve(self) -> Result<(Self, Self), Box<Self>> {
        match self {
            Self::Questions(list) => split(list, Self::Questions),
            Self::Missed(list) => split(list, Self::Missed),
            Self::Rules(list) => split(list, Self::Rules),
            Self::Grants(list) => split(list, Self::Grants),
            Self::Sessions(list) => split(list, Self::Sessions),
            Self::Imported(Imported { mut added, known }) if 1 < added.len() => {
                let second = added.split_off(added.len() / 2);
                let second = Imported {
                    added: second,
                    known: 0,
                };
                Ok((Self::Imported(Imported { added, known }), Self::Imported(second)))
            }
            Self::PolicyText(mut text) if 1 < text.chars().count() => {
                let middle = text.ceil_char_boundary(text.len() / 2);
                let second = text.split_off(middle);
                Ok((Self::PolicyText(text), Self::PolicyText(second)))
            }
            Self::Done
            | Self::Status(_)
            | Self::Answered(_)
            | Self::RuleAdded(_)
            | Self::Settings(_)
            | Self::PolicyText(_)
            | Self::Imported(_)
            | Self::Inspected(_)
            | Self::Revoked { .. }
            | Self::Stopped { .. }
            | Self::Trusted(_)
            | Self::Launched { .. }
            | Self::Serving
            | Self::Ended { .. } => Err(Box::new(self)),
        }
    }

    /// The list of this and the next part; `None` when they are not parts of one list.
    pub(crate) fn join(self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::Questions(list), Self::Questions(next)) => Some(Self::Questions(joined(list, next))),
            (Self::Missed(list), Self::Missed(next)) => Some(Self::Missed(joined(list, next))),
            (Self::Rules(list), Self::Rules(next)) => Some(Self::Rules(joined(list, next))),
            (Self::Grants(list), Self::Grants(next)) => Some(Self::Grants(joined(list, next))),
            (Self::Sessions(list), Self::Sessions(next)) => Some(Self::Sessions(joined(list, next))),
            (Self::PolicyText(text), Self::PolicyText(next)) => Some(Self::PolicyText(text + &next)),
            (Self::Imported(part), Self::Imported(next)) => Some(Self::Imported(Imported {
                added: joined(part.added, next.added),
                known: part.known + next.known,
            })),
            _ => None,
        }
    }
}

fn split<T>(
    mut list: Vec<T>,
    whole: impl Fn(Vec<T>) -> Response,
) -> Result<(Response, Response), Box<Response>> {
    if list.len() < 2 {
        return Err(Box::new(whole(list)));
    }
    let second = list.split_off(list.len() / 2);
    Ok((whole(list), whole(second)))
}

fn joined<T>(mut list: Vec<T>, next: Vec<T>) -> Vec<T> {
    list.extend(next);
    list
}
