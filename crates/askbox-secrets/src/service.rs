//! The Secret Service, asked from this process. For programs that end soon: a service that hangs leaves a thread behind, and
//! one connection lasts as long as the process. [`crate::Helper`] is for the others.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use ::keyring::{Entry, Error};

use crate::error::Unavailable;
use crate::keyring::{Answer, Keyring, Order};

/// How long a service may take to begin to talk: it may be started for this. No person has to do anything until then.
const GREETING_WAIT: Duration = Duration::from_secs(5);

/// How long the answer may take: a person may have to type the password of a locked keyring.
const ANSWER_WAIT: Duration = Duration::from_mins(1);

/// What entries are found by, beside their account.
const SERVICE: &str = "askbox";

/// The Secret Service.
#[derive(Clone, Copy, Debug, Default)]
pub struct Service;

/// How far the thread is that speaks with the service.
enum News {
    Greeted,
    Answered(Answer),
}

impl Keyring for Service {
    fn carry_out(&self, order: &Order) -> Answer {
        let (news, heard) = mpsc::channel();
        let order = order.clone();
        thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(move || speak(&order, &news))
            .map_err(|error| Unavailable::NotAsked(error.to_string()))?;
        let wait = |duration: Duration| {
            heard.recv_timeout(duration).map_err(|error| match error {
                RecvTimeoutError::Timeout => Unavailable::Silent {
                    seconds: duration.as_secs(),
                },
                RecvTimeoutError::Disconnected => Unavailable::NotAsked("it broke off".to_owned()),
            })
        };
        match wait(GREETING_WAIT)? {
            News::Answered(answer) => answer,
            News::Greeted => match wait(ANSWER_WAIT)? {
                News::Answered(answer) => answer,
                News::Greeted => Err(Unavailable::NotAsked("it greets twice".to_owned())),
            },
        }
    }
}

/// Blocks for as long as the service does. Nobody may listen any more.
fn speak(order: &Order, news: &Sender<News>) {
    if let Err(error) = Entry::store_status() {
        let nobody = Unavailable::NoService(cause(error));
        return drop(news.send(News::Answered(Err(nobody))));
    }
    drop(news.send(News::Greeted));
    drop(news.send(News::Answered(ask(order))));
}

fn ask(order: &Order) -> Answer {
    let entry = |account: &str| Entry::new(SERVICE, account).map_err(|error| refused(&error));
    let done = match order {
        Order::Greet => return Ok(None),
        Order::Read { account } => entry(account)?.get_password().map(Some),
        Order::Write { account, value } => entry(account)?.set_password(value).map(|()| None),
        Order::Remove { account } => entry(account)?.delete_credential().map(|()| None),
    };
    match done {
        Err(Error::NoEntry) => Ok(None),
        done => done.map_err(|error| refused(&error)),
    }
}

fn refused(error: &Error) -> Unavailable {
    Unavailable::Refused(cause(error))
}

/// The words of whoever knows: those around them say no more than ours.
fn cause(error: &Error) -> String {
    match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
        Error::Ambiguous(entries) => format!("it has {} entries of one name", entries.len()),
        // Its words could hold what was read.
        Error::BadDataFormat(..) | Error::BadEncoding(_) => "what it has is not text".to_owned(),
        error => error.to_string(),
    }
}
