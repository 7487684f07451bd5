//! The connection on which the app hears of events: made, kept, and made anew, on a thread of its own, since the client
//! blocks. Starts the daemon where none runs.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use askbox_desktop::desk::{Absence, Snapshot};
use askbox_paths::Paths;
use askbox_wire::{Client, ClientError, Event, Follow, Request, Response, Topic};
use tokio::sync::mpsc::Sender;

use crate::call;
use crate::daemon_process;
use crate::ending::Ending;
use crate::hub::News;

/// Pauses between tries; the last one repeats.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
];

/// A connection that held this long was good: the next try comes soon.
const HELD: Duration = Duration::from_mins(1);

/// What the app hears of all the time. The log is followed only while a window shows it.
const TOPICS: [Topic; 5] = [
    Topic::Questions,
    Topic::Sessions,
    Topic::Policy,
    Topic::Flagged,
    Topic::Limits,
];

/// Why the connection is gone.
enum End {
    /// It failed, or could not be made.
    Failed(Absence),
    /// Events were lost: the lists of a new connection have what is missing.
    Behind,
    /// Nobody listens to us any more.
    Unheard,
}

/// Keeps the connection for as long as somebody listens. Makes no other one while the app is about to end.
pub(crate) fn keep(paths: Paths, news: Sender<News>, ending: Arc<Ending>) {
    let thread = thread::Builder::new().name("link".to_owned());
    let started = thread.spawn(move || {
        let mut failures = 0;
        let mut was_stopped = false;
        loop {
            ending.hold();
            let began = Instant::now();
            let absence = match follow(&paths, &news, &mut was_stopped) {
                End::Unheard => return,
                End::Behind => continue,
                End::Failed(absence) => absence,
            };
            if news.blocking_send(News::Down(absence)).is_err() {
                return;
            }
            failures = if began.elapsed() < HELD { failures + 1 } else { 1 };
            // Whoever starts one again wants to be asked at once.
            let longest = if was_stopped { 1 } else { PAUSES.len() - 1 };
            thread::sleep(PAUSES[(failures - 1).min(longest)]);
        }
    });
    if let Err(error) = started {
        tracing::error!(%error, "no thread can be started: nothing will be shown");
    }
}

/// One connection from its beginning to its end. A daemon that was stopped is not started again by us.
fn follow(paths: &Paths, news: &Sender<News>, was_stopped: &mut bool) -> End {
    let mut client = match connect(paths, *was_stopped) {
        Ok(client) => client,
        Err(absence) => return End::Failed(absence),
    };
    *was_stopped = false;
    match snapshot(&mut client) {
        Ok(snapshot) => {
            if news.blocking_send(News::Up(Box::new(snapshot))).is_err() {
                return End::Unheard;
            }
        }
        Err(error) => return End::Failed(absence(&error)),
    }
    loop {
        match client.next_event() {
            Ok(Some(Event::Lagged { .. })) => return End::Behind,
            Ok(Some(event)) => {
                *was_stopped |= matches!(event, Event::Stopping);
                let more = more(&mut client, &event);
                if news.blocking_send(News::Event(Box::new(event))).is_err() {
                    return End::Unheard;
                }
                match more {
                    Ok(None) => {}
                    Ok(Some(more)) => {
                        if news.blocking_send(more).is_err() {
                            return End::Unheard;
                        }
                    }
                    Err(error) => return End::Failed(absence(&error)),
                }
            }
            Ok(None) => return End::Failed(absence(&ClientError::Closed)),
            Err(error) => return End::Failed(absence(&error)),
        }
    }
}

/// What an event changed and does not say itself.
fn more(client: &mut Client, event: &Event) -> Result<Option<News>, ClientError> {
    Ok(match event {
        Event::Lockdown { .. } | Event::PolicyChanged(_) => match client.call(Request::Status)? {
            Response::Status(status) => Some(News::Status(status)),
            _ => return Err(ClientError::OutOfTurn),
        },
        Event::MissedChanged => match client.call(Request::Missed)? {
            Response::Missed(missed) => Some(News::Missed(missed)),
            _ => return Err(ClientError::OutOfTurn),
        },
        _ => None,
    })
}

fn connect(paths: &Paths, was_stopped: bool) -> Result<Client, Absence> {
    match Client::connect(&paths.socket()) {
        Err(ClientError::NotRunning { .. }) if !was_stopped => {}
        connected => return connected.map_err(|error| absence(&error)),
    }
    daemon_process::start().map_err(|error| Absence {
        reason: error.to_string(),
        hint: Some("askbox doctor".to_owned()),
    })?;
    Client::connect(&paths.socket()).map_err(|error| absence(&error))
}

/// Follows, then asks for the lists: what happens in between comes as an event, which does no harm when it is in a list
/// already.
fn snapshot(client: &mut Client) -> Result<Snapshot, ClientError> {
    client.call(Request::Follow(Follow {
        topics: TOPICS.to_vec(),
        session: None,
    }))?;
    Ok(Snapshot {
        status: match client.call(Request::Status)? {
            Response::Status(status) => *status,
            _ => return Err(ClientError::OutOfTurn),
        },
        questions: match client.call(Request::Questions)? {
            Response::Questions(questions) => questions,
            _ => return Err(ClientError::OutOfTurn),
        },
        missed: match client.call(Request::Missed)? {
            Response::Missed(missed) => missed,
            _ => return Err(ClientError::OutOfTurn),
        },
        sessions: match client.call(Request::Sessions)? {
            Response::Sessions(sessions) => sessions,
            _ => return Err(ClientError::OutOfTurn),
        },
    })
}

fn absence(error: &ClientError) -> Absence {
    let error = call::wire_error(error);
    Absence {
        reason: error.message,
        hint: error.hint,
    }
}
