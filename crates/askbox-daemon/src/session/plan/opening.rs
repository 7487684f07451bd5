//! What a session opens and closes at its start: the paths that flags, rules and the lists name, as they are on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use askbox_policy::builtin_lists::{List, Node};
use askbox_policy::{
    AliasKind, CanonicalPath, Effect, Kind, PathPattern, Pattern, Rule, SessionId, Target, Verdict, display,
};
use askbox_sandbox::host_facts::{By, Opening};
use askbox_sandbox::host_programs::BWRAP;
use askbox_sandbox::plan::{Access, Listed};
use askbox_wire::WireError;

use super::{Planning, refused, refused_by};
use crate::limits;

/// How deep below its fixed part a list's wildcard is looked for, and how many names each directory may have.
const GLOB_DEPTH: usize = 3;
/// See [`GLOB_DEPTH`].
const GLOB_NAMES: usize = 4096;

/// Directories that every session has, its own or the system's, and the program that makes it of them.
const BASES: [&str; 13] = [
    BWRAP.path, "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/tmp", "/usr",
    "/var/tmp",
];

impl Planning {
    /// What flags and rules open at launch: plain paths, each judged like any other request. A flag that the policy
    /// denies is refused; a rule that it denies, or that leads nowhere, opens nothing.
    pub(super) fn opened(&self, id: &SessionId) -> Result<Vec<Opening>, WireError> {
        let mut opened: Vec<Opening> = Vec::new();
        let rules = self.policy.rules().map(|rule| (rule, false));
        let project_rules = self.rules.project_rules.iter().map(|rule| (rule, false));
        let profile = self.situation().profile_rules(id, &self.home);
        let profile = profile.iter().map(|rule| (rule, false));
        for (rule, is_flag) in self
            .rules
            .flags
            .iter()
            .map(|rule| (rule, true))
            .chain(rules)
            .chain(project_rules)
            .chain(profile)
        {
            if rule.effect != Effect::Allow || !self.is_for_us(rule) {
                continue;
            }
            let Some((path, access)) = openable(&rule.pattern) else {
                if is_flag && matches!(rule.pattern.kind(), Kind::Read | Kind::Write) {
                    return Err(refused(format!(
                        "cannot open {} at the start: it has wildcards",
                        rule.pattern
                    ))
                    .with_hint("name a file or a directory"));
                }
                continue;
            };
            let verdict = self.judge(id, &path, access);
            match verdict {
                Verdict::Allow(_) => {}
                Verdict::Deny(basis) | Verdict::Ask(basis) if is_flag => {
                    return Err(refused_by(&basis, &format!("cannot open {path}")));
                }
                Verdict::Deny(_) | Verdict::Ask(_) => continue,
            }
            if !is_flag && !path.as_path().exists() {
                continue;
            }
            match opened.iter_mut().find(|known| known.path == path.as_path()) {
                Some(known) if access == Access::ReadWrite => known.access = Access::ReadWrite,
                Some(_) => {}
                None => opened.push(Opening {
                    path: path.as_path().to_owned(),
                    access,
                    by: if is_flag { By::Flag } else { By::Rule },
                }),
            }
        }
        Ok(opened)
    }

    fn judge(&self, id: &SessionId, path: &CanonicalPath, access: Access) -> Verdict {
        let target = match access {
            Access::ReadOnly => Target::Read(path.clone()),
            Access::ReadWrite => Target::Write(path.clone()),
        };
        self.situation().judge(id, target)
    }

    /// Plain paths that a rule denies to read, or wants to be asked about: nobody can be asked at a launch. A flag with
    /// wildcards is refused, because it would close nothing.
    pub(super) fn denied(&self) -> Result<Vec<PathBuf>, WireError> {
        let closes = |rule: &&Rule| {
            let is_plain = rule.effect != Effect::Allow && rule.program.is_none();
            is_plain && rule.pattern.kind() == Kind::Read && self.is_for_us(rule)
        };
        let mut denied = Vec::new();
        for rule in self.rules.flags.iter().filter(closes) {
            let (path, _) = openable(&rule.pattern).ok_or_else(|| {
                refused(format!("cannot close {}: it has wildcards", rule.pattern))
                    .with_hint("name the file or directory itself; --deny-path can be given more than once")
            })?;
            if let Some(base) = self.stands_on(&path) {
                return Err(refused(format!("cannot close {path}: the session needs {base}"))
                    .with_hint("name what is to be closed in it"));
            }
            denied.push(path);
        }
        let others = self
            .policy
            .rules()
            .chain(&self.rules.project_rules)
            .filter(closes);
        denied.extend(
            others
                .filter_map(|rule| openable(&rule.pattern))
                .map(|(path, _)| path),
        );
        Ok(denied.into_iter().map(|path| path.as_path().to_owned()).collect())
    }

    /// What a session cannot do without, where a path is that or holds it.
    fn stands_on(&self, path: &CanonicalPath) -> Option<String> {
        let own = [self.project.as_path(), self.home.as_path()];
        let bases = own.into_iter().chain(BASES.iter().map(Path::new));
        bases
            .filter(|base| base.starts_with(path.as_path()))
            .map(|base| display::path(base, limits::PATH_SHOWN))
            .next()
    }

    /// The flags that close nothing, because nothing is there: most often a slip of the pen.
    pub(super) fn closing_nothing(&self) -> Vec<String> {
        let flags = self.rules.flags.iter().filter(|rule| rule.effect == Effect::Deny);
        let paths = flags.filter_map(|rule| match rule.pattern.kind() {
            Kind::Read => openable(&rule.pattern).map(|(path, _)| path),
            Kind::Write | Kind::Execute | Kind::Network | Kind::Profile | Kind::Neighbour | Kind::Growth => {
                None
            }
        });
        paths
            .filter(|path| fs::symlink_metadata(path.as_path()).is_err())
            .map(|path| {
                let shown = display::path(path.as_path(), limits::PATH_SHOWN);
                format!("`--deny-path {shown}` closes nothing: there is no such file or directory")
            })
            .collect()
    }

    /// Whether a rule is for this project and has not ended.
    pub(super) fn is_for_us(&self, rule: &Rule) -> bool {
        let ended =
            |expires: &askbox_policy::Expiry| expires.has_ended(rule.effect, &self.now, self.high_water_ms);
        rule.project
            .as_deref()
            .is_none_or(|project| project == self.project.as_path())
            && !rule.expires.as_ref().is_some_and(ended)
    }

    /// The entries of both lists as plain paths, without the directories of the PATH and our own programs that lie in the
    /// project, which guards hold; wildcards as what they match on this machine, where something is opened, or where a link
    /// leads into that or into the project: everywhere else the home directory is empty, and looking through all of it takes
    /// its time.
    pub(super) fn listed(&self, opened: &[Opening]) -> Vec<Listed> {
        // What is opened is what a path leads to.
        let real = opened
            .iter()
            .filter_map(|opening| Some(self.places.real(&opening.path)?.canonical));
        let open: Vec<PathBuf> = opened
            .iter()
            .map(|opening| opening.path.clone())
            .chain(real)
            .collect();
        let meets = |one: &Path, other: &Path| one.starts_with(other) || other.starts_with(one);
        let is_open = |anchor: &Path| open.iter().any(|open| meets(open, anchor));
        let overlaps = |anchor: &Path| {
            let real = self.places.real(anchor).map(|found| found.canonical);
            let leads_there = |real: &PathBuf| is_open(real) || meets(self.project.as_path(), real);
            is_open(anchor) || real.is_some_and(|real| real != anchor && leads_there(&real))
        };
        let mut listed = Vec::new();
        for (list, entry) in self.policy.lists().entries() {
            let anchor = entry.pattern.anchor();
            if entry.may_be_in_project() && anchor.is_within(&self.project) {
                continue;
            }
            let add = |path: PathBuf, directory| Listed {
                path,
                directory,
                list,
            };
            if let Some(path) = entry.path() {
                let names = self.policy.lists().names(path);
                listed
                    .extend(names.map(|name| add(name.as_path().to_owned(), entry.node == Node::Directory)));
            } else if overlaps(anchor.as_path()) {
                let mut found = Vec::new();
                matching(anchor.as_path(), &entry.pattern, GLOB_DEPTH, &mut found);
                listed.extend(found.into_iter().map(|path| {
                    let directory = path.is_dir();
                    add(path, directory)
                }));
            }
        }
        listed.extend(self.linked_credentials());
        listed
    }

    /// What links in directories of the credential list lead to. The directories say nothing of it.
    fn linked_credentials(&self) -> impl Iterator<Item = Listed> {
        let lists = self.policy.lists();
        let links = lists
            .aliases()
            .iter()
            .filter(|alias| alias.kind == AliasKind::Link);
        let closed = links.filter(|alias| lists.credential(&alias.of).is_some());
        closed.map(|alias| Listed {
            path: alias.name.as_path().to_owned(),
            directory: alias.name.as_path().is_dir(),
            list: List::Credential,
        })
    }
}

/// The one path that a pattern opens as a whole; `None` for wildcards and for what is not opened at launch.
fn openable(pattern: &Pattern) -> Option<(CanonicalPath, Access)> {
    let (path, access) = match pattern {
        Pattern::Read(path) => (path, Access::ReadOnly),
        Pattern::Write(path) => (path, Access::ReadWrite),
        Pattern::Network(_)
        | Pattern::Execute(_)
        | Pattern::Profile(_)
        | Pattern::Neighbour(_)
        | Pattern::Growth(_) => return None,
    };
    let anchor = path.anchor();
    let is_plain = *path == PathPattern::tree(anchor) || *path == PathPattern::exact(anchor);
    is_plain.then(|| (anchor.clone(), access))
}

/// Collects what a pattern matches below a directory. Links are not followed, nor is looked where nothing can match.
fn matching(directory: &Path, pattern: &PathPattern, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.take(GLOB_NAMES).filter_map(Result::ok) {
        let path = entry.path();
        let Some(canonical) = CanonicalPath::new(&path).filter(|path| pattern.reaches_below(path)) else {
            continue;
        };
        if pattern.matches(&canonical) {
            found.push(path);
        } else if 0 < depth && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            matching(&path, pattern, depth - 1, found);
        }
    }
}
