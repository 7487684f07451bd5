//! The names by which Askbox finds what it obeys itself: its files, the block-lists of the policy, and the links that lead to them
//! or to its own programs. A program inside that replaced one of them would write the rules, or run outside. Reads links; says nothing
//! of what is in the files.

use std::path::{Path, PathBuf};

use askbox_paths::Paths;
use askbox_policy::{CanonicalPath, Policy};
use askbox_sandbox::guards::Obeyed;

use super::{Places, PolicyStore};

impl PolicyStore {
    /// The paths by which Askbox reads what it obeys. Of its directories one file each stands for all.
    pub(crate) fn obeyed(&self) -> Vec<PathBuf> {
        paths(&self.places, &self.policy()).map(Path::to_owned).collect()
    }
}

/// What Askbox itself obeys, but for block-lists. Of its directories one file each stands for those that are made anew each time: any
/// other may be a link.
pub(crate) fn obeyed_files(paths: &Paths) -> Vec<PathBuf> {
    let files = [
        paths.policy(),
        paths.proxy_credentials(),
        paths.trusted(),
        paths.last_good_policy(),
        paths.lockdown(),
        paths.usage(),
        paths.secrets(),
        paths.reviews(),
        paths.log(),
        paths.preferences(),
        paths.grants(),
        paths.homes(),
        paths.socket(),
    ];
    files.into()
}

/// Every name on the way to what is obeyed, also of files that are not there, and every link to a program. Blocks.
pub(super) fn names(places: &Places, policy: &Policy) -> Vec<CanonicalPath> {
    let found = paths(places, policy).map(Obeyed::find);
    let names = found.flat_map(|file| file.names.into_iter().chain(file.passed));
    // The files themselves are on a list, which asks about them.
    let programs = policy.lists().programs().iter();
    let ways = programs.map(|program| Obeyed::find(program.as_path()));
    let ways = ways.flat_map(|way| way.links().to_vec().into_iter().chain(way.passed));
    let names = names.chain(ways);
    let mut names: Vec<_> = names.filter_map(|name| CanonicalPath::new(&name)).collect();
    names.sort();
    names.dedup();
    names
}

fn paths<'a>(places: &'a Places, policy: &'a Policy) -> impl Iterator<Item = &'a Path> {
    let lists = policy.settings().block_lists.iter();
    let own = places.obeyed.iter().map(PathBuf::as_path);
    own.chain(lists.map(CanonicalPath::as_path))
}
