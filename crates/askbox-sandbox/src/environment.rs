//! Which variables a session gets. An allow-list: secrets come in every spelling, so what is not known stays out.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::net::Ipv4Addr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use askbox_wire::{Network, OsText};
use serde::{Deserialize, Serialize};

use crate::host_facts::HostFacts;
use crate::netlink::TCP_PORT;
use crate::plan::PlanRequest;

/// The environment with the caller's values. The last of equal names wins, as in env(1).
pub(crate) fn resolve(
    variables: &[Variable],
    caller: &[(OsString, OsString)],
    network: Network,
) -> Vec<(OsString, OsString)> {
    let mut resolved: Vec<(OsString, OsString)> = Vec::new();
    for variable in variables {
        let (name, value) = match variable {
            Variable::Set(name, value) => (&name.0, Some(&value.0)),
            Variable::ByProxy(name, value) => (&name.0, (network == Network::Proxy).then_some(&value.0)),
            Variable::Keep(name) => {
                let own = caller.iter().find(|(known, _)| *known == name.0);
                (&name.0, own.map(|(_, value)| value))
            }
        };
        if let Some(value) = value {
            resolved.retain(|(known, _)| known != name);
            resolved.push((name.clone(), value.clone()));
        }
    }
    resolved
}

/// Before the names of variables that are for the command alone, until askbox-init starts it.
const HELD: &[u8] = b"ASKBOX_COMMAND_";

/// The name under which bwrap and askbox-init have a variable. What the loader obeys (ld.so(8)) would make a library of the
/// project a part of them, and these have more than a program inside may have.
pub(crate) fn name_before_command(name: &OsStr) -> Cow<'_, OsStr> {
    if is_loaders(name) {
        let held = [HELD, name.as_bytes()].concat();
        Cow::Owned(OsString::from_vec(held))
    } else {
        Cow::Borrowed(name)
    }
}

/// The name under which the command has the variable that askbox-init has under this one.
pub fn name_for_command(name: &OsStr) -> &OsStr {
    let held = name.as_bytes().strip_prefix(HELD).map(OsStr::from_bytes);
    held.filter(|held| is_loaders(held)).unwrap_or(name)
}

/// Whether the loader obeys the variable.
fn is_loaders(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b"LD_") || name == "GLIBC_TUNABLES"
}

/// One variable of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Variable {
    /// With the value that the caller has.
    Keep(OsText),
    /// With this value.
    Set(OsText, OsText),
    /// With this value, in a session whose programs reach the network by its proxy; no other has it.
    ByProxy(OsText, OsText),
}

/// Kept as they are: terminal, language, time zone, editor, and where certificates lie.
const KEPT: &[&str] = &[
    "PATH",
    "TERM",
    "COLORTERM",
    "TERM_PROGRAM",
    "LANG",
    "LANGUAGE",
    "TZ",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "CI",
    "DEBIAN_FRONTEND",
    "AWS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NIX_SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "JAVA_HOME",
    "GOROOT",
    "NVM_DIR",
    "PYENV_ROOT",
];

/// The variables of a locale's categories (locale(7)). Others of that beginning are what people chose to get through an ssh server
/// that accepts `LC_*`, which may be anything.
const LOCALE: [&str; 13] = [
    "LC_ADDRESS",
    "LC_ALL",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_IDENTIFICATION",
    "LC_MEASUREMENT",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NAME",
    "LC_NUMERIC",
    "LC_PAPER",
    "LC_TELEPHONE",
    "LC_TIME",
];

/// Whether a variable says how programs speak, and nothing else.
#[must_use]
pub fn is_locale(name: &OsStr) -> bool {
    LOCALE.iter().any(|category| name == *category)
}

/// What programs look at that can use a proxy. `all_proxy` is HTTP like the others: Python's httpx refuses to start where that is
/// SOCKS and it cannot do that.
fn proxy(login: &str) -> impl Iterator<Item = Variable> {
    let place = format!("{login}@{}:{TCP_PORT}", Ipv4Addr::LOCALHOST);
    let (http, socks) = (format!("http://{place}"), format!("socks5h://{place}"));
    let local = "localhost,127.0.0.1,::1".to_owned();
    [
        ("http_proxy", http.clone()),
        ("HTTP_PROXY", http.clone()),
        ("https_proxy", http.clone()),
        ("HTTPS_PROXY", http.clone()),
        ("all_proxy", http.clone()),
        ("ALL_PROXY", http),
        ("no_proxy", local.clone()),
        ("NO_PROXY", local),
        // Node looks at the others only where it is told to.
        ("NODE_USE_ENV_PROXY", "1".to_owned()),
        ("ASKBOX_SOCKS_PROXY", socks),
    ]
    .into_iter()
    .map(|(name, value)| Variable::ByProxy(name.into(), value.as_str().into()))
}

/// The whole environment of the command. Later entries win.
pub(crate) fn variables(request: &PlanRequest, facts: &HostFacts) -> Vec<Variable> {
    let is_kept = |name: &OsStr| KEPT.iter().any(|kept| name == OsStr::new(kept)) || is_locale(name);
    let home = &facts.user.home;
    let set = |name: &str, value: &OsStr| Variable::Set(name.into(), OsText(value.to_owned()));
    let kept = request
        .environment
        .iter()
        .filter(|name| is_kept(&name.0))
        .cloned()
        .map(Variable::Keep);
    let mut variables: Vec<Variable> = kept.collect();
    variables.extend([
        set("HOME", home.as_os_str()),
        set("USER", OsStr::new(&facts.user.name)),
        set("LOGNAME", OsStr::new(&facts.user.name)),
        set("SHELL", facts.user.shell.as_os_str()),
        set("TMPDIR", OsStr::new("/tmp")),
        set("XDG_CONFIG_HOME", home.join(".config").as_os_str()),
        set("XDG_CACHE_HOME", home.join(".cache").as_os_str()),
        set("XDG_DATA_HOME", home.join(".local/share").as_os_str()),
        set("XDG_STATE_HOME", home.join(".local/state").as_os_str()),
        set("ASKBOX_SESSION", OsStr::new(&request.session)),
        // Signing needs the key, which is closed.
        set("GIT_CONFIG_COUNT", OsStr::new("2")),
        set("GIT_CONFIG_KEY_0", OsStr::new("commit.gpgsign")),
        set("GIT_CONFIG_VALUE_0", OsStr::new("false")),
        set("GIT_CONFIG_KEY_1", OsStr::new("tag.gpgsign")),
        set("GIT_CONFIG_VALUE_1", OsStr::new("false")),
    ]);
    variables.extend(proxy(&request.proxy_login));
    variables.extend(request.keep.iter().cloned().map(Variable::Keep));
    variables.extend(
        request
            .set
            .iter()
            .cloned()
            .map(|(name, value)| Variable::Set(name, value)),
    );
    variables
}

#[cfg(test)]
mod tests;
