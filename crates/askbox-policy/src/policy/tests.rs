//! Tables for the order of decisions; `oracle` holds it against a plain scan.

use std::path::Path;

use super::*;
use crate::block_list::BlockList;
use crate::grant::{Expiry, Grant, GrantId, Moment, Scope};
use crate::grant_set::GrantSet;
use crate::host_pattern::NetworkPattern;
use crate::profile::ProfileName;
use crate::request::{Destination, Process, Project, Request, SessionId, Target};
use crate::rule::Pattern;
use crate::verdict::{Basis, Verdict};
use crate::{Host, Port};

mod before;
mod datagrams;
mod growth;
mod neighbour;
mod oracle;
mod profile;
mod programs;
mod protection;
mod redundant;
mod untrusted;

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn now() -> Moment {
    Moment {
        boot_id: "a".to_owned(),
        boot_ms: 1_000_000,
        wall_ms: 9_000_000,
    }
}

fn request(target: Target) -> Request {
    let process = Process {
        pid: 5,
        started: 6,
        exe: Some("/usr/bin/git".into()),
        ..Process::unknown()
    };
    Request {
        session: SessionId("s".to_owned()),
        project: Project("/home/u/p".into()),
        process,
        target,
    }
}

fn network(text: &str) -> Target {
    let (host, port) = text.rsplit_once(':').unwrap();
    Target::Network(Destination {
        host: Host::parse(host).unwrap(),
        port: Port::new(port.parse().unwrap()).unwrap(),
    })
}

fn local(text: &str, address: &str) -> Target {
    let Target::Network(destination) = network(text) else {
        unreachable!()
    };
    Target::LocalNetwork {
        destination,
        address: address.parse().unwrap(),
    }
}

/// `deny network *.example.com`, `allow read ~/x`.
fn rule(text: &str, origin: Origin) -> Rule {
    let (effect, rest) = text.split_once(' ').unwrap();
    let (kind, pattern) = rest.split_once(' ').unwrap();
    let home = path("/home/u");
    let context = crate::PathContext {
        home: &home,
        project: None,
    };
    let files = || crate::PathPattern::parse(pattern, &context).unwrap();
    let pattern = match kind.parse().unwrap() {
        Kind::Network => Pattern::Network(NetworkPattern::parse(pattern).unwrap()),
        Kind::Read => Pattern::Read(files()),
        Kind::Write => Pattern::Write(files()),
        Kind::Execute => Pattern::Execute(files()),
        Kind::Profile => Pattern::Profile(pattern.parse().unwrap()),
        Kind::Neighbour => Pattern::Neighbour(pattern.parse().unwrap()),
        Kind::Growth => Pattern::Growth(pattern.parse().unwrap()),
    };
    let effect = match effect {
        "allow" => Effect::Allow,
        "ask" => Effect::Ask,
        _ => Effect::Deny,
    };
    Rule::new(effect, pattern, origin)
}

fn file(rules: &[&str]) -> PolicyFile {
    let rules = rules.iter().map(|text| rule(text, Origin::Written)).collect();
    PolicyFile {
        rules,
        ..PolicyFile::default()
    }
}

fn grant(id: &str, text: &str, scope: Scope) -> Grant {
    let Rule { effect, pattern, .. } = rule(text, Origin::Answered);
    let expires = Some(Expiry::after(&now(), 1000));
    Grant {
        id: GrantId(id.to_owned()),
        effect,
        pattern,
        scope,
        expires,
        given: now(),
    }
}

/// One situation, built step by step.
#[derive(Clone)]
struct Case {
    policy: Policy,
    session: SessionRules,
    grants: GrantSet,
}

impl Case {
    fn new() -> Self {
        let home = path("/home/u");
        let lists = Lists::for_home(&home, &[path("/home/u/.config/askbox")], &[]);
        let policy = Policy::builtin(&home).with_lists(Arc::new(lists));
        Self {
            policy,
            session: SessionRules::default(),
            grants: GrantSet::default(),
        }
    }

    fn rules(mut self, rules: &[&str]) -> Self {
        self.policy = self.policy.with_user_file(file(rules));
        self
    }

    fn managed(mut self, rules: &[&str]) -> Self {
        self.policy = self.policy.with_managed_files(vec![file(rules)]);
        self
    }

    fn flags(mut self, rules: &[&str]) -> Self {
        self.session.flags = rules.iter().map(|text| rule(text, Origin::Flag)).collect();
        self
    }

    fn project(mut self, rules: &[&str], trusted: bool) -> Self {
        self.session = self
            .session
            .with_project_file(file(rules), &path("/home/u/p"), trusted, &self.policy);
        self
    }

    fn grant(mut self, text: &str) -> Self {
        self.grants
            .insert(grant(text, text, Scope::Project("/home/u/p".into())));
        self
    }

    fn preset(mut self, preset: Preset) -> Self {
        self.session.preset = Some(preset);
        self
    }

    fn block(mut self, names: &str) -> Self {
        self.policy = self
            .policy
            .with_block_lists(vec![Arc::new(BlockList::parse("ads", names))]);
        self
    }

    fn auto_approve(mut self, kinds: &[Kind]) -> Self {
        let file = PolicyFile {
            auto_approve: Some(kinds.to_vec()),
            ..PolicyFile::default()
        };
        self.policy = self.policy.with_user_file(file);
        self
    }

    fn alone(mut self) -> Self {
        self.session.interactive = false;
        self
    }

    fn decide(&self, target: Target) -> Verdict {
        self.policy
            .decide(&request(target), &self.session, &self.grants, &now(), 0)
    }

    /// `allow rule`, `deny grant`, `ask start-up list` and so on.
    #[track_caller]
    fn says(self, target: Target, expected: &str) -> Self {
        let shown = target.to_string();
        let verdict = self.decide(target);
        let (word, basis) = match &verdict {
            Verdict::Allow(allowed) => ("allow", allowed.basis()),
            Verdict::Ask(basis) => ("ask", basis),
            Verdict::Deny(basis) => ("deny", basis),
        };
        let by = match basis {
            Basis::Managed(_) => "managed",
            Basis::Credential(_) => "credential list",
            Basis::Startup(_) => "start-up list",
            Basis::Flag(_) => "flag",
            Basis::Rule(_) => "rule",
            Basis::Grant(_) => "grant",
            Basis::Profile(_) => "profile",
            Basis::SettingsCopy => "copy",
            Basis::BlockList(_) => "block-list",
            Basis::Preset => "preset",
            Basis::AutoApprove => "auto_approve",
            Basis::NonInteractive => "non-interactive",
            Basis::NoRule => "no rule",
            Basis::Lockdown
            | Basis::Unusable(_)
            | Basis::ForbiddenAddress(_)
            | Basis::Upstream(_)
            | Basis::Neighbour(_)
            | Basis::Malformed(_)
            | Basis::NotTcp(_)
            | Basis::Unasked(_) => "other",
        };
        assert_eq!(format!("{word} {by}"), expected, "{shown}");
        self
    }
}

fn read(text: &str) -> Target {
    Target::Read(path(text))
}

fn write(text: &str) -> Target {
    Target::Write(path(text))
}

fn execute(text: &str) -> Target {
    Target::Execute(path(text))
}

#[test]
fn each_step_gives_way_to_the_one_before() {
    let host = || network("a.example.com:443");
    Case::new()
        .says(host(), "ask no rule")
        .preset(Preset::Development)
        .says(host(), "allow preset")
        .block("example.com")
        .says(host(), "deny block-list")
        .rules(&["allow network **.example.com"])
        .says(host(), "allow rule")
        .grant("deny network a.example.com:443")
        .says(host(), "deny grant")
        .flags(&["allow network *"])
        .says(host(), "allow flag")
        .managed(&["deny network **.com", "allow network a.example.com"])
        .says(host(), "deny managed");
}

#[test]
fn the_most_specific_pattern_wins_and_then_the_strictest() {
    let check = |rules: &[&str], expected: &str| {
        Case::new()
            .rules(rules)
            .says(network("a.b.example.com:443"), expected);
    };
    check(
        &["deny network **.example.com", "allow network a.b.example.com"],
        "allow rule",
    );
    check(
        &["allow network a.b.example.com", "deny network **.example.com"],
        "allow rule",
    );
    check(
        &["allow network **.example.com", "deny network *.b.example.com"],
        "deny rule",
    );
    check(
        &[
            "deny network a.b.example.com",
            "allow network a.b.example.com:443",
        ],
        "allow rule",
    );
    check(
        &[
            "allow network a.b.example.com:443",
            "ask network a.b.example.com:443",
        ],
        "ask rule",
    );
    check(
        &["ask network a.b.example.com", "deny network a.b.example.com"],
        "deny rule",
    );
    check(&["deny network *", "allow network **.com"], "allow rule");
    let check = |rules: &[&str], expected: &str| {
        Case::new().rules(rules).says(read("/home/u/docs/a/b"), expected);
    };
    check(&["deny read ~/docs", "allow read ~/docs/a"], "allow rule");
    check(&["allow read ~/docs/a", "deny read ~/docs/a/b"], "deny rule");
    check(&["allow read ~", "deny read ~/**/b"], "deny rule");
    check(&["allow read ~/docs/a", "deny read ~/**"], "allow rule");
}

#[test]
fn a_rule_for_the_project_wins_over_one_for_all() {
    let mut own = rule("allow network a.test:443", Origin::Written);
    own.project = Some("/home/u/p".into());
    let mut other = rule("deny network a.test:443", Origin::Written);
    other.project = Some("/home/u/q".into());
    let rules = vec![
        own.named(),
        other.named(),
        rule("ask network a.test:443", Origin::Written),
    ];
    let policy = Case::new().policy.with_user_file(PolicyFile {
        rules,
        ..PolicyFile::default()
    });
    Case {
        policy,
        ..Case::new()
    }
    .says(network("a.test:443"), "allow rule");
}

#[test]
fn an_answer_satisfies_the_rule_that_asked() {
    let case = Case::new()
        .rules(&["ask network a.test:443"])
        .says(network("a.test:443"), "ask rule");
    case.clone()
        .grant("allow network a.test:443")
        .says(network("a.test:443"), "allow grant");
    let mut everywhere = case;
    everywhere
        .grants
        .insert(grant("g", "allow network a.test:443", Scope::Everywhere));
    everywhere.says(network("a.test:443"), "allow grant");
    Case::new()
        .rules(&["deny network a.test:443"])
        .grant("allow network a.test:443")
        .says(network("a.test:443"), "deny rule");
}

#[test]
fn nobody_to_ask_means_no() {
    Case::new()
        .alone()
        .says(network("example.com:443"), "deny non-interactive")
        .rules(&["ask network a.test", "allow network b.test"])
        .says(network("a.test:443"), "deny non-interactive")
        .says(network("b.test:443"), "allow rule");
}

#[test]
fn an_untrusted_project_may_only_tighten() {
    let host = || network("a.test:443");
    let case = |ours: &[&str], project: &[&str]| Case::new().rules(ours).project(project, false);
    case(&[], &["allow network a.test"]).says(host(), "ask no rule");
    case(&[], &["deny network a.test"]).says(host(), "deny rule");
    case(&["allow network **.test"], &["deny network a.test"]).says(host(), "deny rule");
    case(&["allow network a.test:443"], &["deny network **.test"]).says(host(), "allow rule");
    case(&["deny network **.test"], &["ask network a.test"]).says(host(), "deny rule");
    case(&["allow network **.test"], &["ask network a.test"]).says(host(), "ask rule");
    case(&["allow network **.test"], &["ask network a.test"])
        .grant("allow network a.test:443")
        .says(host(), "allow grant");
    case(&[], &["ask network a.test"])
        .block("a.test")
        .says(host(), "deny block-list");
    case(&[], &["ask network a.test"])
        .preset(Preset::Development)
        .says(host(), "ask rule");
    case(&[], &["ask read ~/.config"]).says(read("/home/u/.config/x"), "deny preset");
    Case::new()
        .project(&["allow network a.test"], true)
        .says(host(), "allow rule");
}

#[test]
fn the_right_one_of_ten_thousand_rules_is_found() {
    let rules = (0..10_000)
        .map(|n| rule(&format!("allow network h{n}.example.com:443"), Origin::Written))
        .chain((0..10_000).map(|n| rule(&format!("allow read ~/d{n}/x"), Origin::Written)))
        .collect();
    let names: Vec<String> = (0..1000).map(|n| format!("b{n}.blocked.test")).collect();
    let policy = Case::new().policy.with_user_file(PolicyFile {
        rules,
        ..PolicyFile::default()
    });
    Case {
        policy,
        ..Case::new()
    }
    .block(&names.join("\n"))
    .says(network("h9999.example.com:443"), "allow rule")
    .says(network("h10000.example.com:443"), "ask no rule")
    .says(network("x.b999.blocked.test:443"), "deny block-list")
    .says(read("/home/u/d9999/x/y"), "allow rule")
    .says(read("/home/u/d9999"), "ask no rule");
}
