//! Finds the few patterns that may match a target among many. Answers are candidates: the caller still asks each
//! pattern, so a mistake here can only miss a rule, never make one match; the tests hold it against a plain scan.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::host::{Host, HostName};
use crate::host_pattern::HostPattern;
use crate::path_index::PathIndex;
use crate::request::Target;
use crate::rule::Pattern;

/// Numbers of patterns, by host, by suffix, by address and by path. The caller keeps the patterns.
#[derive(Clone, Debug, Default)]
pub(crate) struct PatternIndex {
    exact: HashMap<String, Vec<u32>>,
    suffix: HashMap<String, Vec<u32>>,
    address: HashMap<IpAddr, Vec<u32>>,
    /// `*` and ranges: asked one by one.
    wide: Vec<u32>,
    read: PathIndex,
    write: PathIndex,
    execute: PathIndex,
    /// Rules about profiles are few: asked one by one.
    profile: Vec<u32>,
    /// As are those about neighbours.
    neighbour: Vec<u32>,
    /// And those about growth.
    growth: Vec<u32>,
}

impl PatternIndex {
    pub(crate) fn insert(&mut self, pattern: &Pattern, number: u32) {
        match pattern {
            Pattern::Network(network) => match &network.host {
                HostPattern::Exact(name) => self.exact.entry_ref(name.as_str()).or_default().push(number),
                HostPattern::Below(name) | HostPattern::Family(name) => {
                    self.suffix.entry_ref(name.as_str()).or_default().push(number);
                }
                HostPattern::Address(address) => self
                    .address
                    .entry(address.to_canonical())
                    .or_default()
                    .push(number),
                HostPattern::Any | HostPattern::Range { .. } => self.wide.push(number),
            },
            Pattern::Read(path) => self.read.insert(path, number),
            Pattern::Write(path) => self.write.insert(path, number),
            Pattern::Execute(path) => self.execute.insert(path, number),
            Pattern::Profile(_) => self.profile.push(number),
            Pattern::Neighbour(_) => self.neighbour.push(number),
            Pattern::Growth(_) => self.growth.push(number),
        }
    }

    pub(crate) fn remove(&mut self, pattern: &Pattern, number: u32) {
        match pattern {
            Pattern::Network(network) => match &network.host {
                HostPattern::Exact(name) => forget(&mut self.exact, name.as_str(), number),
                HostPattern::Below(name) | HostPattern::Family(name) => {
                    forget(&mut self.suffix, name.as_str(), number);
                }
                HostPattern::Address(address) => forget(&mut self.address, &address.to_canonical(), number),
                HostPattern::Any | HostPattern::Range { .. } => self.wide.retain(|&other| other != number),
            },
            Pattern::Read(path) => self.read.remove(path, number),
            Pattern::Write(path) => self.write.remove(path, number),
            Pattern::Execute(path) => self.execute.remove(path, number),
            Pattern::Profile(_) => self.profile.retain(|&other| other != number),
            Pattern::Neighbour(_) => self.neighbour.retain(|&other| other != number),
            Pattern::Growth(_) => self.growth.retain(|&other| other != number),
        }
    }

    /// Calls `found` with every pattern that may match the target.
    pub(crate) fn each(&self, target: &Target, mut found: impl FnMut(u32)) {
        match target {
            Target::Network(destination) | Target::Datagrams(destination) => {
                self.each_host(&destination.host, &mut found);
            }
            Target::LocalNetwork { destination, address } => {
                self.each_host(&destination.host, &mut found);
                if destination.host != Host::Address(*address) {
                    self.each_address(*address, &mut found);
                }
            }
            // No rule speaks about it.
            Target::Published(_) => {}
            Target::Read(path) => self.read.each(path, found),
            Target::Write(path) => self.write.each(path, found),
            Target::Execute(path) => self.execute.each(path, found),
            Target::Profile(_) => self.profile.iter().copied().for_each(found),
            Target::Neighbour(_) => self.neighbour.iter().copied().for_each(found),
            Target::Growth(_) => self.growth.iter().copied().for_each(found),
        }
    }

    fn each_host(&self, host: &Host, found: &mut impl FnMut(u32)) {
        match host {
            Host::Name(name) => self.each_name(name, found),
            Host::Address(address) => self.each_address(*address, found),
        }
        self.wide.iter().copied().for_each(found);
    }

    fn each_address(&self, address: IpAddr, found: &mut impl FnMut(u32)) {
        self.address
            .get(&address.to_canonical())
            .into_iter()
            .flatten()
            .copied()
            .for_each(found);
    }

    fn each_name(&self, name: &HostName, found: &mut impl FnMut(u32)) {
        self.exact
            .get(name.as_str())
            .into_iter()
            .flatten()
            .copied()
            .for_each(&mut *found);
        if self.suffix.is_empty() {
            return;
        }
        for suffix in suffixes(name) {
            self.suffix
                .get(suffix)
                .into_iter()
                .flatten()
                .copied()
                .for_each(&mut *found);
        }
    }
}

/// The name itself, then without its first label, and so on.
pub(crate) fn suffixes(name: &HostName) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name.as_str()), |suffix| {
        suffix.split_once('.').map(|(_, rest)| rest)
    })
}

fn forget<K, Q>(map: &mut HashMap<K, Vec<u32>>, key: &Q, number: u32)
where
    K: std::hash::Hash + Eq,
    Q: std::hash::Hash + hashbrown::Equivalent<K> + ?Sized,
{
    let Some(numbers) = map.get_mut(key) else { return };
    numbers.retain(|&other| other != number);
    if numbers.is_empty() {
        map.remove(key);
    }
}
