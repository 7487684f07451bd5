//! Directories and files that are others too: a bind mount shows them in a second place, or a link leads to them. Whoever changes
//! one changes the other, so what protects a path protects it by all its names.
//!
//! Knows names only; which mounts and links there are is told by who may look.

use crate::path_pattern::CanonicalPath;

/// Two names of one thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alias {
    /// One of its names.
    pub name: CanonicalPath,
    /// Another.
    pub of: CanonicalPath,
    /// Why it has two.
    pub kind: AliasKind,
}

/// What gives a thing a second name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AliasKind {
    /// A bind mount.
    Mount,
    /// A symbolic link, at a place that a list names or on the way to it.
    Link,
}

/// All that are known, both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases(Vec<Alias>);

impl Alias {
    /// Another name of a path that lies in here.
    pub fn translate(&self, path: &CanonicalPath) -> Option<CanonicalPath> {
        let rest = path.as_path().strip_prefix(self.name.as_path()).ok()?;
        CanonicalPath::new(&self.of.as_path().join(rest))
    }
}

impl Aliases {
    /// Both ways of each.
    pub fn new(aliases: impl IntoIterator<Item = Alias>) -> Self {
        let both = aliases.into_iter().flat_map(|alias| {
            let back = Alias {
                name: alias.of.clone(),
                of: alias.name.clone(),
                kind: alias.kind,
            };
            [alias, back]
        });
        let mut all: Vec<_> = both.filter(|alias| alias.name != alias.of).collect();
        all.sort();
        all.dedup();
        Self(all)
    }

    /// Each of them, both ways.
    pub fn iter(&self) -> impl Iterator<Item = &Alias> {
        self.0.iter()
    }

    /// The other names of a path. Names that another mount hides are among them.
    pub fn of<'a>(&'a self, path: &'a CanonicalPath) -> impl Iterator<Item = CanonicalPath> + 'a {
        self.0.iter().filter_map(|alias| alias.translate(path))
    }

    /// Those that are, or lie, in a directory by one of their names: what is there has the other name, too.
    pub fn shown_in<'a>(&'a self, directory: &'a CanonicalPath) -> impl Iterator<Item = &'a Alias> + 'a {
        self.0.iter().filter(|alias| alias.name.is_within(directory))
    }
}

#[cfg(test)]
mod tests;
