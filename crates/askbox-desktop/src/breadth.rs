//! Whether a rule covers more than people mean: what a window says of it before it is written. Decides nothing; such a rule
//! can be written all the same.

use std::path::Path;

use askbox_policy::{HostPattern, Kind, NetworkPattern};
use askbox_wire::NewRule;
use serde::{Deserialize, Serialize};

/// Why a rule is wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Breadth {
    /// Every host.
    AllHosts,
    /// Every domain below a public suffix, whoever registered it: `**.co.uk`.
    PublicSuffix,
    /// Every file.
    AllFiles,
    /// The whole home directory, or all of them.
    Home,
}

/// Bits of a range of addresses that few networks have so few of.
const WIDE_IPV4: u8 = 8;
/// The same of IPv6: what a registry hands out has more.
const WIDE_IPV6: u8 = 16;

/// Why this rule is wide, if it is. What cannot be read is for the daemon to refuse.
pub fn of(rule: &NewRule, home: &Path) -> Option<Breadth> {
    match rule.kind {
        Kind::Network => of_hosts(&NetworkPattern::parse(rule.pattern.trim()).ok()?.host),
        Kind::Read | Kind::Write | Kind::Execute => of_paths(rule.pattern.trim(), home),
        Kind::Profile | Kind::Neighbour | Kind::Growth => None,
    }
}

fn of_hosts(pattern: &HostPattern) -> Option<Breadth> {
    match pattern {
        HostPattern::Any => Some(Breadth::AllHosts),
        HostPattern::Range { network, prefix } => {
            let wide = if network.is_ipv4() { WIDE_IPV4 } else { WIDE_IPV6 };
            (*prefix < wide).then_some(Breadth::AllHosts)
        }
        HostPattern::Below(name) | HostPattern::Family(name) => name
            .registrable_domain()
            .is_none()
            .then_some(Breadth::PublicSuffix),
        HostPattern::Exact(_) | HostPattern::Address(_) => None,
    }
}

fn of_paths(pattern: &str, home: &Path) -> Option<Breadth> {
    // `=` makes a path the directory alone, without what is in it.
    if pattern.starts_with('=') {
        return None;
    }
    let mut rest = pattern;
    while let Some(shorter) = rest.strip_suffix("/*").or(rest.strip_suffix("/**")) {
        rest = shorter;
    }
    let directory = match rest.trim_end_matches('/') {
        "" | "**" | "*" => return Some(Breadth::AllFiles),
        "~" => home,
        directory => Path::new(directory),
    };
    home.starts_with(directory).then_some(Breadth::Home)
}

#[cfg(test)]
mod tests {
    use askbox_policy::Effect;

    use super::*;

    fn breadth(kind: Kind, pattern: &str) -> Option<Breadth> {
        let rule = NewRule {
            effect: Effect::Allow,
            kind,
            pattern: pattern.to_owned(),
            address: None,
            project: None,
            program: None,
            expires_after_ms: None,
            note: None,
        };
        of(&rule, Path::new("/home/ada"))
    }

    #[test]
    fn hosts() {
        for (pattern, expected) in [
            ("*", Some(Breadth::AllHosts)),
            ("*:443", Some(Breadth::AllHosts)),
            ("0.0.0.0/0", Some(Breadth::AllHosts)),
            ("::/0", Some(Breadth::AllHosts)),
            ("**.com", Some(Breadth::PublicSuffix)),
            ("*.co.uk:443", Some(Breadth::PublicSuffix)),
            ("**.github.io", Some(Breadth::PublicSuffix)),
            ("**.example.com", None),
            ("*.example.co.uk", None),
            ("ada.github.io", None),
            ("10.0.0.0/8", None),
            ("192.0.2.1", None),
            ("two words", None),
        ] {
            assert_eq!(breadth(Kind::Network, pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn paths() {
        for (pattern, expected) in [
            ("/", Some(Breadth::AllFiles)),
            ("/**", Some(Breadth::AllFiles)),
            ("/*", Some(Breadth::AllFiles)),
            ("~", Some(Breadth::Home)),
            ("~/", Some(Breadth::Home)),
            (" ~/** ", Some(Breadth::Home)),
            ("/home/ada", Some(Breadth::Home)),
            ("/home", Some(Breadth::Home)),
            ("/home/ada/notes", None),
            ("~/notes", None),
            ("~/**/*.md", None),
            ("=~", None),
            ("=/", None),
            ("/homes", None),
            ("/usr/bin", None),
        ] {
            for kind in [Kind::Read, Kind::Write, Kind::Execute] {
                assert_eq!(breadth(kind, pattern), expected, "{pattern}");
            }
        }
        assert_eq!(breadth(Kind::Profile, "claude"), None);
    }
}
