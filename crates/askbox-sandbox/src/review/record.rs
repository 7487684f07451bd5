//! The record of one session: how everything was at launch, and after the end only what changed. One JSON object; its
//! shape is in docs/review.md. Whoever stores it decides where and for how long.

use std::io;
use std::path::{Path, PathBuf};

use askbox_wire::OsText;
use serde::{Deserialize, Serialize};

use super::compare::{Look, compare};
use super::revert::{self, Kept};
use super::scan::{self, Scan};
use super::scope::Scope;
use super::{Change, Part, Place, State};
use crate::beneath::Tree;
use crate::guards::{self, Before};
use crate::limits;

/// The shape of a record. Another one is not read.
const VERSION: u32 = 1;

/// Why there is no review.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A directory cannot be opened without following a link.
    #[error("cannot open {}", path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another directory has its path now.
    #[error("{} is another directory than when the session began", .0.display())]
    Replaced(PathBuf),
    /// The record is none.
    #[error("the record of the session cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// It was written by another version of Askbox.
    #[error("the record of the session has version {0}, this askbox reads {VERSION}")]
    Version(u32),
    /// It is longer than a record can be.
    #[error("the record of the session is too long")]
    TooLong,
}

/// What is known of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    /// The session.
    pub session: String,
    /// Its project.
    pub project: OsText,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it ended; `None` while it runs, or when its end was not seen.
    pub ended_ms: Option<u64>,
    bases: Vec<Base>,
    is_cut: bool,
    body: Body,
}

/// A directory beneath which things were looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Base {
    path: OsText,
    device: u64,
    inode: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    /// How it was at launch.
    Running {
        roots: Vec<(Place, Part)>,
        items: Vec<(Place, Part, State)>,
        cut: Vec<Place>,
    },
    /// What was not as at launch when the session ended, and whether a person had all of it put back since.
    Ended {
        changes: Vec<Change>,
        #[serde(default)]
        is_put_back: bool,
    },
}

impl Record {
    /// Looks at the project of a session that is about to begin. Blocks.
    pub fn take(session: String, before: &Before, started_ms: u64) -> Result<Self, Error> {
        let scope = Scope::of(before.roots());
        let (mut bases, mut trees) = (Vec::new(), Vec::new());
        for path in &scope.bases {
            let failed = |source| Error::Open {
                path: path.clone(),
                source,
            };
            let tree = Tree::open(path).map_err(failed)?;
            let (device, inode) = tree.identity().map_err(failed)?;
            bases.push(Base {
                path: path.clone().into(),
                device,
                inode,
            });
            trees.push(Some(tree));
        }
        let Scan { items, cut } = scan::scan(&scope, &trees);
        Ok(Self {
            version: VERSION,
            session,
            project: before.project().to_owned().into(),
            started_ms,
            ended_ms: None,
            bases,
            is_cut: scope.is_cut,
            body: Body::Running {
                roots: scope.roots.into_iter().collect(),
                items: items
                    .into_iter()
                    .map(|(place, (part, state))| (place, part, state))
                    .collect(),
                cut: cut.into_iter().collect(),
            },
        })
    }

    /// The record of a session that has ended: what it changed and nothing else. `home` is the user's. Blocks.
    pub fn end(self, home: &Path, ended_ms: u64) -> Result<Self, Error> {
        let (changes, is_cut) = self.changes(home)?;
        Ok(Self {
            ended_ms: Some(ended_ms),
            is_cut,
            body: Body::Ended {
                changes,
                is_put_back: false,
            },
            ..self
        })
    }

    /// What changed, by place, and whether there may be more. Of a session that has not ended: until now. Blocks.
    pub fn changes(&self, home: &Path) -> Result<(Vec<Change>, bool), Error> {
        let (roots, items, cut) = match &self.body {
            Body::Ended { changes, .. } => return Ok((changes.clone(), self.is_cut)),
            Body::Running { roots, items, cut } => (roots, items, cut),
        };
        let scope = Scope {
            bases: self
                .bases
                .iter()
                .map(|base| base.path.as_path().to_owned())
                .collect(),
            roots: roots.iter().cloned().collect(),
            is_cut: self.is_cut,
        };
        let items = items.iter().cloned();
        let scan = Scan {
            items: items.map(|(place, part, state)| (place, (part, state))).collect(),
            cut: cut.iter().cloned().collect(),
        };
        let project = self.tree(0)?;
        let roots_now = guards::roots_now(self.project.as_path(), home);
        let scope_now = scope.clone().with(Scope::of(&roots_now));
        let others = (1..self.bases.len()).map(|base| self.tree(base).ok());
        let trees: Vec<Option<Tree>> = [Some(project)].into_iter().chain(others).collect();
        let scan_now = scan::scan(&scope_now, &trees);
        let changes = compare(
            &Look {
                scope: &scope,
                scan: &scan,
            },
            &Look {
                scope: &scope_now,
                scan: &scan_now,
            },
        );
        let is_cut = scope_now.is_cut || !scan.cut.is_empty() || !scan_now.cut.is_empty();
        Ok((changes, is_cut))
    }

    /// Whether there is, or may be, something for a person to look at. Looks at nothing itself.
    pub fn may_hold_changes(&self) -> bool {
        match &self.body {
            Body::Ended { changes, is_put_back } => self.is_cut || (!changes.is_empty() && !is_put_back),
            Body::Running { .. } => true,
        }
    }

    /// The record of a session whose changes were all put back; `None` where that cannot be said, as the session has not
    /// ended, or is said already.
    #[must_use]
    pub fn put_back_whole(self) -> Option<Self> {
        match self.body {
            Body::Ended {
                changes,
                is_put_back: false,
            } => Some(Self {
                body: Body::Ended {
                    changes,
                    is_put_back: true,
                },
                ..self
            }),
            Body::Ended { .. } | Body::Running { .. } => None,
        }
    }

    /// How a changed place is at this moment, with its content where that is small. Blocks.
    pub fn now(&self, change: &Change) -> Result<State, Error> {
        let tree = self.tree(change.place.base)?;
        Ok(scan::state(&tree, change.place.path.as_path(), change.part))
    }

    /// Whether a changed place is as it was before the session; `now` is how it is. Blocks.
    pub fn is_back(&self, change: &Change, now: &State) -> Result<bool, Error> {
        Ok(revert::is_back(&self.tree(change.place.base)?, change, now))
    }

    /// Makes changed places as they were, as far as they are still as listed or are so already; nothing inside should run.
    /// Says of each, in the order given, why it was left as it is. Blocks until it is on the disk.
    pub fn put_back(&self, changes: &[&Change]) -> Vec<Result<(), Kept>> {
        // What is in a directory goes before it, and comes back after it.
        let mut order: Vec<usize> = (0..changes.len()).collect();
        order.sort_by_key(|at| &changes[*at].place);
        let is_removal = |at: &usize| matches!(changes[*at].before, Some(State::Absent));
        let removals = order.iter().rev().filter(|at| is_removal(at));
        let others = order.iter().filter(|at| !is_removal(at));
        let mut done: Vec<(usize, Result<(), Kept>)> = removals
            .chain(others)
            .map(|at| (*at, self.put_one_back(changes[*at])))
            .collect();
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, result)| result).collect()
    }

    fn put_one_back(&self, change: &Change) -> Result<(), Kept> {
        let tree = self
            .tree(change.place.base)
            .map_err(|error| Kept::Failed(io::Error::other(error)))?;
        revert::revert(&tree, change)
    }

    /// The path of a place, for people: relative where it lies in the project.
    pub fn path(&self, place: &Place) -> PathBuf {
        match self.bases.get(place.base) {
            Some(base) if 0 < place.base => base.path.as_path().join(place.path.as_path()),
            Some(_) | None => place.path.as_path().to_owned(),
        }
    }

    /// As it is stored.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(Error::Unreadable)
    }

    /// The longest record that is one, in bytes.
    pub const MOST_BYTES: u64 = limits::REVIEW_RECORD_BYTES;

    /// From what was stored.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        if u64::try_from(json.len()).is_ok_and(|length| limits::REVIEW_RECORD_BYTES < length) {
            return Err(Error::TooLong);
        }
        let record: Self = serde_json::from_slice(json).map_err(Error::Unreadable)?;
        if record.version == VERSION {
            Ok(record)
        } else {
            Err(Error::Version(record.version))
        }
    }

    /// A base, if it is the directory that it was.
    fn tree(&self, base: usize) -> Result<Tree, Error> {
        let Some(base) = self.bases.get(base) else {
            return Err(Error::Replaced(PathBuf::new()));
        };
        let path = base.path.as_path();
        let failed = |source| Error::Open {
            path: path.to_owned(),
            source,
        };
        let tree = Tree::open(path).map_err(failed)?;
        if tree.identity().map_err(failed)? == (base.device, base.inode) {
            Ok(tree)
        } else {
            Err(Error::Replaced(path.to_owned()))
        }
    }
}
