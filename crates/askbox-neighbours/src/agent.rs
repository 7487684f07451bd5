//! The agent socket of a session: takes connections of programs inside, asks the gate, and passes on what it lets through.
//!
//! A signature presupposes that the session may know the keys: else whoever has a public key could find out whether its owner
//! is here.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use askbox_gate::{Gate, Permit};
use askbox_policy::{
    Basis, KeyName, Neighbour, Process, Project, Purpose, Request, SessionId, SshSignature, Target, display,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::digest;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinSet, spawn_blocking};

use crate::frame::{self, Received};
use crate::listening::{self, Identify, Serving};
use crate::message::{self, Bind, Key, Malformed, Sign};
use crate::purpose::{self, Bound};
use crate::upstream::{self, Agent};
use crate::{host_key, known_hosts, limits};

/// What the agent socket of a session has to know about it.
#[derive(Clone)]
pub struct SessionAgent {
    /// Which run; open at the gate.
    pub session: SessionId,
    /// What it is for.
    pub project: Project,
    /// Who is behind a connection.
    pub identify: Identify,
    /// The socket of the user's own agent; `None` where the user has none.
    pub agent: Option<PathBuf>,
    /// The user, whose agent it must be.
    pub user: u32,
    /// Lists of the hosts that the user knows.
    pub known_hosts: Vec<PathBuf>,
}

impl fmt::Debug for SessionAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionAgent")
            .field("session", &self.session)
            .field("agent", &self.agent)
            .finish_non_exhaustive()
    }
}

/// Serves the agent socket of a session, which listens already, until the result is dropped. To be called inside a tokio
/// runtime, after the session was opened at the gate.
pub fn serve(listener: OwnedFd, session: SessionAgent, gate: Gate) -> io::Result<Serving> {
    let situation = Arc::new(Situation { session, gate });
    let room = Arc::new(Semaphore::new(limits::CONNECTIONS));
    listening::serve(listener, room, move |stream| {
        converse(stream, Arc::clone(&situation))
    })
}

struct Situation {
    session: SessionAgent,
    gate: Gate,
}

/// One connection of a program inside.
struct Conversation {
    situation: Arc<Situation>,
    /// Its process on the host; 0 when unknown.
    pid: u32,
    /// The sessions of ssh that it is for, and what said so.
    bound: Vec<(Bound, Vec<u8>)>,
    agent: Option<Agent>,
}

/// Why something was not done. It is an event already, or is one by this.
enum NotDone {
    Denied,
    By(Target, Basis),
}

impl From<askbox_gate::Denial> for NotDone {
    fn from(_logged: askbox_gate::Denial) -> Self {
        Self::Denied
    }
}

/// Answers what comes, until the program hangs up or breaks the protocol.
async fn converse(stream: UnixStream, situation: Arc<Situation>) {
    let peer = stream.peer_cred().ok().and_then(|peer| peer.pid());
    let mut conversation = Conversation {
        situation,
        pid: peer.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0),
        bound: Vec::new(),
        agent: None,
    };
    let (reading, mut writing) = stream.into_split();
    let (sender, mut messages) = mpsc::channel(1);
    let (waits, hung_up) = oneshot::channel();
    let mut hung_up = pin!(hung_up);
    // Read while an answer is awaited too: a program that hangs up waits no more.
    let mut reader = JoinSet::new();
    reader.spawn(read_all(reading, sender, waits));
    while let Some(received) = messages.recv().await {
        let message = match received {
            Ok(message) => message,
            Err(length) => {
                let reason = format!("ssh agent: a message of {length} bytes");
                conversation.refuse(listing(), Basis::Malformed(reason)).await;
                return;
            }
        };
        let answer = tokio::select! {
            biased;
            answer = conversation.answer(&message) => answer,
            _ended = &mut hung_up => return,
        };
        if frame::send(&mut writing, &answer).await.is_err() {
            return;
        }
    }
}

/// Reads messages to the end, or to a length that none has. `_waits` is dropped then.
async fn read_all(
    mut reading: OwnedReadHalf,
    sender: mpsc::Sender<Result<Vec<u8>, u32>>,
    _waits: oneshot::Sender<()>,
) {
    loop {
        let received = match frame::receive(&mut reading).await {
            Ok(Received::Message(message)) => Ok(message),
            Ok(Received::Length(length)) => Err(length),
            Ok(Received::End) | Err(_) => return,
        };
        let is_last = received.is_err();
        if sender.send(received).await.is_err() || is_last {
            return;
        }
    }
}

fn listing() -> Target {
    Target::Neighbour(Neighbour::SshKeys)
}

impl Conversation {
    /// The answer to a message. Whatever is not done is an event.
    async fn answer(&mut self, message: &[u8]) -> Vec<u8> {
        let answer = match message::request(message) {
            Ok(message::Request::List) => self.list().await,
            Ok(message::Request::Sign(sign)) => self.sign(sign).await,
            Ok(message::Request::Bind(bind)) => self.bind(bind),
            Ok(message::Request::Other(what)) => {
                let reason = format!("ssh agent: {what} is never passed on");
                Err(NotDone::By(listing(), Basis::Neighbour(reason)))
            }
            Err(error) => Err(malformed(error)),
        };
        match answer {
            Ok(answer) => answer,
            Err(NotDone::Denied) => message::write_failure(),
            Err(NotDone::By(target, basis)) => {
                self.refuse(target, basis).await;
                message::write_failure()
            }
        }
    }

    async fn list(&mut self) -> Result<Vec<u8>, NotDone> {
        let (_permit, listed) = self.keys().await?;
        let keys = message::keys(&listed).map_err(|error| self.unusable(&upstream::Error::Answer(error)))?;
        Ok(message::write_keys(&keys))
    }

    /// The agent's own list, once the session may know it. An agent that is not there is nothing to ask about.
    async fn keys(&mut self) -> Result<(Permit, Vec<u8>), NotDone> {
        self.connect().await?;
        let permit = self.admit(listing()).await?;
        let listed = self.connect().await?.list().await;
        let listed = listed.map_err(|error| self.unusable(&error))?;
        Ok((permit, listed))
    }

    async fn sign(&mut self, sign: Sign<'_>) -> Result<Vec<u8>, NotDone> {
        let comment = {
            let (_permit, listed) = self.keys().await?;
            let keys =
                message::keys(&listed).map_err(|error| self.unusable(&upstream::Error::Answer(error)))?;
            comment(&keys, sign.key).ok_or_else(|| {
                NotDone::By(
                    listing(),
                    Basis::Neighbour("ssh agent: it has no such key".to_owned()),
                )
            })?
        };
        let signature = SshSignature {
            key: fingerprint(sign.key).ok_or(NotDone::Denied)?,
            comment,
            purpose: self.purpose(sign).await,
        };
        let target = Target::Neighbour(Neighbour::SshSign(Box::new(signature)));
        let permit = self.admit(target).await?;
        let bindings: Vec<Vec<u8>> = self.bound.iter().map(|(_, message)| message.clone()).collect();
        let agent = self.connect().await?;
        let signing = async {
            for binding in bindings.iter().skip(agent.bound) {
                if let Ok(message::Request::Bind(bind)) = message::request(binding) {
                    agent.bind(bind).await?;
                }
            }
            agent.sign(sign).await
        };
        let signed = tokio::select! {
            signed = signing => Some(signed),
            () = permit.revoked() => None,
        };
        let Some(signed) = signed.filter(|_| !permit.is_revoked()) else {
            // Its answer may come yet, and would be taken for another's.
            self.agent = None;
            return Err(NotDone::Denied);
        };
        let signed = signed.map_err(|error| self.unusable(&error))?;
        let signature = message::signature(&signed);
        let signature = signature.map_err(|error| self.unusable(&upstream::Error::Answer(error)))?;
        Ok(message::write_signature(signature))
    }

    fn bind(&mut self, bind: Bind<'_>) -> Result<Vec<u8>, NotDone> {
        let why = if limits::BINDS <= self.bound.len() {
            "ssh agent: bound to too many hosts"
        } else if !host_key::has_signed(bind.host_key, bind.session_id, bind.signature) {
            "ssh agent: bound to a host that has not signed the session"
        } else {
            let bound = Bound {
                host_key: bind.host_key.to_owned(),
                session_id: bind.session_id.to_owned(),
                is_forwarding: bind.is_forwarding,
            };
            self.bound.push((bound, message::write_bind(bind)));
            return Ok(message::write_success());
        };
        Err(NotDone::By(listing(), Basis::Malformed(why.to_owned())))
    }

    async fn purpose(&self, sign: Sign<'_>) -> Purpose {
        let session = &self.situation.session;
        let paths = session.known_hosts.clone();
        let lists = spawn_blocking(move || paths.iter().filter_map(|path| read(path)).collect::<Vec<_>>());
        let lists = lists.await.unwrap_or_default();
        let connected = self.situation.gate.destinations(&session.session);
        let bound: Vec<Bound> = self.bound.iter().map(|(bound, _)| bound.clone()).collect();
        purpose::of(&sign, &bound, |key| known_hosts::find(&lists, key, &connected))
    }

    /// The connection to the user's agent, made where there is none.
    async fn connect(&mut self) -> Result<&mut Agent, NotDone> {
        let session = &self.situation.session;
        let agent = match (self.agent.take(), &session.agent) {
            (Some(agent), _) => agent,
            (None, Some(path)) => match Agent::connect(path, session.user).await {
                Ok(agent) => agent,
                Err(error) => return Err(self.unusable(&error)),
            },
            (None, None) => {
                let reason = "you have no ssh agent: SSH_AUTH_SOCK is not set".to_owned();
                return Err(NotDone::By(listing(), Basis::Neighbour(reason)));
            }
        };
        Ok(self.agent.insert(agent))
    }

    /// Hangs up on an agent that did something wrong.
    fn unusable(&mut self, error: &upstream::Error) -> NotDone {
        self.agent = None;
        NotDone::By(listing(), Basis::Neighbour(error.to_string()))
    }

    async fn admit(&self, target: Target) -> Result<Permit, NotDone> {
        let identify = (self.situation.session.identify)(self.pid);
        Ok(self.situation.gate.admit(self.request(target), identify).await?)
    }

    async fn refuse(&self, target: Target, basis: Basis) {
        let identify = (self.situation.session.identify)(self.pid);
        let refused = self
            .situation
            .gate
            .refuse_by(self.request(target), basis, identify);
        drop(refused.await);
    }

    fn request(&self, target: Target) -> Request {
        let session = &self.situation.session;
        Request {
            session: session.session.clone(),
            project: session.project.clone(),
            process: Process::unknown(),
            target,
        }
    }
}

fn malformed(error: Malformed) -> NotDone {
    NotDone::By(listing(), Basis::Malformed(format!("ssh agent: {error}")))
}

/// What the owner of a key calls it, made harmless; `None` where the agent has no such key.
fn comment(keys: &[Key<'_>], blob: &[u8]) -> Option<String> {
    let key = keys.iter().find(|key| key.blob == blob)?;
    let comment = String::from_utf8_lossy(key.comment);
    Some(display::text(&comment, display::MAX_NAME))
}

/// As ssh writes it.
fn fingerprint(blob: &[u8]) -> Option<KeyName> {
    let digest = digest::digest(&digest::SHA256, blob);
    format!("SHA256:{}", STANDARD_NO_PAD.encode(digest)).parse().ok()
}

/// A list of known hosts; `None` where it cannot be read, or is longer than any.
fn read(path: &std::path::Path) -> Option<String> {
    let is_short = std::fs::metadata(path).ok()?.len() <= limits::KNOWN_HOSTS_BYTES;
    is_short.then(|| std::fs::read_to_string(path).ok()).flatten()
}

#[cfg(test)]
mod tests;
