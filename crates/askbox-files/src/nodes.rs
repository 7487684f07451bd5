//! The nodes that the kernel knows: a number for each name in the tree, with its parent, so that a renamed directory takes
//! along what lies below. Knows nothing of the host and decides nothing.
//!
//! A name keeps its number as long as the same object is behind it. The nodes on the way to a mount are pinned: the kernel
//! would silently detach the mount if such a name got another number.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The number of the top, which FUSE fixes (`FUSE_ROOT_ID` in linux/fuse.h).
pub(crate) const ROOT: u64 = 1;

/// What tells two objects of the host apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    /// Of the device.
    pub(crate) device: u64,
    /// On that device.
    pub(crate) inode: u64,
    /// Whether it is shown as a copy without the secrets: what the kernel keeps of that is not what it keeps of the file.
    pub(crate) is_copy: bool,
}

/// What a file looked like when it was opened last: as long as it does, what the kernel has cached of it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// In bytes.
    pub(crate) size: i64,
    /// Last change of the content, seconds and nanoseconds.
    pub(crate) modified: (i64, i64),
    /// Last change of anything, seconds and nanoseconds.
    pub(crate) changed: (i64, i64),
}

/// All nodes of a session.
#[derive(Debug)]
pub(crate) struct Nodes {
    by_number: HashMap<u64, Node>,
    /// The nodes of each object: more than one where it has several names, or had.
    by_object: HashMap<Object, Vec<u64>>,
    last: u64,
}

#[derive(Debug)]
struct Node {
    /// `None` once its name is gone, while the kernel still refers to it.
    place: Option<Place>,
    children: HashMap<OsString, u64>,
    /// How often the kernel was told of it; it says when it forgets.
    lookups: u64,
    object: Option<Object>,
    is_pinned: bool,
    look: Option<Look>,
}

#[derive(Debug)]
struct Place {
    parent: u64,
    name: OsString,
}

impl Node {
    fn at(parent: u64, name: &OsStr) -> Self {
        let place = Some(Place {
            parent,
            name: name.to_owned(),
        });
        Self {
            place,
            children: HashMap::new(),
            lookups: 0,
            object: None,
            is_pinned: false,
            look: None,
        }
    }
}

impl Nodes {
    /// The top, and a pinned node for each of these absolute paths and every directory on the way.
    pub(crate) fn new<'a>(pinned: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut top = Node::at(ROOT, OsStr::new(""));
        top.is_pinned = true;
        let mut nodes = Self {
            by_number: HashMap::from([(ROOT, top)]),
            by_object: HashMap::new(),
            last: ROOT,
        };
        for path in pinned {
            let mut number = ROOT;
            for name in path.iter().skip(1) {
                number = nodes.child_or_new(number, name);
                if let Some(node) = nodes.by_number.get_mut(&number) {
                    node.is_pinned = true;
                }
            }
        }
        nodes
    }

    /// The absolute path of a node; `None` when its name is gone.
    pub(crate) fn path(&self, number: u64) -> Option<PathBuf> {
        let mut names = Vec::new();
        let mut number = number;
        while number != ROOT {
            let place = self.by_number.get(&number)?.place.as_ref()?;
            names.push(place.name.as_os_str());
            number = place.parent;
        }
        let mut path = PathBuf::from("/");
        path.extend(names.into_iter().rev());
        Some(path)
    }

    /// Whether it is on the way to a mount, or such a place itself.
    pub(crate) fn is_pinned(&self, number: u64) -> bool {
        self.by_number.get(&number).is_some_and(|node| node.is_pinned)
    }

    /// Whether a name in a directory is pinned.
    pub(crate) fn is_pinned_name(&self, parent: u64, name: &OsStr) -> bool {
        self.child(parent, name)
            .is_some_and(|number| self.is_pinned(number))
    }

    /// The names in a directory that are pinned, in no order.
    pub(crate) fn pinned_names(&self, parent: u64) -> Vec<OsString> {
        let Some(node) = self.by_number.get(&parent) else {
            return Vec::new();
        };
        let pinned = node
            .children
            .iter()
            .filter(|(_, number)| self.is_pinned(**number));
        pinned.map(|(name, _)| name.clone()).collect()
    }

    /// The number of a name, if it has one.
    pub(crate) fn child(&self, parent: u64, name: &OsStr) -> Option<u64> {
        self.by_number.get(&parent)?.children.get(name).copied()
    }

    /// The number under which the kernel is told of a name, and counts that it was. Another object behind the same name gets
    /// another number, unless the name is pinned.
    pub(crate) fn enter(&mut self, parent: u64, name: &OsStr, object: Option<Object>) -> u64 {
        if let Some(number) = self.child(parent, name)
            && let Some(node) = self.by_number.get(&number)
            && !node.is_pinned
            && node.object != object
        {
            self.remove(parent, name);
        }
        let number = self.child_or_new(parent, name);
        if let Some(node) = self.by_number.get_mut(&number) {
            let before = std::mem::replace(&mut node.object, object);
            node.lookups += 1;
            if before != object {
                self.no_longer(before, number);
                if let Some(object) = object {
                    self.by_object.entry(object).or_default().push(number);
                }
            }
        }
        number
    }

    /// This node does not stand for this object any more.
    fn no_longer(&mut self, object: Option<Object>, number: u64) {
        if let Some(object) = object
            && let Some(numbers) = self.by_object.get_mut(&object)
        {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.by_object.remove(&object);
            }
        }
    }

    /// Whether this is still the object that the kernel was told of by this number.
    pub(crate) fn is_same(&self, number: u64, object: Object) -> bool {
        let Some(node) = self.by_number.get(&number) else {
            return false;
        };
        node.is_pinned || node.object == Some(object)
    }

    /// The kernel forgets a node that often.
    pub(crate) fn forget(&mut self, number: u64, times: u64) {
        let Some(node) = self.by_number.get_mut(&number) else {
            return;
        };
        node.lookups = node.lookups.saturating_sub(times);
        self.drop_unused(number);
    }

    /// A name is gone. What the kernel refers to stays without a place.
    pub(crate) fn remove(&mut self, parent: u64, name: &OsStr) {
        let number = self
            .by_number
            .get_mut(&parent)
            .and_then(|node| node.children.remove(name));
        if let Some(number) = number {
            if let Some(node) = self.by_number.get_mut(&number) {
                node.place = None;
            }
            self.drop_unused(number);
        }
    }

    /// A name is now another one, with all that lies below; what stood there before is gone.
    pub(crate) fn rename(&mut self, from: (u64, &OsStr), to: (u64, &OsStr)) {
        if from == to {
            return;
        }
        self.remove(to.0, to.1);
        let moved = self
            .by_number
            .get_mut(&from.0)
            .and_then(|node| node.children.remove(from.1));
        if let Some(number) = moved {
            self.put(number, to);
        }
    }

    /// Two names have changed places.
    pub(crate) fn exchange(&mut self, one: (u64, &OsStr), other: (u64, &OsStr)) {
        let mut take = |(parent, name): (u64, &OsStr)| {
            let node = self.by_number.get_mut(&parent)?;
            node.children.remove(name)
        };
        let (first, second) = (take(one), take(other));
        if let Some(number) = first {
            self.put(number, other);
        }
        if let Some(number) = second {
            self.put(number, one);
        }
    }

    /// The numbers of an object: more than one where it has several hard links, or a name that is gone was another.
    pub(crate) fn of_object(&self, object: Object) -> Vec<u64> {
        self.by_object.get(&object).cloned().unwrap_or_default()
    }

    /// Remembers how a file looks at its opening; returns whether it looks as it did at the one before.
    pub(crate) fn look(&mut self, number: u64, look: Look) -> bool {
        let Some(node) = self.by_number.get_mut(&number) else {
            return false;
        };
        node.look.replace(look) == Some(look)
    }

    fn put(&mut self, number: u64, (parent, name): (u64, &OsStr)) {
        if let Some(directory) = self.by_number.get_mut(&parent) {
            directory.children.insert(name.to_owned(), number);
        }
        if let Some(node) = self.by_number.get_mut(&number) {
            node.place = Some(Place {
                parent,
                name: name.to_owned(),
            });
        }
    }

    fn child_or_new(&mut self, parent: u64, name: &OsStr) -> u64 {
        if let Some(number) = self.child(parent, name) {
            return number;
        }
        self.last += 1;
        let number = self.last;
        self.by_number.insert(number, Node::at(parent, name));
        if let Some(directory) = self.by_number.get_mut(&parent) {
            directory.children.insert(name.to_owned(), number);
        }
        number
    }

    /// Drops a node that nobody refers to, and its parents that were kept for it alone.
    fn drop_unused(&mut self, number: u64) {
        let mut number = number;
        loop {
            let Some(node) = self.by_number.get(&number) else {
                return;
            };
            if node.is_pinned || 0 < node.lookups || !node.children.is_empty() {
                return;
            }
            let Some(node) = self.by_number.remove(&number) else {
                return;
            };
            self.no_longer(node.object, number);
            let Some(place) = node.place else { return };
            if let Some(parent) = self.by_number.get_mut(&place.parent) {
                parent.children.remove(&place.name);
            }
            number = place.parent;
        }
    }
}

#[cfg(test)]
mod tests;
