//! One front end: its calls in their order, what it follows, and the session that it holds.
//!
//! The connection is the leash of a session that was launched on it. However this task ends, the session ends with it.

use std::future::pending;
use std::sync::Arc;

use askbox_policy::SessionId;
use askbox_wire::{
    Connection, ErrorCode, Event, FromDaemon, Incoming, ReceiveError, Request, Response, SendError, Sender,
    WireError,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::daemon::{Daemon, Phase};
use crate::follow::Following;
use crate::limits;
use crate::requests;
use crate::session::stopping::{Stopping, Why};
use crate::session::{self, Ending, Keeping, Making, Watching};

/// What the daemon keeps of one front end.
#[derive(Debug)]
pub(crate) struct FrontEnd {
    /// What it wants to hear about.
    pub(crate) following: Following,
    /// The session that it launched.
    pub(crate) held: Option<HeldSession>,
}

/// The session of a connection.
#[derive(Debug)]
pub(crate) struct HeldSession {
    /// Which.
    pub(crate) id: SessionId,
    /// Says when it is to end.
    pub(crate) stopped: watch::Receiver<Stopping>,
    /// Whether its client knows that it is to end.
    pub(crate) has_heard: bool,
    /// Its start on its way into the log; `None` once somebody has waited for it.
    pub(crate) logged: Option<JoinHandle<Result<u64, askbox_audit::Error>>>,
    /// How its project is, on its way into its record; `None` once somebody has waited for it.
    pub(crate) recorded: Option<JoinHandle<Option<Watching>>>,
    /// Looks out for what it makes, while this is held.
    pub(crate) watching: Option<Watching>,
    /// Its control group in the making; `None` once somebody has waited for it.
    pub(crate) scope: Option<Making>,
    /// Keeps it to its limits, while this is held.
    pub(crate) keeping: Option<Keeping>,
}

/// What a connection wakes up for.
enum Wake {
    Call(Result<Option<Box<Incoming>>, ReceiveError>),
    Followed(Box<Event>),
    Stopping(SessionId, Why),
    Stopped(SessionId),
    DaemonEnds,
}

/// Serves one front end until it goes, or the daemon does.
pub(crate) async fn serve(daemon: Arc<Daemon>, mut connection: Connection) {
    if let Err(error) = connection.greet().await {
        tracing::debug!(%error, pid = connection.peer.pid, "a front end was not greeted");
        return;
    }
    let mut front_end = FrontEnd {
        following: Following::default(),
        held: None,
    };
    if let Err(error) = converse(&daemon, &mut connection, &mut front_end).await {
        tracing::debug!(%error, pid = connection.peer.pid, "a front end's connection failed");
    }
    if let Some(mut held) = front_end.held {
        if let Err(error) = session::start_logged(&mut held).await {
            tracing::error!(%error, session = %held.id, "the start of a session is not in the log");
        }
        session::recorded(&mut held).await;
        let how = match &*held.stopped.borrow() {
            Stopping::Asked(why) | Stopping::Now(why) => Ending::Stopped(why.reason),
            Stopping::No => Ending::ConnectionLost,
        };
        session::end(&daemon, &held.id, how).await;
    }
}

async fn converse(
    daemon: &Arc<Daemon>,
    connection: &mut Connection,
    front_end: &mut FrontEnd,
) -> Result<(), ReceiveError> {
    let mut phase = daemon.phase();
    loop {
        let FrontEnd { following, held } = front_end;
        let wake = tokio::select! {
            // What has happened is told before the end is.
            biased;
            wake = stopped(held) => wake,
            event = following.next(daemon) => Wake::Followed(Box::new(event)),
            call = connection.receiver.next() => Wake::Call(call.map(|call| call.map(Box::new))),
            _ = phase.wait_for(|phase| *phase == Phase::Over) => Wake::DaemonEnds,
        };
        match wake {
            Wake::Call(Ok(Some(call))) => answer(daemon, connection, front_end, *call).await?,
            Wake::Call(Ok(None)) => return Ok(()),
            Wake::Call(Err(error)) => {
                let message = FromDaemon::response(0, Err(unreadable(&error)));
                connection.sender.send(&message).await?;
                return Err(error);
            }
            Wake::Followed(event) => push(&mut connection.sender, *event).await?,
            Wake::Stopping(session, Why { reason, text }) => {
                let event = Event::SessionStopping {
                    session,
                    reason,
                    text,
                };
                push(&mut connection.sender, event).await?;
            }
            Wake::Stopped(session) => {
                push(&mut connection.sender, Event::SessionEnded { session }).await?;
                return last_words(daemon, connection, front_end).await;
            }
            Wake::DaemonEnds => return Ok(push(&mut connection.sender, Event::Stopping).await?),
        }
    }
}

/// A stopped session has lost its leash and ends by itself, which its client reports. If it does not, closing the
/// connection makes the client kill it.
async fn last_words(
    daemon: &Arc<Daemon>,
    connection: &mut Connection,
    front_end: &mut FrontEnd,
) -> Result<(), ReceiveError> {
    let deadline = sleep(limits::STOP_WAIT);
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            call = connection.receiver.next() => match call? {
                Some(call) => answer(daemon, connection, front_end, call).await?,
                None => return Ok(()),
            },
            () = &mut deadline => return Ok(()),
        }
    }
}

async fn answer(
    daemon: &Arc<Daemon>,
    connection: &mut Connection,
    front_end: &mut FrontEnd,
    call: Incoming,
) -> Result<(), SendError> {
    let Incoming {
        id,
        request,
        descriptors,
    } = call;
    let ends = matches!(request, Request::Shutdown);
    let result = requests::handle(daemon, connection.peer, front_end, request, descriptors).await;
    let sent = send_answer(&mut connection.sender, id, result).await;
    if ends {
        // Only now, so that the answer is out before the connection ends.
        daemon.end();
    }
    sent
}

/// Sends an answer, a long list in several parts.
async fn send_answer(
    sender: &mut Sender,
    id: u64,
    result: Result<Response, WireError>,
) -> Result<(), SendError> {
    let mut parts = vec![result];
    while let Some(result) = parts.pop() {
        let message = FromDaemon::Response {
            id,
            result,
            more: !parts.is_empty(),
        };
        let error = match sender.send(&message).await {
            Err(SendError::Encode(error)) => error,
            sent => {
                sent?;
                continue;
            }
        };
        let FromDaemon::Response {
            result: Ok(response), ..
        } = message
        else {
            return Err(SendError::Encode(error));
        };
        match response.halve() {
            Ok((first, second)) => parts.extend([Ok(second), Ok(first)]),
            Err(_whole) => {
                // What is left of the list cannot be told; the front end must not take a part for all of it.
                parts = vec![Err(WireError::new(ErrorCode::TooLong, error.to_string()))];
            }
        }
    }
    Ok(())
}

async fn push(sender: &mut Sender, event: Event) -> Result<(), SendError> {
    match sender.send(&FromDaemon::Event(Box::new(event))).await {
        // No reason to end a session; whoever follows lists everything again.
        Err(SendError::Encode(error)) => {
            tracing::warn!(%error, "an event was not sent");
            sender
                .send(&FromDaemon::Event(Box::new(Event::Lagged { missed: 1 })))
                .await
        }
        sent => sent,
    }
}

/// Resolves when the session of the connection is to end, and when it is stopped; never without one. Its client hears why
/// before it hears that.
async fn stopped(held: &mut Option<HeldSession>) -> Wake {
    let Some(held) = held else { return pending().await };
    let has_heard = held.has_heard;
    let is_news = |stopping: &Stopping| match stopping {
        Stopping::No => false,
        Stopping::Asked(_) => !has_heard,
        Stopping::Now(_) => true,
    };
    let stopping = held
        .stopped
        .wait_for(is_news)
        .await
        .map(|stopping| stopping.clone());
    let Ok(stopping) = stopping else {
        // It has ended and is out of the table already.
        return pending().await;
    };
    match stopping {
        Stopping::Asked(why) | Stopping::Now(why) if !has_heard => {
            held.has_heard = true;
            Wake::Stopping(held.id.clone(), why)
        }
        Stopping::No | Stopping::Asked(_) | Stopping::Now(_) => Wake::Stopped(held.id.clone()),
    }
}

fn unreadable(error: &ReceiveError) -> WireError {
    let message = match error {
        ReceiveError::Decode(error) => format!("{error}: {}", source(error)),
        other => other.to_string(),
    };
    WireError::new(ErrorCode::Malformed, message)
}

fn source(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}
