//! The plan itself: data, in the form in which the daemon hands it to the launch child. Says what is done, not why.

use std::path::PathBuf;

use askbox_policy::Switches;
use askbox_wire::OsText;
use serde::{Deserialize, Serialize};

use crate::environment::Variable;
use crate::path_text;

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
pub struct ObjectId {
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
        object: Option<ObjectId>,
    },
    /// A directory of the host as the asking file system serves it. Before everything that is mounted on it.
    Asking {
        /// Canonical path on the host, and inside.
        #[serde(with = "path_text")]
        path: PathBuf,
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
        /// Checked against what is covered when given: what was to be hidden may have been moved away.
        object: Option<ObjectId>,
    },
}

/// Limits that the launch child gives to everything that descends from it; `None` is as the caller has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessLimits {
    /// Processes and threads of the session, without those of Askbox.
    pub processes: Option<u64>,
    /// Open files of each process.
    pub open_files: Option<u64>,
    /// Processors to run on.
    pub processors: Option<u64>,
}

/// What a session sees and runs: everything that the launch child has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The command.
    pub argv: Vec<OsText>,
    /// Its working directory, inside.
    #[serde(with = "path_text")]
    pub cwd: PathBuf,
    /// The walls that are down.
    pub switches: Switches,
    /// What the root tmpfs holds.
    pub nodes: Vec<Node>,
    /// What is mounted on it.
    pub mounts: Vec<Mount>,
    /// What its processes may use.
    pub limits: ProcessLimits,
    /// The environment, by name or with value.
    pub environment: Vec<Variable>,
    /// One line each for standard error before the command starts. Not for the launch child, which never gets them.
    #[serde(skip)]
    pub notices: Vec<String>,
}
