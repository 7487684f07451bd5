//! A tree over path patterns that finds those which may match a path in one walk down its components. Answers are
//! candidates: the caller still asks each pattern.

use hashbrown::HashMap;

use crate::path_pattern::{CanonicalPath, PathPattern};

/// Numbers of patterns, by the directory that they start from. The caller keeps the patterns.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathIndex {
    root: Node,
}

#[derive(Clone, Debug, Default)]
struct Node {
    here: Vec<u32>,
    children: HashMap<Vec<u8>, Node>,
}

impl PathIndex {
    pub(crate) fn insert(&mut self, pattern: &PathPattern, number: u32) {
        let mut node = &mut self.root;
        for part in pattern.anchor().parts() {
            node = node.children.entry_ref(part).or_default();
        }
        node.here.push(number);
    }

    pub(crate) fn remove(&mut self, pattern: &PathPattern, number: u32) {
        self.root.remove(&mut pattern.anchor().parts(), number);
    }

    /// Calls `found` with every pattern that may match the path.
    pub(crate) fn each(&self, path: &CanonicalPath, mut found: impl FnMut(u32)) {
        let mut node = &self.root;
        node.here.iter().copied().for_each(&mut found);
        for part in path.parts() {
            let Some(child) = node.children.get(part) else {
                return;
            };
            child.here.iter().copied().for_each(&mut found);
            node = child;
        }
    }

    /// Calls `found` with every pattern that may match the path or something below it.
    pub(crate) fn each_below(&self, path: &CanonicalPath, mut found: impl FnMut(u32)) {
        let mut node = &self.root;
        for part in path.parts() {
            node.here.iter().copied().for_each(&mut found);
            let Some(child) = node.children.get(part) else {
                return;
            };
            node = child;
        }
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            node.here.iter().copied().for_each(&mut found);
            open.extend(node.children.values());
        }
    }
}

impl Node {
    /// Removes the number and every node that is left without one.
    fn remove(&mut self, parts: &mut dyn Iterator<Item = &[u8]>, number: u32) {
        let Some(part) = parts.next() else {
            self.here.retain(|&other| other != number);
            return;
        };
        let Some(child) = self.children.get_mut(part) else {
            return;
        };
        child.remove(parts, number);
        if child.here.is_empty() && child.children.is_empty() {
            self.children.remove(part);
        }
    }
}
