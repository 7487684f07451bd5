//! Where a review looks: guarded names and what configurations name, and beside them the programs and package scripts of
//! the project's directories, two levels deep.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::{Part, Place};
use crate::git::{SKIPPED, Search};
use crate::guards::{Origin, Roots};
use crate::sight::Sight;

/// Where shells and tools find the programs of a project.
const PROGRAMS: [&str; 4] = ["node_modules/.bin", ".venv/bin", "venv/bin", "env/bin"];

/// What npm and others run scripts of.
const MANIFEST: &str = "package.json";

/// How many directories below the project hold such places.
const DEPTH: usize = 2;

/// Whether a directory, named from the project, is one in which a review looks for programs that tools put there.
pub(crate) fn has_programs_of_tools(directory: &Path) -> bool {
    let is_known = PROGRAMS.iter().any(|name| directory.ends_with(name));
    // Each of these is two names.
    let way: Vec<_> = directory
        .ancestors()
        .nth(2)
        .into_iter()
        .flat_map(Path::components)
        .collect();
    let is_skipped = |name: &Component<'_>| SKIPPED.iter().any(|skipped| name.as_os_str() == *skipped);
    is_known && way.len() <= DEPTH && !way.iter().any(is_skipped)
}

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    /// Directories beneath which it lies.
    pub(super) bases: Vec<PathBuf>,
    /// Each place, and all below it.
    pub(super) roots: BTreeMap<Place, Part>,
    /// Whether there may be others.
    pub(super) is_cut: bool,
}

impl Scope {
    /// The guarded names of a project and what is beside them. Reads names of directories.
    pub(super) fn of(roots: &Roots) -> Self {
        let mut scope = Self {
            bases: roots.bases().to_owned(),
            roots: BTreeMap::new(),
            is_cut: roots.is_cut(),
        };
        for (base, path, origin) in roots.relative() {
            let part = match origin {
                Origin::Known => Part::Guarded,
                Origin::Named => Part::Named,
            };
            let path = path.to_owned().into();
            scope.roots.insert(Place { base, path }, part);
        }
        if let Some(project) = scope.bases.first().cloned() {
            let (mut search, sight) = (Search::new(), Sight::default());
            for directory in directories(&project, &mut search, &sight) {
                let Ok(relative) = directory.strip_prefix(&project) else {
                    continue;
                };
                let programs = PROGRAMS.iter().map(|name| (*name, Part::Program));
                for (name, part) in programs.chain([(MANIFEST, Part::Scripts)]) {
                    let path = relative.join(name).into();
                    scope.roots.entry(Place { base: 0, path }).or_insert(part);
                }
            }
            scope.is_cut |= search.is_cut || !search.unread.is_empty() || !sight.is_clear();
        }
        scope
    }

    /// This and another one of the same bases; what lies beneath others is left out.
    pub(super) fn with(mut self, other: Self) -> Self {
        let bases = other.bases;
        for (place, part) in other.roots {
            let base = bases.get(place.base);
            let Some(number) = self.bases.iter().position(|own| Some(own) == base) else {
                continue;
            };
            let place = Place {
                base: number,
                ..place
            };
            self.roots.entry(place).or_insert(part);
        }
        self.is_cut |= other.is_cut;
        self
    }

    /// The root that a place is, or is below.
    pub(super) fn root_of(&self, place: &Place) -> Option<&Place> {
        let mut ways = place.path.as_path().ancestors();
        ways.find_map(|way| {
            let place = Place {
                base: place.base,
                path: way.to_owned().into(),
            };
            self.roots.get_key_value(&place).map(|(root, _)| root)
        })
    }
}

/// The project and the directories in it, one level deeper too, without those that hold other people's work.
fn directories(project: &Path, search: &mut Search, sight: &Sight) -> Vec<PathBuf> {
    let mut all = vec![project.to_owned()];
    let mut level = vec![project.to_owned()];
    for _depth in 0..DEPTH {
        let below = level
            .iter()
            .flat_map(|directory| search.directories_in(directory, sight));
        let is_own = |directory: &PathBuf| {
            let name = directory.file_name();
            !SKIPPED.iter().any(|skipped| name == Some(skipped.as_ref()))
        };
        level = below.filter(is_own).collect();
        all.extend(level.iter().cloned());
    }
    all
}
