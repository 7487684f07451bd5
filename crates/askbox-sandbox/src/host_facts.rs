//! What this machine has: the only part of planning that looks. Reads names, types and a few small files; changes nothing.

use std::fs;
use std::io;
use std::iter;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use askbox_policy::Aliases;
use nix::unistd::{SysconfVar, sysconf};

use crate::git::{self, GitDirectory};
use crate::guards::{self, Guards, Obeyed, Outside};
use crate::limits;
use crate::plan::{Access, Listed, ObjectId};
use crate::sight::{Hidden, Sight};
use crate::{probe, sockets};

mod known;
mod places;

pub use known::is_the_hosts;
pub use places::Places;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// The user that runs the session.
    pub user: User,
    /// bin, sbin and the libraries at the root: links into /usr on a merged system.
    pub root_entries: Vec<RootEntry>,
    /// Which of the short list from /etc exist.
    pub etc: Vec<PathBuf>,
    /// Whether `libnss_systemd` can be loaded.
    pub has_nss_systemd: bool,
    /// Directories that the asking file system can serve, none below another; empty where FUSE cannot be used.
    pub asking: Vec<PathBuf>,
    /// Toolchains below the home directory.
    pub toolchains: Vec<PathBuf>,
    /// The project.
    pub project: ProjectFacts,
    /// What flags and rules open.
    pub opened: Vec<Opened>,
    /// Which listed paths exist.
    pub listed_present: Vec<Present>,
    /// Which denied paths exist.
    pub denied_present: Vec<Present>,
    /// Sockets on the host, by canonical path.
    pub sockets: Vec<PathBuf>,
    /// What Askbox itself obeys, by all names.
    pub obeyed: Vec<Obeyed>,
    /// Askbox's own programs, by all names.
    pub programs: Vec<Obeyed>,
    /// What of the project could not be looked at: it may be anything that is to be guarded or closed.
    pub hidden: Option<Hidden>,
    /// The askbox-init program.
    pub init: PathBuf,
}

/// The user's entry in the user database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Its name.
    pub group: String,
    /// Home directory, canonical.
    pub home: PathBuf,
    /// Login shell.
    pub shell: PathBuf,
}

/// An entry of the root directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootEntry {
    /// Absolute path.
    pub path: PathBuf,
    /// Where it points, when it is a link.
    pub link: Option<PathBuf>,
}

/// The project directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFacts {
    /// Canonical path.
    pub path: PathBuf,
    /// What is mounted must be this.
    pub object: ObjectId,
    /// A git directory elsewhere that belongs to it.
    pub outside_git: Option<Place>,
    /// What of it is guarded.
    pub guards: Guards,
}

/// A path and the object that it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Canonical path.
    pub path: PathBuf,
    /// What it was.
    pub object: ObjectId,
}

/// A listed or denied path that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// As listed.
    pub path: PathBuf,
    /// What is there, or where a link leads to, there or on the way.
    pub place: Place,
}

impl Present {
    /// Whether it is a link or lies behind one, which no mount can hold or cover.
    pub fn is_link(&self) -> bool {
        self.path != self.place.path
    }
}

/// A path that a flag or a rule opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// As written, absolute.
    pub path: PathBuf,
    /// How far.
    pub access: Access,
    /// On whose word.
    pub by: By,
}

/// On whose word a path is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A flag of this run, which is refused as a whole when the path cannot be opened.
    Flag,
    /// A rule, which a program inside may have made to lead elsewhere: the path stays closed then.
    Rule,
}

/// The same with what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// As written, absolute.
    pub path: PathBuf,
    /// How far.
    pub access: Access,
    /// On whose word.
    pub by: By,
    /// What is there; `None` when nothing is.
    pub found: Option<Found>,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// With every link resolved.
    pub canonical: PathBuf,
    /// What it was.
    pub object: ObjectId,
    /// Whether it is a directory.
    pub directory: bool,
}

/// What to look for.
#[derive(Clone, Debug)]
pub struct Sought<'a> {
    /// The user.
    pub user: User,
    /// The project, canonical.
    pub project: &'a Path,
    /// What flags and rules open.
    pub opened: &'a [Opening],
    /// The two lists.
    pub listed: &'a [Listed],
    /// Directories of the user's PATH in the project.
    pub search: &'a [&'a Path],
    /// Files that Askbox itself obeys, absolute.
    pub obeyed: &'a [PathBuf],
    /// Askbox's own programs, absolute.
    pub programs: &'a [PathBuf],
    /// What bind mounts and links give a second name.
    pub aliases: &'a Aliases,
    /// `--deny-path`.
    pub denied: &'a [PathBuf],
    /// The askbox-init program.
    pub init: PathBuf,
}

/// Where installers put links to what they keep elsewhere in the home directory. The files that these lead to are toolchains too.
const LINKED: &str = ".local/bin";

/// Directories below $HOME that hold programs and their libraries, not the user's data. Read-only inside.
const TOOLCHAINS: &[&str] = &[
    ".asdf",
    ".bun/bin",
    ".cargo/bin",
    ".deno/bin",
    ".dotnet",
    ".fnm",
    ".ghcup",
    ".goenv",
    ".jenv",
    ".juliaup",
    ".local/bin",
    ".local/lib",
    ".local/share/fnm",
    ".local/share/mise",
    ".local/share/pipx/venvs",
    ".local/share/uv/python",
    ".local/share/uv/tools",
    ".nodenv",
    ".nvm",
    ".pyenv",
    ".rbenv",
    ".rustup",
    ".sdkman",
    ".volta",
    "bin",
    "go/bin",
    "miniconda3",
];

/// Where `libnss_systemd` lies, by distribution and architecture.
const NSS_SYSTEMD: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/libnss_systemd.so.2",
    "/usr/lib/aarch64-linux-gnu/libnss_systemd.so.2",
    "/usr/lib64/libnss_systemd.so.2",
    "/usr/lib/libnss_systemd.so.2",
];

impl HostFacts {
    /// Looks, with what was looked at before for this launch. Fails only when the project itself or /proc cannot be read.
    pub fn gather(sought: &Sought<'_>, places: &Places) -> io::Result<Self> {
        let (home, sight) = (&sought.user.home, Sight::default());
        let obeyed = ways(sought.obeyed, sought.aliases);
        let programs = ways(sought.programs, sought.aliases);
        let project = project(sought, home, &obeyed, &programs, &sight)?;
        for path in sought
            .denied
            .iter()
            .filter(|path| path.starts_with(sought.project))
        {
            // A link there is followed further on, and what it leads to is denied by itself.
            let _kind = sight.metadata(path);
        }
        let sockets = sockets::on_host(sought.project, &sight)?;
        Ok(Self {
            root_entries: ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
                .iter()
                .filter_map(root_entry)
                .collect(),
            etc: crate::plan::ETC
                .iter()
                .map(PathBuf::from)
                .filter(|path| path.exists())
                .collect(),
            has_nss_systemd: NSS_SYSTEMD.iter().any(|path| Path::new(path).exists()),
            asking: asking(home, places),
            toolchains: toolchains(home, places),
            project,
            obeyed,
            programs,
            hidden: sight.hidden(),
            opened: sought
                .opened
                .iter()
                .map(|opening| opened(opening, places))
                .collect(),
            listed_present: sought
                .listed
                .iter()
                .filter_map(|listed| present(&listed.path, places))
                .collect(),
            denied_present: sought
                .denied
                .iter()
                .filter_map(|path| present(path, places))
                .collect(),
            sockets,
            init: sought.init.clone(),
            user: sought.user.clone(),
        })
    }
}

/// Where users' files lie that no session sees natively, besides the home directory.
const ASKING: &[&str] = &["/opt", "/srv", "/mnt", "/media"];

fn asking(home: &Path, places: &Places) -> Vec<PathBuf> {
    if !probe::has_fuse() {
        return Vec::new();
    }
    let is_real = |path: &PathBuf| places.real(path).is_some_and(|found| found.canonical == *path);
    let mut found: Vec<PathBuf> = ASKING.iter().map(PathBuf::from).filter(is_real).collect();
    found.retain(|root| !root.starts_with(home));
    if !found.iter().any(|root| home.starts_with(root)) {
        found.push(home.to_owned());
    }
    found
}

fn root_entry(path: &&str) -> Option<RootEntry> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let link = metadata
        .is_symlink()
        .then(|| fs::read_link(path))
        .transpose()
        .ok()?;
    (link.is_some() || metadata.is_dir()).then(|| RootEntry {
        path: path.into(),
        link,
    })
}

fn toolchains(home: &Path, places: &Places) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = TOOLCHAINS
        .iter()
        .map(|name| home.join(name))
        // A linked toolchain would open whatever the link says; only real directories count.
        .filter(|path| places.is_real_directory(path))
        .collect();
    let links = fs::read_dir(home.join(LINKED)).into_iter().flatten().flatten();
    let targets: Vec<PathBuf> = links
        .filter_map(|entry| entry.path().canonicalize().ok())
        .filter(|target| {
            target.starts_with(home)
                && target.is_file()
                && !found.iter().any(|known| target.starts_with(known))
        })
        .take(limits::LINK_TARGETS)
        .collect();
    found.extend(targets);
    found
}

fn ways(paths: &[PathBuf], aliases: &Aliases) -> Vec<Obeyed> {
    let found = paths.iter().map(|path| Obeyed::find(path));
    found
        .flat_map(|way| {
            let others = way.by_other_names(aliases);
            iter::once(way).chain(others)
        })
        .collect()
}

fn project(
    sought: &Sought<'_>,
    home: &Path,
    obeyed: &[Obeyed],
    programs: &[Obeyed],
    sight: &Sight,
) -> io::Result<ProjectFacts> {
    let path = sought.project;
    let git = git::find(path, sight);
    let outside_git = match &git {
        GitDirectory::Outside { root, .. } => Some(Place {
            path: root.clone(),
            object: object(root)?,
        }),
        GitDirectory::Absent | GitDirectory::Inside(_) | GitDirectory::Foreign(_) => None,
    };
    let outside = Outside {
        search: sought.search,
        obeyed,
        programs,
    };
    Ok(ProjectFacts {
        path: path.to_owned(),
        object: object(path)?,
        outside_git,
        guards: guards::look(path, &git, home, outside, sight),
    })
}

fn object(path: &Path) -> io::Result<ObjectId> {
    Ok(object_of(&fs::symlink_metadata(path)?))
}

fn object_of(metadata: &fs::Metadata) -> ObjectId {
    ObjectId {
        device: metadata.dev(),
        inode: metadata.ino(),
    }
}

/// A link that leads nowhere is as good as nothing: there is nothing to hide.
fn present(path: &Path, places: &Places) -> Option<Present> {
    let Found {
        canonical, object, ..
    } = places.real(path)?;
    Some(Present {
        path: path.to_owned(),
        place: Place {
            path: canonical,
            object,
        },
    })
}

fn opened(opening: &Opening, places: &Places) -> Opened {
    Opened {
        path: opening.path.clone(),
        access: opening.access,
        by: opening.by,
        found: places.real(&opening.path),
    }
}

/// The memory of the machine, where the kernel says (proc(5), `MemTotal`, in KiB).
pub fn memory_bytes() -> Option<u64> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Bytes of a page of memory.
pub fn page_bytes() -> u64 {
    let found = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    found.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(4096)
}

/// The entry of the calling user, with a canonical home directory.
pub fn current_user() -> io::Result<User> {
    let uid = nix::unistd::getuid();
    let gid = nix::unistd::getgid();
    let entry = nix::unistd::User::from_uid(uid)?;
    let group = nix::unistd::Group::from_gid(gid)?;
    let home =
        std::env::home_dir().ok_or_else(|| io::Error::other("no home directory is known; set HOME"))?;
    Ok(User {
        name: entry
            .as_ref()
            .map_or_else(|| format!("u{uid}"), |entry| entry.name.clone()),
        uid: uid.as_raw(),
        gid: gid.as_raw(),
        group: group.map_or_else(|| format!("g{gid}"), |group| group.name),
        home: home.canonicalize()?,
        shell: entry.map_or_else(|| "/bin/sh".into(), |entry| entry.shell),
    })
}
