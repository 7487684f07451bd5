//! Whether a program that a person named on the host is the same one inside. Looks at links, and decides nothing about a session.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

use super::{LINKED, TOOLCHAINS};
use crate::plan::PRIVATE_HOMES;

/// Links in a row that are followed, as many as Linux does (`path_resolution(7)`).
const LINKS: usize = 40;

/// Whether the program at a path, and each link on the way to it, is one that no program inside can have put there: it lies neither
/// in the project nor in a private home, which hides the host's but for toolchains. Blocks: reads links.
pub fn is_the_hosts(program: &Path, home: &Path, project: &Path) -> bool {
    let below = |path: &Path, places: &[&str]| places.iter().any(|place| path.starts_with(home.join(place)));
    // What its links lead to is there as well, each by itself.
    let is_linked = program.parent().is_some_and(|parent| parent == home.join(LINKED));
    let is_hidden = |path: &Path| !is_linked && below(path, PRIVATE_HOMES) && !below(path, TOOLCHAINS);
    program.is_absolute()
        && fs::canonicalize(program).is_ok()
        && ways(program).all(|path| !path.starts_with(project) && !is_hidden(&path))
}

/// The path, what each link of it leads to, and of all of them the canonical place.
fn ways(program: &Path) -> impl Iterator<Item = PathBuf> {
    let next = |path: &PathBuf| Some(path.parent()?.join(fs::read_link(path).ok()?));
    iter::successors(Some(program.to_owned()), next)
        .take(LINKS)
        .flat_map(|path| [fs::canonicalize(&path).unwrap_or_default(), place(&path), path])
}

/// Where a path itself lies, without following it.
fn place(path: &Path) -> PathBuf {
    let parent = path.parent().and_then(|parent| fs::canonicalize(parent).ok());
    match (parent, path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        (_, _) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_a_program_inside_can_have_made_is_not_the_hosts() {
        let directory = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(directory.path()).unwrap();
        let at = |path: &str| home.join(path);
        for program in [
            "tools/claude",
            ".cargo/bin/claude",
            ".local/share/pnpm/claude",
            ".bun/install/cli.js",
            ".cache/bin/claude",
            "work/p/claude",
        ] {
            fs::create_dir_all(at(program).parent().unwrap()).unwrap();
            fs::write(at(program), "").unwrap();
        }
        for (link, target) in [
            (".bun/bin/claude", "../install/cli.js"),
            (".local/bin/claude", "../share/pnpm/claude"),
            (".local/bin/own", "../../work/p/claude"),
            ("tools/linked", "claude"),
            ("tools/far", "../.bun/bin/claude"),
            ("tools/gone", "nowhere"),
            ("dir", ".cache/bin"),
        ] {
            fs::create_dir_all(at(link).parent().unwrap()).unwrap();
            symlink(target, at(link)).unwrap();
        }
        let project = at("work/p");
        for (program, is_host) in [
            ("tools/claude", true),
            ("tools/linked", true),
            (".cargo/bin/claude", true),
            // Bound there by itself.
            (".local/bin/claude", true),
            (".local/bin/own", false),
            (".local/share/pnpm/claude", false),
            (".bun/bin/claude", false),
            ("tools/far", false),
            ("tools/gone", false),
            ("dir/claude", false),
            ("work/p/claude", false),
            ("work/p/../p/claude", false),
        ] {
            assert_eq!(is_the_hosts(&at(program), &home, &project), is_host, "{program}");
        }
        assert!(!is_the_hosts(Path::new("claude"), &home, &project));
    }
}
