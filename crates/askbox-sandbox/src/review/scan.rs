//! Looks at everything in a scope: kinds, permissions, contents. A bounded number of names and bytes, and of each file
//! only what it was when it was opened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use askbox_wire::OsText;
use sha2::{Digest, Sha256};

use super::scope::Scope;
use super::{FileState, Part, Place, State, scripts};
use crate::beneath::{Content, Node, Tree};
use crate::limits;

/// What was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// What exists.
    pub(super) items: BTreeMap<Place, (Part, State)>,
    /// Roots below which there is more than is looked at.
    pub(super) cut: BTreeSet<Place>,
}

/// Looks. A base without a tree has nothing in it.
pub(super) fn scan(scope: &Scope, trees: &[Option<Tree>]) -> Scan {
    let mut scanner = Scanner {
        found: Scan::default(),
        names: limits::REVIEW_NAMES,
        budget: Budget::new(),
    };
    let mut roots: Vec<(&Place, Part)> = scope.roots.iter().map(|(place, part)| (place, *part)).collect();
    // What matters most takes of the budget first.
    roots.sort_by_key(|(_, part)| *part);
    for (place, part) in roots {
        if let Some(Some(tree)) = trees.get(place.base) {
            scanner.root(tree, place, part);
        }
    }
    scanner.found
}

/// How one place is, with its content where that is small; something else where that cannot be told.
pub(super) fn state(tree: &Tree, path: &Path, part: Part) -> State {
    Budget::new().state(tree, path, part).unwrap_or(State::Other)
}

struct Scanner {
    found: Scan,
    names: usize,
    budget: Budget,
}

/// What may still be read and kept.
struct Budget {
    read: u64,
    kept: usize,
}

impl Scanner {
    fn root(&mut self, tree: &Tree, root: &Place, part: Part) {
        let path = root.path.as_path();
        let mut left = limits::REVIEW_ROOT_NAMES;
        let whole = match part {
            Part::Guarded | Part::Named => {
                let is_seen = self.item(tree, root, path, part);
                // Of a repository, the names in it that are obeyed are roots of their own.
                let is_repository = path.file_name().is_some_and(|name| name == ".git");
                let depth = (path, limits::REVIEW_DEPTH);
                is_seen && (is_repository || self.below(tree, root, part, depth, &mut left))
            }
            Part::Scripts => self.item(tree, root, path, part),
            Part::Program => self.below(tree, root, part, (path, 1), &mut left),
        };
        if !whole {
            self.found.cut.insert(root.clone());
        }
    }

    /// What is in a directory. Returns whether that was all.
    fn below(
        &mut self,
        tree: &Tree,
        root: &Place,
        part: Part,
        (path, depth): (&Path, usize),
        left: &mut usize,
    ) -> bool {
        match tree.node(path) {
            Node::Directory => {}
            Node::Hidden => return false,
            Node::Absent | Node::Link(_) | Node::File | Node::Other => return true,
        }
        if depth == 0 {
            return false;
        }
        let Ok((names, mut whole)) = tree.names(path, (*left).min(self.names)) else {
            return false;
        };
        *left -= names.len();
        self.names -= names.len();
        let are_hooks = path.file_name().is_some_and(|name| name == "hooks");
        for name in names {
            let path = path.join(&name);
            // git runs hooks by their exact names, so the samples of a new repository are none.
            if are_hooks && path.extension().is_some_and(|end| end == "sample") {
                continue;
            }
            let is_directory = matches!(tree.node(&path), Node::Directory);
            match part {
                // Nobody looks for programs in directories among them.
                Part::Program if is_directory => continue,
                Part::Program | Part::Guarded | Part::Named | Part::Scripts => {}
            }
            whole &= self.item(tree, root, &path, part);
            if is_directory {
                whole &= self.below(tree, root, part, (&path, depth - 1), left);
            }
        }
        whole
    }

    /// Looks at one name. Returns whether it could be told what is there.
    fn item(&mut self, tree: &Tree, root: &Place, path: &Path, part: Part) -> bool {
        let Some(state) = self.budget.state(tree, path, part) else {
            return false;
        };
        if state == State::Absent {
            return true;
        }
        let place = Place {
            base: root.base,
            path: OsText::from(PathBuf::from(path)),
        };
        // A root below another one is looked at once, for what matters more.
        self.found.items.entry(place).or_insert((part, state));
        true
    }
}

impl Budget {
    fn new() -> Self {
        Self {
            read: limits::REVIEW_READ_BYTES,
            kept: limits::REVIEW_BYTES,
        }
    }

    /// `None` where nobody may look.
    fn state(&mut self, tree: &Tree, path: &Path, part: Part) -> Option<State> {
        let state = match (tree.node(path), part) {
            (Node::Hidden, _) => return None,
            (Node::File, Part::Scripts) => return self.scripts(tree, path),
            (Node::File, Part::Guarded | Part::Named | Part::Program) => self.file(tree, path),
            // What reads scripts follows a link, and makes nothing of a directory.
            (Node::Absent, _) | (Node::Directory | Node::Other, Part::Scripts) => State::Absent,
            (Node::Directory, _) => State::Directory,
            (Node::Link(target), _) => State::Link(target.into()),
            (Node::Other, _) => State::Other,
        };
        Some(state)
    }

    fn file(&mut self, tree: &Tree, path: &Path) -> State {
        let Some(content) = self.read(tree, path) else {
            return State::Other;
        };
        let digest = content.bytes.as_deref().map(digest);
        let text = content.bytes.and_then(|bytes| self.keep(bytes));
        State::File(FileState {
            mode: content.mode,
            size: content.size,
            stamp: content.stamp,
            digest,
            text,
        })
    }

    fn scripts(&mut self, tree: &Tree, path: &Path) -> Option<State> {
        let content = self.read(tree, path)?;
        let part = |size: usize, digest: Option<String>, text: Option<String>| {
            State::File(FileState {
                mode: 0,
                size: u64::try_from(size).unwrap_or(u64::MAX),
                stamp: content.stamp,
                digest,
                text,
            })
        };
        let Some(bytes) = content.bytes else {
            return Some(part(0, None, None));
        };
        let Ok(manifest) = std::str::from_utf8(&bytes) else {
            return Some(part(bytes.len(), Some(digest(&bytes)), None));
        };
        let state = match scripts::find(manifest) {
            Ok(None) => State::Absent,
            Ok(Some(range)) => {
                let text = &manifest[range];
                let canonical = scripts::canonical(text);
                let kept = self.keep(text.as_bytes().to_vec());
                part(canonical.len(), Some(digest(canonical.as_bytes())), kept)
            }
            // Some tool may read more in it than we do.
            Err(_unreadable) => part(bytes.len(), Some(digest(&bytes)), None),
        };
        Some(state)
    }

    fn read(&mut self, tree: &Tree, path: &Path) -> Option<Content> {
        let content = tree.read(path, limits::REVIEW_DIGEST_BYTES.min(self.read)).ok()?;
        let length = content.bytes.as_ref().map_or(0, Vec::len);
        self.read = self
            .read
            .saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
        Some(content)
    }

    /// The text, where it is text and there is room for it.
    fn keep(&mut self, bytes: Vec<u8>) -> Option<String> {
        let is_small = u64::try_from(bytes.len()).is_ok_and(|length| length <= limits::REVIEW_FILE_BYTES);
        if !is_small || self.kept < bytes.len() || bytes.contains(&0) {
            return None;
        }
        let text = String::from_utf8(bytes).ok()?;
        self.kept -= text.len();
        Some(text)
    }
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}
