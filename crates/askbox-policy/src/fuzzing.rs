//! What fuzzers call: each function takes any bytes, and panics where a parser of this crate breaks a promise. The bytes that
//! once did, and some good ones, are in fuzz/corpus, and the tests here run them. No part of a program.

use crate::host::Host;
use crate::host_pattern::NetworkPattern;
use crate::path_pattern::{CanonicalPath, PathContext, PathPattern};
use crate::policy_file::{self, Context};
use crate::request::Destination;
use crate::rule::Origin;
use crate::{HostPattern, Port};

/// A host: its canonical text is the text of the same host, so no two spellings are two hosts.
pub fn host(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Ok(host) = Host::parse(text) {
        let canonical = host.to_string();
        assert_eq!(Host::parse(&canonical), Ok(host.clone()), "{canonical:?}");
        if let (Host::Name(name), Ok(HostPattern::Exact(pattern))) = (&host, HostPattern::parse(text)) {
            assert_eq!(*name, pattern);
        }
    }
}

/// A host pattern: its text is the text of the same pattern, which covers itself.
pub fn host_pattern(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let Ok(pattern) = NetworkPattern::parse(text) else {
        return;
    };
    let canonical = pattern.to_string();
    assert_eq!(
        NetworkPattern::parse(&canonical),
        Ok(pattern.clone()),
        "{canonical:?}"
    );
    assert!(pattern.covers(&pattern), "{canonical:?}");
    // With an address a pattern is about what a name resolves to.
    if let (HostPattern::Exact(name), None, Some(port)) = (&pattern.host, pattern.address, Port::new(443)) {
        let host = Host::Name(name.clone());
        let is_meant = pattern.ports.contains(port);
        assert_eq!(
            pattern.matches(&Destination { host, port }),
            is_meant,
            "{canonical:?}"
        );
    }
}

/// A path pattern: its text is the text of the same pattern, which covers itself; a plain path matches.
pub fn path_pattern(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let (home, project) = directories();
    let context = PathContext {
        home: &home,
        project: Some(&project),
    };
    let Ok(pattern) = PathPattern::parse(text, &context) else {
        return;
    };
    let canonical = pattern.to_string();
    assert_eq!(canonical.parse(), Ok(pattern.clone()), "{canonical:?}");
    assert!(pattern.covers(&pattern), "{canonical:?}");
    if let Some(path) = pattern.whole() {
        assert!(pattern.matches(path), "{canonical:?}");
        assert!(PathPattern::tree(path).covers(&pattern), "{canonical:?}");
    }
}

/// policy.toml: what a text says does not change when a rule that it holds is taken out and put back; a broken text is no
/// policy, and each problem has a place in it.
pub fn policy_file(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let (home, project) = directories();
    let context = Context {
        home,
        project: Some(project),
        origin: Origin::Written,
    };
    let file = match policy_file::parse(text, &context) {
        Ok(file) => file,
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(
                problems
                    .iter()
                    .all(|problem| 0 < problem.line && 0 < problem.column)
            );
            return;
        }
    };
    let Some(last) = file.rules.last() else {
        return;
    };
    assert!(last.pattern.covers(&last.pattern));
    if let Ok(Some(without)) = policy_file::remove_rule(text, &last.id, &context) {
        let left = policy_file::parse(&without, &context).expect("a text without one rule is one");
        assert!(left.rules.iter().all(|rule| rule.id != last.id));
        if let Ok(again) = policy_file::append_rules(&without, std::slice::from_ref(last), &context) {
            let again = policy_file::parse(&again, &context).expect("a text with one more rule is one");
            assert_eq!(again.rules.last().map(|rule| &rule.id), Some(&last.id));
            assert_eq!(again.preset, file.preset);
        }
    }
}

fn directories() -> (CanonicalPath, CanonicalPath) {
    let path = |text: &str| CanonicalPath::new(text.as_ref()).expect("a canonical path");
    (path("/home/u"), path("/home/u/p"))
}

#[cfg(test)]
mod tests;
