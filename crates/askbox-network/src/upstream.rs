//! Which way a connection to the Internet goes: directly, or by a proxy that the user or an administrator named, or that the
//! daemon's environment names. Decides nothing about who may connect where; opens no socket.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use askbox_policy::{Destination, HostPattern, NetworkPattern, ProxyUrl, UpstreamProxy};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Finds out name and password for the proxy of policy.toml, as `NAME:PASSWORD`; an error says why they cannot be used. It may
/// wait for a keyring, and holds no thread meanwhile.
pub type Credentials = Arc<dyn Fn() -> Finding + Send + Sync>;

/// Its answer, once it is there.
pub type Finding = Pin<Box<dyn Future<Output = Result<Option<String>, String>> + Send>>;

/// What the proxies of all sessions need.
#[derive(Clone)]
pub struct Proxies {
    /// What the daemon's environment says.
    pub environment: ProxyEnvironment,
    /// Name and password for the proxy of policy.toml.
    pub credentials: Credentials,
}

/// The proxy variables of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyEnvironment {
    proxy: Option<Result<Proxy, String>>,
    exceptions: Exceptions,
}

/// Hosts that are reached directly (`NO_PROXY`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Exceptions {
    all: bool,
    patterns: Vec<NetworkPattern>,
}

/// A proxy, and what it is told about who asks.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) url: ProxyUrl,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<String>,
}

/// Which way a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Direct,
    By(Proxy),
}

impl ProxyEnvironment {
    /// Reads the variables that programs agree on: of the proxies the first of `https_proxy`, `all_proxy` and `http_proxy`,
    /// and `no_proxy`; each in lower case before upper case.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| {
            [name.to_owned(), name.to_uppercase()]
                .into_iter()
                .find_map(|name| {
                    variable(&name)
                        .filter(|value| !value.trim().is_empty())
                        .map(|value| (name, value))
                })
        };
        let proxy = ["https_proxy", "all_proxy", "http_proxy"]
            .into_iter()
            .find_map(either);
        Self {
            proxy: proxy
                .map(|(name, value)| Proxy::read(value.trim()).map_err(|error| format!("{name}: {error}"))),
            exceptions: either("no_proxy")
                .map_or_else(Exceptions::default, |(_, value)| Exceptions::read(&value)),
        }
    }
}

impl Exceptions {
    /// Names count for what is below them too, whether they begin with a dot or not. What cannot be read is no exception.
    fn read(text: &str) -> Self {
        let entries = text
            .split([',', ' '])
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let mut exceptions = Self::default();
        for entry in entries {
            if entry == "*" {
                exceptions.all = true;
                continue;
            }
            let bare = entry.trim_start_matches("*.").trim_start_matches('.');
            let pattern = NetworkPattern::parse(bare)
                .ok()
                .map(|pattern| match pattern.host {
                    HostPattern::Exact(name) => NetworkPattern {
                        host: HostPattern::Family(name),
                        ..pattern
                    },
                    HostPattern::Any
                    | HostPattern::Below(_)
                    | HostPattern::Family(_)
                    | HostPattern::Address(_)
                    | HostPattern::Range { .. } => pattern,
                });
            exceptions.patterns.extend(pattern);
        }
        exceptions
    }

    fn include(&self, destination: &Destination) -> bool {
        self.all || self.patterns.iter().any(|pattern| pattern.matches(destination))
    }
}

impl Proxy {
    fn read(text: &str) -> Result<Self, String> {
        // Many write the host alone.
        let whole = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let (url, credentials) = ProxyUrl::with_credentials(&whole).map_err(|error| error.to_string())?;
        Ok(Self {
            url,
            authorization: credentials.map(|credentials| basic(&percent_decoded(credentials))),
        })
    }
}

impl Proxies {
    /// The way to a destination.
    pub(crate) async fn way(&self, chosen: &UpstreamProxy, destination: &Destination) -> Result<Way, String> {
        match chosen {
            UpstreamProxy::None => Ok(Way::Direct),
            UpstreamProxy::Environment if self.environment.exceptions.include(destination) => Ok(Way::Direct),
            UpstreamProxy::Environment => match &self.environment.proxy {
                None => Ok(Way::Direct),
                Some(proxy) => proxy.clone().map(Way::By),
            },
            UpstreamProxy::Url(url) => {
                let credentials = (self.credentials)().await?;
                Ok(Way::By(Proxy {
                    url: url.clone(),
                    authorization: credentials.map(|text| basic(text.as_bytes())),
                }))
            }
        }
    }

    /// Whether connections to a destination go by a proxy, as far as can be said without looking at files.
    pub(crate) fn is_proxied(&self, chosen: &UpstreamProxy, destination: &Destination) -> bool {
        match chosen {
            UpstreamProxy::None => false,
            UpstreamProxy::Environment => {
                self.environment.proxy.is_some() && !self.environment.exceptions.include(destination)
            }
            UpstreamProxy::Url(_) => true,
        }
    }
}

impl Default for Proxies {
    /// An empty environment, and no credentials.
    fn default() -> Self {
        Self {
            environment: ProxyEnvironment::default(),
            credentials: Arc::new(|| Box::pin(async { Ok(None) })),
        }
    }
}

/// RFC 7617.
fn basic(credentials: &[u8]) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

/// RFC 3986, section 2.1; a percent sign that starts no octet stays.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octet = (*first == b'%')
            .then(|| after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(octet.unwrap_or(*first));
        rest = if octet.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    decoded
}

impl fmt::Debug for Proxy {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
