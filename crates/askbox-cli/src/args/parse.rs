//! Values on the command line, parsed once, with errors that say what was expected.

use std::ffi::OsString;
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use askbox_policy::{Effect, Host, Kind, Pin, Port, Profile, Publish};
use askbox_wire::{EnvironmentOption, NO_PROFILE, NetworkChoice, OsText};
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};

use super::{PauseTime, Since};

/// `30s`, `10m`, `1h 30m`, `2d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_unclear| "a time is a number and a unit, such as 30s, 10m, 1h or 2d".to_owned())?;
    // Answers and lists tell of whole seconds.
    if duration < Duration::from_secs(1) {
        return Err("the time must be at least a second: 1s".to_owned());
    }
    Ok(duration)
}

/// A time, or `off`.
pub(super) fn pause(text: &str) -> Result<PauseTime, String> {
    if text == "off" {
        return Ok(PauseTime::Off);
    }
    let time = duration(text).map_err(|error| format!("{error}; or `off`"))?;
    Ok(PauseTime::For(time))
}

/// `1h`, or a point in time.
pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Ok(ago) = humantime::parse_duration(text) {
        return Ok(Since::Ago(ago));
    }
    humantime::parse_rfc3339_weak(text)
        .map(Since::At)
        .map_err(|_unclear| {
            "expected how long ago (1h, 2d) or a time in UTC (2026-05-01T12:00:00Z)".to_owned()
        })
}

/// `HOST:PORT:ADDRESS`, as curl has it; IPv6 addresses in brackets.
pub(super) fn pin(text: &str) -> Result<Pin, String> {
    const EXPECTED: &str = "expected HOST:PORT:ADDRESS, such as api.test:443:127.0.0.1 or api.test:443:[::1]";
    let (host, rest) = host_and_rest(text).ok_or(EXPECTED)?;
    let (port, address) = rest.split_once(':').ok_or(EXPECTED)?;
    if address.contains(',') {
        return Err("one address only: connections go to the one that is permitted".to_owned());
    }
    let bare = address
        .strip_prefix('[')
        .map_or(Some(address), |rest| rest.strip_suffix(']'));
    let address: IpAddr = bare
        .and_then(|bare| bare.parse().ok())
        .ok_or_else(|| format!("`{address}` is not an address; {EXPECTED}"))?;
    let port = self::port(port)?;
    let host = Host::parse(host).map_err(|error| format!("`{host}` is not a host: {error}"))?;
    Ok(Pin { host, port, address })
}

/// A port.
pub(super) fn port(text: &str) -> Result<Port, String> {
    text.parse()
        .ok()
        .and_then(Port::new)
        .ok_or_else(|| format!("`{text}` is not a port from 1 to 65535"))
}

/// `[ADDRESS:]PORT[:INSIDE]`; IPv6 addresses in brackets.
pub(super) fn publish(text: &str) -> Result<Publish, String> {
    const EXPECTED: &str =
        "expected [ADDRESS:]PORT[:INSIDE], such as 3000, 8080:3000, 0.0.0.0:3000 or [::1]:8080:3000";
    let (address, ports) = match host_and_rest(text) {
        Some((first, rest)) if first.contains(['.', ':']) => {
            let address: IpAddr = first
                .parse()
                .map_err(|_unclear| format!("`{first}` is not an address; {EXPECTED}"))?;
            (Some(address), rest)
        }
        Some(_) | None => (None, text),
    };
    let (outside, inside) = ports.split_once(':').unwrap_or((ports, ports));
    if inside.contains(':') {
        return Err(EXPECTED.to_owned());
    }
    Ok(Publish {
        address,
        port: port(outside)?,
        inside: port(inside)?,
    })
}

/// Splits at the first colon outside brackets; the host comes without them.
fn host_and_rest(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once("]:"),
        None => text.split_once(':'),
    }
}

/// `NAME` or `NAME=VALUE`; the value may be any bytes.
pub(super) fn environment_parser() -> impl TypedValueParser<Value = EnvironmentOption> {
    OsStringValueParser::new().try_map(environment)
}

fn environment(text: OsString) -> Result<EnvironmentOption, &'static str> {
    let mut bytes = text.into_vec();
    let value = bytes.iter().position(|byte| *byte == b'=').map(|at| {
        let value = bytes.split_off(at + 1);
        bytes.pop();
        OsText(OsString::from_vec(value))
    });
    let name = String::from_utf8(bytes).map_err(|_bytes| "a variable's name must be UTF-8")?;
    if name.is_empty() {
        return Err("expected NAME or NAME=VALUE");
    }
    let is_odd = |character: char| character.is_whitespace() || character.is_control();
    if name.contains(is_odd) {
        return Err("a variable's name has no blanks and no control characters");
    }
    if value
        .as_ref()
        .is_some_and(|value| value.as_os_str().as_bytes().contains(&0))
    {
        return Err("a value cannot contain NUL");
    }
    Ok(EnvironmentOption { name, value })
}

/// A profile, or none.
pub(super) fn profile_parser() -> PossibleValuesParser {
    let names = Profile::all().iter().map(|profile| profile.name.as_str());
    PossibleValuesParser::new(names.chain([NO_PROFILE]))
}

/// How programs reach the network.
pub(super) fn network_parser() -> impl TypedValueParser<Value = NetworkChoice> {
    PossibleValuesParser::new(["auto", "capture", "proxy"]).try_map(|text| match text.as_str() {
        "auto" => Ok(NetworkChoice::Auto),
        "capture" => Ok(NetworkChoice::Capture),
        "proxy" => Ok(NetworkChoice::Proxy),
        _ => Err("expected auto, capture or proxy"),
    })
}

/// What a rule does.
pub(super) fn effect_parser() -> impl TypedValueParser<Value = Effect> {
    PossibleValuesParser::new(["allow", "ask", "deny"]).try_map(|text| match text.as_str() {
        "allow" => Ok(Effect::Allow),
        "ask" => Ok(Effect::Ask),
        "deny" => Ok(Effect::Deny),
        _ => Err("expected allow, ask or deny"),
    })
}

/// What a rule speaks about.
pub(super) fn kind_parser() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(["network", "read", "write", "execute", "profile", "neighbour"])
        .try_map(|text| text.parse::<Kind>())
}

#[cfg(test)]
mod tests;
