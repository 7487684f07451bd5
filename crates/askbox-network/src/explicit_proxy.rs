//! The proxy of a session whose connections nobody can turn around: programs ask it for connections, by HTTP or by SOCKS, at
//! one port. It finds out what they want and whether they are of this session; what happens then is `connection`'s business.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use askbox_policy::{Basis, Destination, Host, Port, Target};
use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::capture::accept;
use crate::connection;
use crate::entry::Entry;
use crate::limits::{HELD, PROXY_REQUEST_WAIT};
use crate::relay::reset_on_close;
use crate::room::Share;
use crate::session::{Caller, Session};
use crate::{Ends, TCP, exact, http_denial, refusal, relay};

pub(crate) mod request;
pub(crate) mod socks;
mod token;

pub use token::ProxyToken;

use request::{Unfit, Wanted};
use socks::{Parsed, Reply};

/// Serves connections to the proxy for as long as the future lives; dropping it ends all that came this way.
pub(crate) async fn serve(listener: TcpListener, session: Arc<Session>, share: Share, token: ProxyToken) {
    let take = |client, from, session| take(client, from, session, token.clone());
    accept(listener, &session, &share, pending(), take).await;
}

async fn take(client: TcpStream, from: SocketAddr, session: Arc<Session>, token: ProxyToken) {
    let door = Door {
        proxy: client.local_addr().ok(),
        client,
        token,
    };
    let caller = Caller::new(
        session,
        Ends {
            protocol: TCP,
            client: from,
            server: door.proxy,
        },
    );
    match timeout(PROXY_REQUEST_WAIT, Box::pin(door.wanted(&caller))).await {
        Ok(Ok(Some((destination, entry)))) => {
            connection::handle(door.client, destination, entry, caller).await;
        }
        // It was told why.
        Ok(Ok(None)) => {}
        Ok(Err(error)) => {
            tracing::debug!(%error, %from, "a connection to the proxy that wanted nothing");
            reset_on_close(&door.client);
        }
        Err(_late) => reset_on_close(&door.client),
    }
}

/// A connection of which nothing is known yet.
struct Door {
    client: TcpStream,
    /// What it connected to.
    proxy: Option<SocketAddr>,
    token: ProxyToken,
}

impl Door {
    /// Where it wants to go; `None` when it was refused, and told so.
    async fn wanted(&self, caller: &Caller) -> io::Result<Option<(Destination, Entry)>> {
        self.client.set_nodelay(true)?;
        let mut first = [0];
        let wanted = match self.client.peek(&mut first).await? {
            0 => None,
            _ if first == [socks::VERSION] => self.by_socks().await?,
            _ => self.by_http(caller).await?,
        };
        let Some((destination, entry)) = wanted else {
            return Ok(None);
        };
        match caller.session.meant(destination) {
            Ok(destination) => Ok(Some((destination, entry))),
            Err((destination, reason)) => {
                let basis = Basis::ForbiddenAddress(reason.to_owned());
                let denial = caller.refuse(Target::Network(destination), basis).await;
                if let Some(words) = entry.denied(&denial) {
                    refusal::tell(&self.client, &words).await;
                }
                Ok(None)
            }
        }
    }

    async fn by_http(&self, caller: &Caller) -> io::Result<Option<(Destination, Entry)>> {
        let unfit = match exact::message(&self.client, HELD, request::end).await? {
            None => Unfit::Malformed("the request head is too long"),
            Some(head) => match request::read(&head, &self.token) {
                Ok(Wanted::Tunnel(destination)) => return Ok(Some((destination, Entry::Tunnel))),
                Ok(Wanted::Forward(destination)) => {
                    return Ok(Some((destination, Entry::Forward(Bytes::from(head)))));
                }
                Err(unfit) => unfit,
            },
        };
        let words = match unfit {
            Unfit::WithoutToken => http_denial::without_token(),
            Unfit::Malformed(reason) => self.malformed(reason, caller).await,
        };
        refusal::tell(&self.client, &words).await;
        Ok(None)
    }

    /// The answer to a request that names nothing: logged as one for the proxy itself.
    async fn malformed(&self, reason: &str, caller: &Caller) -> Vec<u8> {
        let place = self
            .proxy
            .and_then(|proxy| Some((Host::address(proxy.ip()), Port::new(proxy.port())?)));
        let Some((host, port)) = place else {
            return Vec::new();
        };
        let basis = Basis::Malformed(reason.to_owned());
        let denial = caller
            .refuse(Target::Network(Destination { host, port }), basis)
            .await;
        http_denial::raw(&denial)
    }

    async fn by_socks(&self) -> io::Result<Option<(Destination, Entry)>> {
        let greeting = self.message(socks::greeting).await?;
        if !greeting.offers_password {
            refusal::tell(&self.client, &socks::NO_METHOD).await;
            return Ok(None);
        }
        relay::write_all(&self.client, &socks::ASK_PASSWORD).await?;
        let login = self.message(socks::login).await?;
        if !self.token.is(&login.name, &login.password) {
            refusal::tell(&self.client, &socks::PASSWORD_REFUSED).await;
            return Ok(None);
        }
        relay::write_all(&self.client, &socks::PASSWORD_ACCEPTED).await?;
        match self.message(socks::request).await? {
            Ok(destination) => Ok(Some((destination, Entry::Socks))),
            Err(reply) => {
                refusal::tell(&self.client, &reply.bytes()).await;
                Ok(None)
            }
        }
    }

    /// One message of SOCKS, and no byte of what follows.
    async fn message<T>(&self, read: impl Fn(&[u8]) -> Parsed<T>) -> io::Result<T> {
        let end = |bytes: &[u8]| match read(bytes) {
            Parsed::Incomplete => None,
            Parsed::Whole(_, length) => Some(length),
            Parsed::Broken => Some(bytes.len()),
        };
        let bytes = exact::message(&self.client, socks::LONGEST, end).await?;
        match bytes.as_deref().map(read) {
            Some(Parsed::Whole(value, _)) => Ok(value),
            Some(Parsed::Incomplete | Parsed::Broken) | None => {
                // Whatever was meant, this is the answer that every client understands.
                refusal::tell(&self.client, &Reply::Failed.bytes()).await;
                Err(io::ErrorKind::InvalidData.into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
