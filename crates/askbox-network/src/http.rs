//! HTTP in clear: every request on a connection is read, and its host admitted, before it goes on. hyper reads and writes
//! both sides, so the server sees what we understood; what could be understood in two ways does not reach it (`http_frames`).
//! Bodies stream; an upgraded connection is relayed as it is.

use std::collections::HashMap;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use askbox_gate::{Denial, Permit};
use askbox_policy::{Basis, Destination, Target};
use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder as Client, SendRequest};
use hyper::http::request::Parts;
use hyper::server::conn::http1::Builder as Server;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::task::JoinSet;

use crate::connection::End;
use crate::http_io::{HttpIo, Side, Watched, left_over};
use crate::limits::HOSTS_PER_CONNECTION;
use crate::relay;
use crate::session::Caller;
use crate::traffic::Counts;
use crate::{http_denial, http_head};

mod forward;
mod upgrade;

type Body = BoxBody<Bytes, hyper::Error>;
type Answering = Pin<Box<dyn Future<Output = hyper::Result<Response<Body>>> + Send>>;

/// One HTTP connection between a program and the server that it connected to.
#[derive(Debug)]
pub(crate) struct Exchange {
    caller: Arc<Caller>,
    /// Admitted already, and kept so by the caller of [`serve`].
    connected: Destination,
    via: Via,
    client: Arc<TcpStream>,
    server: Arc<TcpStream>,
    counts: Arc<Counts>,
    hosts: AsyncMutex<Hosts>,
    upgrade: Mutex<Option<(OnUpgrade, OnUpgrade)>>,
    is_busy: AtomicBool,
    idle: Notify,
    /// One of the other hosts' permits was cut.
    cut: Arc<Notify>,
    watched: Arc<Watched>,
}

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// On a connection to their server, one after another.
    Capture,
    /// By the session's proxy, which knows their server from this one: there is one to a connection.
    Proxy,
}

/// Hosts other than the one connected to, each with a task that watches its permit.
#[derive(Debug, Default)]
struct Hosts {
    admitted: HashMap<Destination, Arc<Permit>>,
    watchers: JoinSet<()>,
}

impl Exchange {
    pub(crate) fn new(
        caller: Arc<Caller>,
        (connected, via): (Destination, Via),
        (client, server): (Arc<TcpStream>, Arc<TcpStream>),
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            caller,
            connected,
            via,
            client,
            server,
            counts,
            hosts: AsyncMutex::default(),
            upgrade: Mutex::default(),
            is_busy: AtomicBool::new(false),
            idle: Notify::new(),
            cut: Arc::new(Notify::new()),
            watched: Arc::default(),
        }
    }

    fn io(&self, held: Bytes, side: Side) -> TokioIo<HttpIo> {
        let stream = match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        };
        TokioIo::new(HttpIo::new(
            Arc::clone(stream),
            held,
            Arc::clone(&self.counts),
            side,
            Arc::clone(&self.watched),
        ))
    }

    /// Admits the host of a request; once for each on a connection.
    async fn admit(&self, destination: Destination) -> Result<(), Denial> {
        if destination == self.connected {
            return Ok(());
        }
        let mut hosts = self.hosts.lock().await;
        if hosts
            .admitted
            .get(&destination)
            .is_some_and(|permit| !permit.is_revoked())
        {
            return Ok(());
        }
        if HOSTS_PER_CONNECTION <= hosts.admitted.len() {
            let reason = "too many hosts on one connection".to_owned();
            return Err(self
                .caller
                .refuse(Target::Network(destination), Basis::Malformed(reason))
                .await);
        }
        let permit = Arc::new(self.caller.admit(Target::Network(destination.clone())).await?);
        hosts.admitted.insert(destination, Arc::clone(&permit));
        let cut = Arc::clone(&self.cut);
        hosts.watchers.spawn(async move {
            permit.revoked().await;
            cut.notify_one();
        });
        Ok(())
    }

    /// One request: decided, and then passed on or refused.
    async fn answer(
        &self,
        request: Request<Incoming>,
        server: &AsyncMutex<SendRequest<Incoming>>,
    ) -> hyper::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let admitted = match self.meant(&parts) {
            Ok(destination) => self.admit(destination).await,
            Err(reason) => Err(self.malformed(reason.to_owned()).await),
        };
        if let Err(denial) = admitted {
            return Ok(
                http_denial::response(&denial).map(|body| body.map_err(|never| match never {}).boxed())
            );
        }
        let mut request = Request::from_parts(parts, body);
        upgrade::offer_no_http2(request.headers_mut());
        if self.via == Via::Proxy {
            forward::to_server(&mut request);
        }
        let client_upgrade = hyper::upgrade::on(&mut request);
        let mut server = server.lock().await;
        server.ready().await?;
        let mut response = server.send_request(request).await?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // What the client sends once it has this answer is no request.
            self.watched.upgraded.get_or_init(|| ());
            let server_upgrade = hyper::upgrade::on(&mut response);
            *self.upgrade() = Some((client_upgrade, server_upgrade));
        } else if self.via == Via::Proxy {
            forward::to_client(&mut response);
        }
        Ok(response.map(BodyExt::boxed))
    }

    /// The destination of a request.
    fn meant(&self, request: &Parts) -> Result<Destination, &'static str> {
        match self.via {
            Via::Capture => http_head::destination_of(request, &self.connected),
            Via::Proxy => {
                let meant = self.caller.session.meant(http_head::forward_of(request)?);
                let meant = meant.map_err(|(_, reason)| reason)?;
                if meant == self.connected {
                    Ok(meant)
                } else {
                    Err("a request for another server than the proxy was asked for")
                }
            }
        }
    }

    async fn malformed(&self, reason: String) -> Denial {
        self.caller
            .refuse(Target::Network(self.connected.clone()), Basis::Malformed(reason))
            .await
    }

    fn upgrade(&self) -> std::sync::MutexGuard<'_, Option<(OnUpgrade, OnUpgrade)>> {
        self.upgrade.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Relays the two ends of an upgraded connection.
    async fn relay(&self, (client, server): (OnUpgrade, OnUpgrade)) -> Result<(), End> {
        let (client, server) = tokio::try_join!(client, server).map_err(broken)?;
        relay::write_all(&self.server, &unread(client)?)
            .await
            .map_err(End::Broken)?;
        relay::write_all(&self.client, &unread(server)?)
            .await
            .map_err(End::Broken)?;
        relay::both(&self.client, &self.server, &self.counts)
            .await
            .map_err(End::Broken)
    }
}

/// Serves a connection until it ends. `held` is what the client has sent so far.
pub(crate) async fn serve(exchange: Arc<Exchange>, held: Bytes) -> Result<(), End> {
    let (sender, upstream) = Client::new()
        .preserve_header_case(true)
        .handshake::<_, Incoming>(exchange.io(Bytes::new(), Side::Server))
        .await
        .map_err(broken)?;
    let sender = Arc::new(AsyncMutex::new(sender));
    let service = service_fn(|request| {
        let (exchange, sender) = (Arc::clone(&exchange), Arc::clone(&sender));
        let answering: Answering = Box::pin(async move {
            exchange.is_busy.store(true, Ordering::Relaxed);
            let answer = exchange.answer(request, &sender).await;
            exchange.is_busy.store(false, Ordering::Relaxed);
            exchange.idle.notify_one();
            answer
        });
        answering
    });
    let client = Server::new()
        .half_close(true)
        .preserve_header_case(true)
        .auto_date_header(false)
        .serve_connection(exchange.io(held, Side::Client), service)
        .with_upgrades();
    let mut client = pin!(client);
    let mut upstream = pin!(upstream.with_upgrades());
    let mut upstream_ended = false;
    let served = loop {
        tokio::select! {
            served = &mut client => break served,
            ended = &mut upstream, if !upstream_ended => {
                upstream_ended = true;
                if let Err(error) = ended {
                    tracing::debug!(%error, "the server ended an HTTP connection");
                }
            }
            () = exchange.idle.notified(), if upstream_ended => {}
            () = exchange.cut.notified() => return Err(End::Cut),
        }
        // A client that keeps its connection must not wait for a server that has closed its own.
        if upstream_ended && !exchange.is_busy.load(Ordering::Relaxed) && exchange.upgrade().is_none() {
            client.as_mut().graceful_shutdown();
        }
    };
    if let Some(reason) = exchange.watched.refused.get() {
        exchange.malformed((*reason).to_owned()).await;
        return Ok(());
    }
    if let Err(error) = served {
        if error.is_parse() {
            exchange.malformed(format!("HTTP: {error}")).await;
            return Ok(());
        }
        return Err(broken(error));
    }
    let Some(upgrade) = exchange.upgrade().take() else {
        return Ok(());
    };
    let relayed = async {
        if upstream_ended {
            return exchange.relay(upgrade).await;
        }
        let (relayed, _) = tokio::join!(exchange.relay(upgrade), upstream);
        relayed
    };
    tokio::select! {
        relayed = relayed => relayed,
        () = exchange.cut.notified() => Err(End::Cut),
    }
}

/// What hyper had read of an upgraded connection beyond the upgrade.
fn unread(upgraded: Upgraded) -> Result<Bytes, End> {
    match upgraded.downcast::<TokioIo<HttpIo>>() {
        Ok(parts) => Ok(left_over(parts.read_buf, parts.io.into_inner())),
        Err(_) => Err(End::Broken(io::Error::other(
            "an upgrade of a connection that is not ours",
        ))),
    }
}

fn broken(error: hyper::Error) -> End {
    End::Broken(io::Error::other(error))
}
