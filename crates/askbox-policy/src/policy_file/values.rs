//! Values of a policy file: each is read once, here, into the type that the rest of the crate speaks.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use toml_edit::{Datetime, Item, Offset};

use super::Reader;
use crate::grant::Expiry;
use crate::path_pattern::{CanonicalPath, PathPattern};
use crate::policy::Identity;
use crate::request::Kind;
use crate::resource_limits::{Bound, LimitError};
use crate::upstream::{ProxyError, UpstreamProxy, UpstreamResolve};

impl Reader<'_> {
    /// A text, or a complaint.
    pub(super) fn text<'i>(&mut self, at: usize, item: &'i Item) -> Option<&'i str> {
        let text = item.as_str();
        if text.is_none() {
            self.complain(
                at,
                format!("a text is needed here, this is {}", item.type_name()),
                None,
            );
        }
        text
    }

    /// A text that one of our types parses.
    pub(super) fn named<T: FromStr<Err: std::fmt::Display>>(&mut self, at: usize, item: &Item) -> Option<T> {
        match self.text(at, item)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.complain(at, T::Err::to_string(&error), None);
                None
            }
        }
    }

    pub(super) fn kinds(&mut self, at: usize, item: &Item) -> Option<Vec<Kind>> {
        let Some(array) = item.as_array() else {
            self.complain(
                at,
                "a list of kinds is needed here",
                Some("auto_approve = [\"read\"]"),
            );
            return None;
        };
        let mut kinds = Vec::new();
        for value in array {
            let at = value.span().map_or(at, |span| span.start);
            match value.as_str().map(Kind::from_str) {
                Some(Ok(Kind::Profile)) => self.complain(at, "a profile is always asked about", None),
                Some(Ok(Kind::Neighbour)) => self.complain(at, "a neighbour is always asked about", None),
                Some(Ok(Kind::Growth)) => {
                    let hint = "`disk` in [limits] says how much is not";
                    self.complain(at, "growth is always asked about", Some(hint));
                }
                Some(Ok(kind)) if kinds.contains(&kind) => {}
                Some(Ok(kind)) => kinds.push(kind),
                Some(Err(error)) => self.complain(at, error.to_string(), None),
                None => self.complain(at, "a kind is a text", Some("auto_approve = [\"read\"]")),
            }
        }
        Some(kinds)
    }

    pub(super) fn identity(&mut self, at: usize, item: &Item) -> Option<Identity> {
        match self.text(at, item)? {
            "userdb" => Some(Identity::Userdb),
            "synthetic" => Some(Identity::Synthetic),
            _ => {
                self.complain(at, "an identity is `userdb` or `synthetic`", None);
                None
            }
        }
    }

    pub(super) fn switch(&mut self, at: usize, item: &Item) -> Option<bool> {
        let value = item.as_bool();
        if value.is_none() {
            self.complain(at, "a switch is `true` or `false`", None);
        }
        value
    }

    pub(super) fn upstream_proxy(&mut self, at: usize, item: &Item) -> Option<UpstreamProxy> {
        let hint = match self.text(at, item)?.parse() {
            Ok(proxy) => return Some(proxy),
            Err(error @ ProxyError::Credentials) => {
                (error, "`askbox proxy-login` keeps them in your keyring")
            }
            Err(error) => (
                error,
                "\"none\", \"environment\" or \"http://proxy.example:3128\"",
            ),
        };
        self.complain(at, hint.0.to_string(), Some(hint.1));
        None
    }

    pub(super) fn upstream_resolve(&mut self, at: usize, item: &Item) -> Option<UpstreamResolve> {
        match self.text(at, item)? {
            "askbox" => Some(UpstreamResolve::Askbox),
            "proxy" => Some(UpstreamResolve::Proxy),
            _ => {
                self.complain(at, "names are resolved by `askbox` or by the `proxy`", None);
                None
            }
        }
    }

    pub(super) fn duration(&mut self, at: usize, item: &Item, range: &RangeInclusive<u64>) -> Option<u64> {
        let text = self.text(at, item)?;
        let Ok(duration) = humantime::parse_duration(text) else {
            self.complain(
                at,
                "not a duration",
                Some("write it as \"60s\", \"5m\" or \"1h 30m\""),
            );
            return None;
        };
        let milliseconds = u64::try_from(duration.as_millis())
            .ok()
            .filter(|ms| range.contains(ms));
        if milliseconds.is_none() {
            let show = |ms: &u64| humantime::format_duration(Duration::from_millis(*ms)).to_string();
            let reason = format!(
                "must be between {} and {}",
                show(range.start()),
                show(range.end())
            );
            self.complain(at, reason, None);
        }
        milliseconds
    }

    /// A limit: a text, or a bare number.
    pub(super) fn limit<T>(
        &mut self,
        at: usize,
        item: &Item,
        read: impl FnOnce(&str) -> Result<Bound<T>, LimitError>,
    ) -> Option<Bound<T>> {
        let number = item
            .as_integer()
            .map(|number| number.to_string())
            .or_else(|| item.as_float().map(|number| number.to_string()));
        let text = match &number {
            Some(number) => number,
            None => self.text(at, item)?,
        };
        match read(text) {
            Ok(bound) => Some(bound),
            Err(error) => {
                self.complain(at, error.to_string(), None);
                None
            }
        }
    }

    pub(super) fn paths(&mut self, at: usize, item: &Item) -> Vec<CanonicalPath> {
        let Some(array) = item.as_array() else {
            self.complain(
                at,
                "a list of files is needed here",
                Some("block_lists = [\"~/lists/ads.txt\"]"),
            );
            return Vec::new();
        };
        let mut paths = Vec::new();
        for value in array {
            let at = value.span().map_or(at, |span| span.start);
            match value.as_str() {
                Some(text) => paths.extend(self.path(at, text)),
                None => self.complain(at, "a file is a text", None),
            }
        }
        paths
    }

    /// One path, without wildcards.
    pub(super) fn path(&mut self, at: usize, text: &str) -> Option<CanonicalPath> {
        let pattern = self.pattern(at, text)?;
        let path = pattern.anchor().clone();
        if pattern != PathPattern::tree(&path) {
            self.complain(at, "one path is needed here, without wildcards or `=`", None);
            return None;
        }
        Some(path)
    }

    pub(super) fn pattern(&mut self, at: usize, text: &str) -> Option<PathPattern> {
        match PathPattern::parse(text, &self.path_context()) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.complain(at, error.to_string(), None);
                None
            }
        }
    }

    /// A date with a time and an offset, bare or as a text.
    pub(super) fn expiry(&mut self, at: usize, item: &Item) -> Option<Expiry> {
        let date = item
            .as_datetime()
            .copied()
            .or_else(|| item.as_str()?.parse::<Datetime>().ok());
        let wall_ms = date.as_ref().and_then(wall_ms);
        if wall_ms.is_none() {
            let hint = "write it as 2030-12-31T23:59:59Z";
            self.complain(at, "not a moment: date, time and offset are needed", Some(hint));
        }
        wall_ms.map(Expiry::at_wall)
    }
}

/// Milliseconds since 1970; `None` without date, time or offset, and before 1970.
fn wall_ms(date: &Datetime) -> Option<u64> {
    let offset_minutes = match date.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let utc = Datetime {
        offset: Some(Offset::Z),
        date: Some(date.date?),
        time: Some(date.time?),
    };
    let moment = humantime::parse_rfc3339(&utc.to_string()).ok()?;
    let milliseconds = u64::try_from(moment.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()?;
    milliseconds.checked_add_signed(-offset_minutes * 60_000)
}
