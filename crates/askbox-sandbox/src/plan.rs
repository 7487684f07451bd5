//! What a session sees, as data: the nodes of its root, the mounts on them, its environment. Computed from a request,
//! the policy's lists and host facts; nothing in here looks at the machine.
//!
//! The root is a small tmpfs that the launch child builds in its own mount namespace, every mount by descriptor; bwrap
//! then makes one recursive bind of it. So bwrap never creates a mount point, least of all below a directory that a
//! program inside can write (CVE-2026-87766).

use std::borrow::Cow;
use std::iter;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use askbox_policy::builtin_lists::List;
use askbox_policy::display;

use crate::environment;
use crate::host_facts::{By, HostFacts, Opened, Present};
use crate::limits;

mod format;
mod home;
mod neighbours;
mod obeyed;
mod project;
mod request;
mod system;

pub use format::{Access, Mount, Node, ObjectId, Plan, ProcessLimits};
pub(crate) use home::PRIVATE_HOMES;
pub use request::{Listed, OfferedSocket, PlanRequest, Refusal};

pub(crate) use system::ETC;

/// The host name inside.
pub(crate) const HOSTNAME: &str = "askbox";

/// What a person is told where there is no asking file system.
const NO_FUSE: &str = "this machine has no FUSE that you may use, so files are open or closed when the command starts, and no \
                       question is raised for them: askbox doctor";

/// Where askbox-init is seen inside.
pub(crate) const INIT: &str = "/run/askbox/init";

/// Where programs inside find the user's ssh agent, as far as the gate lets them.
pub const SSH_AGENT: &str = "/run/askbox/ssh-agent";

/// An empty file and an empty directory of mode 000: what closed things are covered with.
pub(crate) const CLOSED_FILE: &str = "/run/askbox/closed";
/// See [`CLOSED_FILE`].
pub(crate) const CLOSED_DIRECTORY: &str = "/run/askbox/closed.d";

/// Makes the plan. Pure: the same request and facts give the same plan.
pub fn plan(request: &PlanRequest, facts: &HostFacts) -> Result<Plan, Refusal> {
    if !request.cwd.starts_with(&facts.project.path) {
        return Err(Refusal::OutsideProject {
            cwd: request.cwd.clone(),
            project: facts.project.path.clone(),
        });
    }
    if let Some(hidden) = &facts.hidden {
        return Err(Refusal::Hidden(hidden.clone()));
    }
    obeyed::check(facts)?;
    let mut view = View::default();
    let facts = &*without_refused(&mut view, request, facts)?;
    system::add(&mut view, request, facts);
    if facts.asking.is_empty() {
        view.notices.push(NO_FUSE.to_owned());
    }
    for root in &facts.asking {
        view.mounts.push(Mount::Asking { path: root.clone() });
    }
    home::add(&mut view, request, facts);
    // What holds the project would hide it.
    let (holding, others): (Vec<_>, Vec<_>) = facts
        .opened
        .iter()
        .partition(|opened| project::is_in(facts, opened));
    for opened in holding {
        open(&mut view, facts, opened);
    }
    project::add(&mut view, facts);
    for opened in others {
        open(&mut view, facts, opened);
    }
    neighbours::add(&mut view, request, facts)?;
    project::guard(&mut view, request, facts);
    obeyed::tell(&mut view, request, facts);
    close(&mut view, request, facts);
    // Guards have a limit of their own, and a program inside can make many of them necessary.
    let opened = |mount: &&Mount| !matches!(mount, Mount::Guard { .. });
    let mounts = view.mounts.iter().filter(opened).count();
    if limits::MAX_MOUNTS < mounts {
        return Err(Refusal::TooMany(mounts));
    }
    Ok(Plan {
        argv: request.argv.clone(),
        cwd: request.cwd.clone(),
        switches: request.switches,
        nodes: view.nodes,
        mounts: view.mounts,
        limits: ProcessLimits {
            processes: request.limits.processes,
            open_files: request.limits.open_files,
            processors: request.limits.cpus_thousandths.map(|part| part.div_ceil(1000)),
        },
        environment: environment::variables(request, facts),
        notices: view.notices,
    })
}

/// A plan in the making.
#[derive(Default)]
struct View {
    nodes: Vec<Node>,
    mounts: Vec<Mount>,
    notices: Vec<String>,
}

impl View {
    fn directory(&mut self, path: impl Into<PathBuf>, mode: u32) {
        self.nodes.push(Node::Directory {
            path: path.into(),
            mode,
        });
    }

    fn file(&mut self, path: impl Into<PathBuf>, mode: u32, content: impl Into<String>) {
        self.nodes.push(Node::File {
            path: path.into(),
            mode,
            content: content.into(),
        });
    }

    fn bind(&mut self, path: &Path, access: Access) {
        self.bind_at(path, path, access, None);
    }

    fn bind_at(&mut self, source: &Path, target: &Path, access: Access, object: Option<ObjectId>) {
        self.mounts.push(Mount::Bind {
            source: source.into(),
            target: target.into(),
            access,
            object,
        });
    }

    /// Below something covered there is nothing left to cover.
    fn cover(&mut self, path: &Path, object: Option<ObjectId>) {
        if !self.is_covered(path) {
            self.mounts.push(Mount::Cover {
                path: path.into(),
                object,
            });
        }
    }

    fn is_covered(&self, path: &Path) -> bool {
        let covers =
            |mount: &Mount| matches!(mount, Mount::Cover { path: covered, .. } if path.starts_with(covered));
        self.mounts.iter().any(covers)
    }

    /// Keeps the directories between what is open for writing and this path in it from getting other names: a program inside would
    /// move them away with what is guarded, and put another in its place.
    fn pin_way(&mut self, path: &Path) {
        let Some((base, Access::ReadWrite)) = self.shown_by(path) else {
            return;
        };
        let way = path
            .ancestors()
            .skip(1)
            .take_while(|directory| *directory != base);
        let mut way: Vec<PathBuf> = way.map(Path::to_owned).collect();
        way.reverse();
        for path in way {
            let pin = Mount::Guard {
                path,
                access: Access::ReadWrite,
            };
            if !self.mounts.contains(&pin) {
                self.mounts.push(pin);
            }
        }
    }

    /// Whether a host path is visible inside at its own place, and whether it can be written there.
    fn visible(&self, path: &Path) -> Option<Access> {
        self.shown_by(path).map(|(_, access)| access)
    }

    /// The bind that shows a host path at its own place: the last one on the way, which hides those before it.
    fn shown_by(&self, path: &Path) -> Option<(&Path, Access)> {
        let mut shown = self.mounts.iter().rev().filter_map(|mount| match mount {
            Mount::Bind {
                source,
                target,
                access,
                ..
            } if is_at_or_below(path, target) => {
                Some((source == target).then_some((target.as_path(), *access)))
            }
            Mount::Private { target, .. } if is_at_or_below(path, target) => Some(None),
            Mount::Asking { .. }
            | Mount::Bind { .. }
            | Mount::Private { .. }
            | Mount::Guard { .. }
            | Mount::Cover { .. } => None,
        });
        shown.next().flatten()
    }
}

/// As [`Path::starts_with`] says it of canonical paths, without taking them apart: a launch asks this thousands of times.
fn is_at_or_below(path: &Path, place: &Path) -> bool {
    let place = place.as_os_str().as_bytes();
    let rest = path.as_os_str().as_bytes().strip_prefix(place);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || place == b"/")
}

/// The facts without what rules open and must stay closed; a notice says why. A flag for such a path is refused.
fn without_refused<'a>(
    view: &mut View,
    request: &PlanRequest,
    facts: &'a HostFacts,
) -> Result<Cow<'a, HostFacts>, Refusal> {
    let mut kept = Vec::new();
    for opened in &facts.opened {
        match (check(request, facts, opened), opened.by) {
            (Ok(()), _) => kept.push(opened.clone()),
            (Err(refusal), By::Flag) => return Err(refusal),
            (Err(refusal), By::Rule) => {
                let why = display::text(&refusal.to_string(), limits::REFUSAL_SHOWN);
                view.notices.push(format!("a rule's path stays closed: {why}"));
            }
        }
    }
    if kept.len() == facts.opened.len() {
        return Ok(Cow::Borrowed(facts));
    }
    Ok(Cow::Owned(HostFacts {
        opened: kept,
        ..facts.clone()
    }))
}

/// Whether a path that a flag or a rule allows may be opened as it is on this machine.
fn check(request: &PlanRequest, facts: &HostFacts, opened: &Opened) -> Result<(), Refusal> {
    let Some(found) = &opened.found else {
        // A program may make it.
        return if opened.access == Access::ReadWrite && is_asked(facts, &opened.path) {
            Ok(())
        } else {
            Err(Refusal::Missing(opened.path.clone()))
        };
    };
    let path = &found.canonical;
    if [
        Path::new("/"),
        Path::new("/proc"),
        Path::new("/dev"),
        Path::new("/sys"),
        Path::new("/run"),
    ]
    .iter()
    .any(|own| path == own || (*own != Path::new("/") && path.starts_with(own)))
    {
        return Err(Refusal::Reserved(opened.path.clone()));
    }
    if opened.path != *path
        && !opened_by_itself(facts, path, opened.access)
        && is_closed(request, path, opened.access)
    {
        return Err(Refusal::LeadsTo {
            path: opened.path.clone(),
            target: path.clone(),
        });
    }
    // The lists hold there for each file of it.
    if is_asked(facts, path) {
        return Ok(());
    }
    let is_credential = |listed: &Listed| listed.list == List::Credential && path.starts_with(&listed.path);
    if found.directory && request.listed.iter().any(is_credential) {
        return Err(Refusal::HoldsCredentials(opened.path.clone()));
    }
    if opened.access == Access::ReadWrite {
        obeyed::check_opened(facts, path)?;
    }
    if opened.access == Access::ReadWrite && is_guard(facts, path) {
        return Ok(());
    }
    if opened.access == Access::ReadWrite && found.directory {
        let missing = request.listed.iter().find(|listed| {
            listed.list == List::Startup && listed.path.starts_with(path) && !is_held(facts, &listed.path)
        });
        if let Some(listed) = missing {
            return Err(Refusal::OpensListed {
                path: opened.path.clone(),
                listed: listed.path.clone(),
            });
        }
    }
    Ok(())
}

fn is_guard(facts: &HostFacts, path: &Path) -> bool {
    let guards = &facts.project.guards.guards;
    guards.iter().any(|guard| guard.path == *path)
}

/// Whether the asking file system serves a path, and no native mount hides it there.
fn is_asked(facts: &HostFacts, path: &Path) -> bool {
    let outside_git = facts.project.outside_git.as_ref().map(|git| git.path.as_path());
    let is_native = iter::once(facts.project.path.as_path())
        .chain(outside_git)
        .chain(facts.toolchains.iter().map(PathBuf::as_path))
        .any(|native| is_at_or_below(path, native));
    facts.asking.iter().any(|root| is_at_or_below(path, root)) && !is_native && !home::is_private(facts, path)
}

/// Opens a path by its canonical place. A guard is lifted by `project::guard`, which leaves it out.
fn open(view: &mut View, facts: &HostFacts, opened: &Opened) {
    let Some(found) = &opened.found else {
        return;
    };
    let path = &found.canonical;
    if opened.access == Access::ReadWrite && is_guard(facts, path) {
        return;
    }
    if is_asked(facts, path) && is_asked(facts, &opened.path) {
        return;
    }
    if opened.path != *path && view.visible(&opened.path).is_none() {
        view.nodes.push(Node::Link {
            path: opened.path.clone(),
            target: path.clone(),
        });
    }
    let is_open = |visible| visible == Access::ReadWrite || visible == opened.access;
    if !view.visible(path).is_some_and(is_open) {
        view.bind_at(path, path, opened.access, Some(found.object));
    }
}

/// Whether a path is on a list, or denied: where a rule was judged by a link, the link may have been put there since.
fn is_closed(request: &PlanRequest, path: &Path, access: Access) -> bool {
    let listed = request.listed.iter().any(|listed| {
        let applies = match listed.list {
            List::Credential => true,
            List::Startup => access == Access::ReadWrite,
        };
        applies && path.starts_with(&listed.path)
    });
    listed || request.denied.iter().any(|denied| path.starts_with(denied))
}

/// Whether a flag or a rule names this very path.
fn opened_by_itself(facts: &HostFacts, path: &Path, access: Access) -> bool {
    facts.opened.iter().any(|opened| {
        let enough = access == Access::ReadOnly || opened.access == Access::ReadWrite;
        let found = opened.found.as_ref();
        enough && opened.path == path && found.is_some_and(|found| found.canonical == path)
    })
}

/// Whether a start-up file is there to be guarded. A link could be replaced, so it counts as one that is not.
fn is_held(facts: &HostFacts, path: &Path) -> bool {
    facts
        .listed_present
        .iter()
        .any(|present| present.path == *path && !present.is_link())
}

/// Covers what is visible but must not be: listed paths, denied paths and host sockets below native mounts.
fn close(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    let mut held_in_project = Vec::new();
    for listed in &request.listed {
        let Some(present) = facts
            .listed_present
            .iter()
            .find(|present| present.path == listed.path)
        else {
            continue;
        };
        let needed = match listed.list {
            List::Credential => Access::ReadOnly,
            List::Startup => Access::ReadWrite,
        };
        if opened_by_itself(facts, &listed.path, needed) {
            continue;
        }
        match (listed.list, view.visible(&listed.path)) {
            (List::Credential, _) => cover(view, facts, present),
            (List::Startup, Some(Access::ReadWrite)) if !view.is_covered(&listed.path) => {
                if is_at_or_below(&listed.path, &facts.project.path) {
                    held_in_project.push(listed.path.clone());
                }
                view.pin_way(&listed.path);
                view.mounts.push(Mount::Guard {
                    path: listed.path.clone(),
                    access: Access::ReadOnly,
                });
            }
            (List::Startup, _) => {}
        }
    }
    project::tell_startup(view, request, &held_in_project);
    for present in &facts.denied_present {
        cover(view, facts, present);
    }
    for socket in &facts.sockets {
        if !neighbours::is_offered(request, socket) && view.visible(socket).is_some() {
            view.cover(socket, None);
        }
    }
}

/// Covers a path, or what a link there leads to, where it is visible. A link may be the work of a program inside: one that
/// leads to what the session itself stands on denies nothing.
fn cover(view: &mut View, facts: &HostFacts, present: &Present) {
    let place = &present.place;
    let stands_on = [&facts.project.path, &facts.user.home]
        .iter()
        .any(|base| base.starts_with(&place.path));
    let is_system = ["/usr", "/etc"]
        .iter()
        .any(|system| place.path.starts_with(system));
    if present.is_link() && (stands_on || is_system) {
        return;
    }
    if view.visible(&place.path).is_some() {
        view.pin_way(&place.path);
        view.cover(&place.path, Some(place.object));
    }
}

#[cfg(test)]
mod tests;
