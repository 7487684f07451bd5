//! What is asked of the planning, and why it may say no.

use std::path::PathBuf;

use askbox_policy::builtin_lists::List;
use askbox_policy::policy::Identity;
use askbox_policy::{ResourceLimits, Switches};
use askbox_wire::OsText;

use crate::limits::MAX_MOUNTS;
use crate::sight::Hidden;

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
    /// User and password of the session's proxy, should it have one.
    pub proxy_login: String,
    /// Paths on the credential and start-up lists, with what they are.
    pub listed: Vec<Listed>,
    /// `--deny-path`, and deny rules for plain paths.
    pub denied: Vec<PathBuf>,
    /// How a session learns who its user is; [`Identity::Synthetic`] where `libnss_systemd` is missing.
    pub identity: Identity,
    /// The walls that are down.
    pub switches: Switches,
    /// What it may use of the machine.
    pub limits: ResourceLimits,
    /// This project's private homes on the host.
    pub homes: PathBuf,
    /// Sockets of ours that stand for some of the host's.
    pub sockets: Vec<OfferedSocket>,
}

/// A socket of ours that stands for one of the host's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedSocket {
    /// Where it lies on the host.
    pub source: PathBuf,
    /// Where programs inside find it: the canonical path of the host's.
    pub target: PathBuf,
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
    /// A file that Askbox obeys, or a name on the way to it, where a program inside could replace it.
    #[error(
        "Askbox itself obeys {}, and programs inside could write its rules, since {} decides what that is",
        file.display(),
        name.display()
    )]
    Obeyed {
        /// What could be replaced.
        name: PathBuf,
        /// The file.
        file: PathBuf,
    },
    /// A link on the way to a program of Askbox, where a program inside could replace it.
    #[error(
        "{} leads to Askbox itself ({}), and programs inside could have it lead to another program",
        name.display(),
        program.display()
    )]
    LeadsToOwn {
        /// The link.
        name: PathBuf,
        /// The path by which the program is started.
        program: PathBuf,
    },
    /// Something in the project that may have to be guarded or closed, and that nobody may look at.
    #[error("cannot look at {}: {}{}", .0.path.display(), .0.why, in_the_way(.0))]
    Hidden(Hidden),
    /// The working directory is not in the project.
    #[error("the working directory {cwd} is not inside the project {project}")]
    OutsideProject {
        /// Where the command was started.
        cwd: PathBuf,
        /// The project.
        project: PathBuf,
    },
    /// More mounts than a session may have.
    #[error("too many separate paths to open ({0}, at most {MAX_MOUNTS}); open a directory that holds them")]
    TooMany(usize),
}

fn in_the_way(hidden: &Hidden) -> String {
    match &hidden.by {
        Some(by) if *by != hidden.path => format!(", since {} is closed", by.display()),
        Some(_) | None => String::new(),
    }
}
