//! One `[[rule]]` of a policy file.

use std::net::IpAddr;
use std::path::PathBuf;

use toml_edit::{Item, Table};

use super::{Reader, key_start};
use crate::grant::Expiry;
use crate::host_pattern::{HostPattern, NetworkPattern, Protocol};
use crate::path_pattern::PathPattern;
use crate::rule::{Effect, Pattern, Rule};

const KEYS: [&str; 13] = [
    "effect",
    "network",
    "address",
    "read",
    "write",
    "execute",
    "profile",
    "neighbour",
    "growth",
    "project",
    "program",
    "expires",
    "note",
];

/// What was read of a rule so far.
#[derive(Default)]
struct Parts {
    effect: Slot<Effect>,
    pattern: Slot<Pattern>,
    address: Option<(usize, Option<IpAddr>)>,
    project: Option<PathBuf>,
    program: Option<(usize, Option<PathPattern>)>,
    expires: Option<Expiry>,
    note: Option<String>,
}

/// A key that every rule needs.
#[derive(Default, PartialEq)]
enum Slot<T> {
    #[default]
    Missing,
    /// It is there and wrong, which was said already.
    Wrong,
    Is(T),
}

impl<T> Slot<T> {
    fn of(value: Option<T>) -> Self {
        value.map_or(Slot::Wrong, Slot::Is)
    }

    fn value(self) -> Option<T> {
        match self {
            Slot::Is(value) => Some(value),
            Slot::Missing | Slot::Wrong => None,
        }
    }
}

impl Reader<'_> {
    /// Reads a rule; `None` when something is wrong with it, which was said then.
    pub(super) fn rule(&mut self, table: &Table, outer: usize) -> Option<Rule> {
        let start = table.span().map_or(outer, |span| span.start);
        let complaints = self.problems.len();
        let mut parts = Parts::default();
        for (key, item) in table {
            self.part(key_start(table, key, item), key, item, &mut parts);
        }
        if parts.effect == Slot::Missing {
            self.complain(
                start,
                "the rule has no effect",
                Some("effect = \"allow\", \"ask\" or \"deny\""),
            );
        }
        if parts.pattern == Slot::Missing {
            let hint = "exactly one of network, read, write, execute, profile, neighbour, growth";
            self.complain(start, "the rule does not say what it is about", Some(hint));
        }
        if let (Some((at, _)), Slot::Is(Effect::Allow)) = (&parts.program, &parts.effect) {
            let hint = "a program can pretend to be any other; `program` narrows ask and deny only";
            self.complain(*at, "`program` cannot narrow an allow rule", Some(hint));
        }
        if let (Some((at, _)), Slot::Is(Pattern::Profile(_))) = (&parts.program, &parts.pattern) {
            let hint = "a profile belongs to the command that was typed, whatever runs in its session";
            self.complain(*at, "`program` cannot narrow a rule for a profile", Some(hint));
        }
        if let (Some((at, _)), Slot::Is(Pattern::Growth(_))) = (&parts.program, &parts.pattern) {
            let hint = "it is not known which program of a session wrote what";
            self.complain(*at, "`program` cannot narrow a rule for growth", Some(hint));
        }
        if let (Slot::Is(Effect::Ask), Slot::Is(Pattern::Network(network))) = (&parts.effect, &parts.pattern)
            && network.protocol == Protocol::Udp
        {
            let hint = "effect = \"allow\" or \"deny\"";
            self.complain(start, "nobody can be asked about UDP", Some(hint));
        }
        if let Some((at, address)) = parts.address.take() {
            self.place_address(at, address, &mut parts);
        }
        if complaints != self.problems.len() {
            return None;
        }
        let rule = Rule::new(parts.effect.value()?, parts.pattern.value()?, self.context.origin);
        Some(
            Rule {
                project: parts.project,
                program: parts.program.and_then(|(_, program)| program),
                expires: parts.expires,
                note: parts.note,
                ..rule
            }
            .named(),
        )
    }

    fn part(&mut self, at: usize, key: &str, item: &Item, parts: &mut Parts) {
        match key {
            "effect" => parts.effect = Slot::of(self.effect(at, item)),
            "network" | "read" | "write" | "execute" | "profile" | "neighbour" | "growth" => {
                if parts.pattern != Slot::Missing {
                    let hint = "write a rule of its own for each";
                    self.complain(
                        at,
                        "a rule is about one of network, read, write, execute, profile, neighbour, growth",
                        Some(hint),
                    );
                }
                parts.pattern = Slot::of(self.rule_pattern(at, key, item));
            }
            "address" => {
                let address = self.text(at, item).and_then(|text| text.parse::<IpAddr>().ok());
                if address.is_none() && item.is_str() {
                    self.complain(at, "not an IP address", Some("address = \"10.1.2.3\""));
                }
                parts.address = Some((at, address));
            }
            "project" => {
                let path = self.text(at, item).and_then(|text| self.path(at, text));
                parts.project = path.map(|path| path.as_path().to_owned());
            }
            "program" => {
                let program = self.text(at, item).and_then(|text| self.pattern(at, text));
                parts.program = Some((at, program));
            }
            "expires" => parts.expires = self.expiry(at, item),
            "note" => parts.note = self.text(at, item).map(str::to_owned),
            _ => self.unknown(at, key, &KEYS),
        }
    }

    fn effect(&mut self, at: usize, item: &Item) -> Option<Effect> {
        match self.text(at, item)? {
            "allow" => Some(Effect::Allow),
            "ask" => Some(Effect::Ask),
            "deny" => Some(Effect::Deny),
            _ => {
                self.complain(at, "an effect is `allow`, `ask` or `deny`", None);
                None
            }
        }
    }

    fn rule_pattern(&mut self, at: usize, key: &str, item: &Item) -> Option<Pattern> {
        let text = self.text(at, item)?;
        if key == "network" {
            return match NetworkPattern::parse(text) {
                Ok(pattern) => Some(Pattern::Network(pattern)),
                Err(error) => {
                    self.complain(at, error.to_string(), None);
                    None
                }
            };
        }
        match key {
            "profile" => return self.named(at, item).map(Pattern::Profile),
            "neighbour" => return self.named(at, item).map(Pattern::Neighbour),
            "growth" => return self.named(at, item).map(Pattern::Growth),
            _ => {}
        }
        let pattern = self.pattern(at, text)?;
        Some(match key {
            "read" => Pattern::Read(pattern),
            "write" => Pattern::Write(pattern),
            _ => Pattern::Execute(pattern),
        })
    }

    /// `address` belongs to a rule about one host by name.
    fn place_address(&mut self, at: usize, address: Option<IpAddr>, parts: &mut Parts) {
        let hint = "network = \"host.example.com:443\" beside it";
        match &mut parts.pattern {
            Slot::Is(Pattern::Network(network)) if network.protocol == Protocol::Udp => {
                let hint = "a second rule with network = \"10.1.2.3:5000/udp\"";
                self.complain(at, "`address` belongs to rules for TCP", Some(hint));
            }
            Slot::Is(Pattern::Network(network)) => match network.host {
                HostPattern::Exact(_) => network.address = address.map(|address| address.to_canonical()),
                HostPattern::Below(_)
                | HostPattern::Family(_)
                | HostPattern::Any
                | HostPattern::Address(_)
                | HostPattern::Range { .. } => {
                    self.complain(at, "`address` needs one host by its name", Some(hint));
                }
            },
            Slot::Is(
                Pattern::Read(_)
                | Pattern::Write(_)
                | Pattern::Execute(_)
                | Pattern::Profile(_)
                | Pattern::Neighbour(_)
                | Pattern::Growth(_),
            ) => {
                self.complain(at, "`address` belongs to network rules", Some(hint));
            }
            Slot::Missing | Slot::Wrong => {}
        }
    }
}
