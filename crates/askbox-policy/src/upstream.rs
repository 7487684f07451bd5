//! How the daemon reaches the Internet: `upstream_proxy` and `upstream_resolve` of `[network]`. Pure; nothing of it is visible
//! inside a session.

use std::fmt;
use std::str::FromStr;

use crate::host::{Host, Port};

#[cfg(test)]
mod tests;

/// Whether connections go by a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UpstreamProxy {
    /// They go directly.
    #[default]
    None,
    /// As the proxy variables of the daemon's environment say.
    Environment,
    /// By this one.
    Url(ProxyUrl),
}

/// Who finds the address of a name that goes by a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpstreamResolve {
    /// Askbox does, judges it, and has the proxy connect to just that.
    #[default]
    Askbox,
    /// The proxy does. Nobody sees then whether an allowed name leads to the local network, to a metadata service or to the
    /// proxy's own machine.
    Proxy,
}

/// A proxy that takes HTTP CONNECT in clear, without a name and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyUrl {
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: Port,
}

/// Why a text names no proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// A name or a password stands in it.
    #[error("a proxy's name and password do not belong here")]
    Credentials,
    /// It is a proxy of another kind.
    #[error("a proxy is reached by http:// only, not by {0}://")]
    Scheme(String),
    /// It names no port.
    #[error("the proxy's port is missing")]
    NoPort,
    /// It is nothing of the kind.
    #[error("a proxy is written as http://HOST:PORT")]
    Malformed,
}

impl ProxyUrl {
    /// Reads `http://HOST:PORT`, with the part before an `@` if there is one.
    pub fn with_credentials(text: &str) -> Result<(Self, Option<&str>), ProxyError> {
        let (scheme, rest) = text.split_once("://").ok_or(ProxyError::Malformed)?;
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(ProxyError::Scheme(scheme.escape_debug().to_string()));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, rest),
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once("]:"),
            None => place.rsplit_once(':'),
        }
        .ok_or(ProxyError::NoPort)?;
        let host = Host::parse(host).map_err(|_unclear| ProxyError::Malformed)?;
        let port = port
            .parse()
            .ok()
            .and_then(Port::new)
            .ok_or(ProxyError::Malformed)?;
        Ok((Self { host, port }, credentials))
    }
}

impl FromStr for ProxyUrl {
    type Err = ProxyError;
    fn from_str(text: &str) -> Result<Self, ProxyError> {
        match Self::with_credentials(text)? {
            (url, None) => Ok(url),
            (_, Some(_)) => Err(ProxyError::Credentials),
        }
    }
}

impl FromStr for UpstreamProxy {
    type Err = ProxyError;
    fn from_str(text: &str) -> Result<Self, ProxyError> {
        match text {
            "none" => Ok(UpstreamProxy::None),
            "environment" => Ok(UpstreamProxy::Environment),
            url => url.parse().map(UpstreamProxy::Url),
        }
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(std::net::IpAddr::V6(address)) => write!(f, "http://[{address}]:{}", self.port),
            host @ (Host::Name(_) | Host::Address(std::net::IpAddr::V4(_))) => {
                write!(f, "http://{host}:{}", self.port)
            }
        }
    }
}
