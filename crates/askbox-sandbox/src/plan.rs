//! What a session sees, as data: the nodes of its root, the mounts on them, its environment. Computed from a request,
//! the policy's lists and host facts; nothing in here looks at the machine.
//!
//! The root is a small tmpfs that the launch child builds in its own mount namespace, every mount by descriptor; bwrap
//! then makes one recursive bind of it. So bwrap never creates a mount point, least of all below a directory that a
//! program inside can write (CVE-2026-87766).

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::environment::{self, Variable};
use crate::host_facts::{HostFacts, Opened};
use crate::path_text;
use askbox_wire::OsText;

mod home;
mod project;
mod system;

pub(crate) use system::ETC;

/// Bytes that /tmp may hold, and /var/tmp as many: 2 GiB, enough to link a large program, little enough to leave the host its memory.
pub const TMP_BYTES: u64 = 2 << 30;

/// The host name inside.
pub const HOSTNAME: &str = "askbox";

/// Where askbox-init is seen inside.
pub const INIT: &str = "/run/askbox/init";

/// An empty file and an empty directory of mode 000: what closed things are covered with.
pub const CLOSED_FILE: &str = "/run/askbox/closed";
/// See [`CLOSED_FILE`].
pub const CLOSED_DIRECTORY: &str = "/run/askbox/closed.d";

/// Whether a tree may be changed from inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// No writes through this mount or any below it.
    ReadOnly,
    /// Writes as the file permissions allow.
    ReadWrite,
}

/// Which object a path was when the plan was made; a path that is another one at launch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
}

/// Something in the root tmpfs itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// A directory; its parents are made with mode 0755 when missing.
    Directory {
        /// Absolute path inside.
        #[serde(with = "path_text")]
        path: PathBuf,
        /// Permission bits.
        mode: u32,
    },
    /// A file with text of ours.
    File {
        /// Absolute path inside.
        #[serde(with = "path_text")]
        path: PathBuf,
        /// Permission bits.
        mode: u32,
        /// All of it.
        content: String,
    },
    /// A tmpfs of its own, of bounded size, mode 1777. Before everything that lies in it.
    Temporary {
        /// Absolute path inside.
        #[serde(with = "path_text")]
        path: PathBuf,
        /// Its bound.
        bytes: u64,
    },
    /// A symbolic link.
    Link {
        /// Absolute path inside.
        #[serde(with = "path_text")]
        path: PathBuf,
        /// Where it points.
        #[serde(with = "path_text")]
        target: PathBuf,
    },
}

/// One mount on the root, in the order of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mount {
    /// A host file or tree, recursively. A missing mount point is made in the root tmpfs, never in a mounted tree.
    Bind {
        /// Canonical path on the host.
        #[serde(with = "path_text")]
        source: PathBuf,
        /// Absolute path inside.
        #[serde(with = "path_text")]
        target: PathBuf,
        /// Whether it can be changed.
        access: Access,
        /// Checked against the opened source when given.
        identity: Option<Identity>,
    },
    /// A directory of Askbox's own on the host, made when missing: a private home.
    Private {
        /// Path on the host.
        #[serde(with = "path_text")]
        source: PathBuf,
        /// Absolute path inside.
        #[serde(with = "path_text")]
        target: PathBuf,
    },
    /// Something already visible, bound onto itself: it cannot be renamed away any more, nor changed when read-only.
    Guard {
        /// Absolute path inside.
        #[serde(with = "path_text")]
        path: PathBuf,
        /// Whether it can be changed.
        access: Access,
    },
    /// Something already visible, covered with an empty node of mode 000.
    Cover {
        /// Absolute path inside.
        #[serde(with = "path_text")]
        path: PathBuf,
    },
}

/// Everything that the launch child needs, complete before it is forked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The command.
    pub argv: Vec<OsText>,
    /// Its working directory, inside.
    #[serde(with = "path_text")]
    pub cwd: PathBuf,
    /// An empty directory on the host, to mount the root on in the child's own mount namespace.
    #[serde(with = "path_text")]
    pub stage: PathBuf,
    /// What the root tmpfs holds.
    pub nodes: Vec<Node>,
    /// What is mounted on it.
    pub mounts: Vec<Mount>,
    /// The environment, by name or with value.
    pub environment: Vec<Variable>,
    /// One line each for standard error before the command starts.
    pub notices: Vec<String>,
}

/// What a run asks for.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// The session's name.
    pub session: String,
    /// The command.
    pub argv: Vec<OsText>,
    /// Where it was started; must be the project or below it.
    pub cwd: PathBuf,
    /// The names of the caller's environment.
    pub environment: Vec<OsText>,
    /// `--env NAME`: names to let through.
    pub keep: Vec<OsText>,
    /// `--env NAME=VALUE`.
    pub set: Vec<(OsText, OsText)>,
    /// Paths on the credential and start-up lists, with what they are.
    pub listed: Vec<Listed>,
    /// `--deny-path`, and deny rules for plain paths.
    pub denied: Vec<PathBuf>,
    /// How identity is given.
    pub identity: IdentityMode,
    /// This project's private homes on the host.
    pub homes: PathBuf,
    /// See [`Plan::stage`].
    pub stage: PathBuf,
}

/// How the user is known inside, where there is no /etc/passwd of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityMode {
    /// By a userdb drop-in through `libnss_systemd`; [`IdentityMode::Synthetic`] where that is missing.
    Userdb,
    /// By an /etc/passwd of one line.
    Synthetic,
}

/// A path of one of the two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Absolute path.
    pub path: PathBuf,
    /// Whether the list means a directory.
    pub directory: bool,
    /// Which list.
    pub list: List,
}

/// The two built-in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Never read.
    Credential,
    /// Never written.
    Startup,
}

/// Why there is no plan.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Write access to a directory that would let a start-up file be made.
    #[error(
        "cannot open {path} for writing: {listed} below it does not exist, so it could be created from inside and would run outside"
    )]
    OpensListed {
        /// What was to be opened.
        path: PathBuf,
        /// The entry in the way.
        listed: PathBuf,
    },
    /// A path to open that is not there.
    #[error("cannot open {0}: there is no such file or directory")]
    Missing(PathBuf),
    /// A path that leads, by symbolic links, to something that only a rule for its exact path opens.
    #[error(
        "cannot open {path}: it leads to {target}, which is on a list or denied; only its own path opens it"
    )]
    LeadsTo {
        /// What was to be opened.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A directory of the credential list, or one in it.
    #[error("cannot open {0} as a whole: it holds credentials; name the file that is needed")]
    HoldsCredentials(PathBuf),
    /// A path that inside is something of Askbox's own.
    #[error("cannot open {0}: a session has its own")]
    Reserved(PathBuf),
    /// The working directory is not in the project.
    #[error("the working directory {cwd} is not inside the project {project}")]
    OutsideProject {
        /// Where the command was started.
        cwd: PathBuf,
        /// The project.
        project: PathBuf,
    },
    /// More mounts than a session may have; start time grows with the square of them.
    #[error("too many separate paths to open ({0}, at most 200); open a directory that holds them")]
    TooMany(usize),
}

/// Most mounts of a plan.
const MAX_MOUNTS: usize = 200;

/// Makes the plan. Pure: the same request and facts give the same plan.
pub fn plan(request: &PlanRequest, facts: &HostFacts) -> Result<Plan, Refusal> {
    if !request.cwd.starts_with(&facts.project.path) {
        return Err(Refusal::OutsideProject {
            cwd: request.cwd.clone(),
            project: facts.project.path.clone(),
        });
    }
    let mut view = View::default();
    system::add(&mut view, request, facts);
    home::add(&mut view, request, facts);
    project::add(&mut view, facts);
    for opened in &facts.opened {
        open(&mut view, request, facts, opened)?;
    }
    project::guard(&mut view, request, facts);
    close(&mut view, request, facts);
    if MAX_MOUNTS < view.mounts.len() {
        return Err(Refusal::TooMany(view.mounts.len()));
    }
    Ok(Plan {
        argv: request.argv.clone(),
        cwd: request.cwd.clone(),
        stage: request.stage.clone(),
        nodes: view.nodes,
        mounts: view.mounts,
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

    fn bind_at(&mut self, source: &Path, target: &Path, access: Access, identity: Option<Identity>) {
        self.mounts.push(Mount::Bind {
            source: source.into(),
            target: target.into(),
            access,
            identity,
        });
    }

    /// Below something covered there is nothing left to cover.
    fn cover(&mut self, path: &Path) {
        if !self.is_covered(path) {
            self.mounts.push(Mount::Cover { path: path.into() });
        }
    }

    fn is_covered(&self, path: &Path) -> bool {
        let covers =
            |mount: &Mount| matches!(mount, Mount::Cover { path: covered } if path.starts_with(covered));
        self.mounts.iter().any(covers)
    }

    /// Whether a host path is visible inside at its own place, and whether it can be written there: what the deepest
    /// bind on the way says.
    fn visible(&self, path: &Path) -> Option<Access> {
        let binds = self.mounts.iter().filter_map(|mount| match mount {
            Mount::Bind {
                source,
                target,
                access,
                ..
            } if source == target && path.starts_with(target) => {
                Some((target.as_os_str().len(), Some(*access)))
            }
            Mount::Private { target, .. } if path.starts_with(target) => {
                Some((target.as_os_str().len(), None))
            }
            Mount::Bind { .. } | Mount::Private { .. } | Mount::Guard { .. } | Mount::Cover { .. } => None,
        });
        binds
            .max_by_key(|(depth, _)| *depth)
            .and_then(|(_, access)| access)
    }
}

/// Opens a path that a flag or a rule allows, by its canonical place.
fn open(view: &mut View, request: &PlanRequest, facts: &HostFacts, opened: &Opened) -> Result<(), Refusal> {
    let Some(found) = &opened.found else {
        return Err(Refusal::Missing(opened.path.clone()));
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
    let is_credential = |listed: &Listed| listed.list == List::Credential && path.starts_with(&listed.path);
    if found.directory && request.listed.iter().any(is_credential) {
        return Err(Refusal::HoldsCredentials(opened.path.clone()));
    }
    let is_guard = facts.project.guards.iter().any(|guard| guard.path == *path);
    if is_guard && opened.access == Access::ReadWrite {
        return Ok(()); // project::guard leaves it out.
    }
    if opened.access == Access::ReadWrite && found.directory {
        let missing = request.listed.iter().find(|listed| {
            listed.list == List::Startup
                && listed.path.starts_with(path)
                && !facts.listed_present.contains(&listed.path)
        });
        if let Some(listed) = missing {
            return Err(Refusal::OpensListed {
                path: opened.path.clone(),
                listed: listed.path.clone(),
            });
        }
    }
    if view
        .visible(path)
        .is_some_and(|access| access == Access::ReadWrite || access == opened.access)
    {
        return Ok(());
    }
    if opened.path != *path {
        view.nodes.push(Node::Link {
            path: opened.path.clone(),
            target: path.clone(),
        });
    }
    view.bind_at(path, path, opened.access, Some(found.identity));
    Ok(())
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

/// Covers what is visible but must not be: listed paths, denied paths and host sockets below native mounts.
fn close(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    for listed in &request.listed {
        let below_visible = view.visible(&listed.path);
        let needed = match listed.list {
            List::Credential => Access::ReadOnly,
            List::Startup => Access::ReadWrite,
        };
        if !facts.listed_present.contains(&listed.path) || opened_by_itself(facts, &listed.path, needed) {
            continue;
        }
        match (listed.list, below_visible) {
            (List::Credential, Some(_)) => view.cover(&listed.path),
            (List::Startup, Some(Access::ReadWrite)) if !view.is_covered(&listed.path) => {
                view.mounts.push(Mount::Guard {
                    path: listed.path.clone(),
                    access: Access::ReadOnly,
                });
            }
            (List::Startup, _) | (List::Credential, None) => {}
        }
    }
    let denied = request
        .denied
        .iter()
        .filter(|path| facts.denied_present.contains(path));
    for path in denied.chain(&facts.sockets) {
        if view.visible(path).is_some() {
            view.cover(path);
        }
    }
}

#[cfg(test)]
mod tests;
