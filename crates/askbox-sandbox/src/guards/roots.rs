//! Every name that something outside obeys or would obey, whether it is there or not: where to look for what a session
//! changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Outside;
use crate::git::{self, Search};
use crate::sight::Sight;

/// The names of one project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roots {
    /// The project, and a git directory that lies elsewhere and belongs to it.
    pub(super) bases: Vec<PathBuf>,
    pub(super) names: BTreeMap<PathBuf, Origin>,
    pub(super) is_cut: bool,
}

/// Why a name is obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is on the list, or git's own.
    Known,
    /// A configuration names it: it may have been there, and harmless, before the configuration did.
    Named,
}

/// The names of a project, canonical, as it is now. Looks at more than a launch does. Blocks.
pub fn roots_now(project: &Path, home: &Path) -> Roots {
    let (search, sight) = (Search::thorough(), Sight::default());
    let git = git::find(project, &sight);
    super::look_within(project, &git, home, Outside::default(), search, &sight)
        .before
        .roots
}

impl Roots {
    /// The directories beneath which everything lies; the project first.
    pub fn bases(&self) -> &[PathBuf] {
        &self.bases
    }

    /// Whether there may be others: there was more than is looked at.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Each name by the number of its base and relative to it. A base lies in no other.
    pub fn relative(&self) -> impl Iterator<Item = (usize, &Path, Origin)> {
        self.names.iter().filter_map(|(path, origin)| {
            let mut bases = self.bases.iter().enumerate();
            let (base, relative) =
                bases.find_map(|(number, base)| Some((number, path.strip_prefix(base).ok()?)))?;
            (relative.file_name().is_some()).then_some((base, relative, *origin))
        })
    }
}
