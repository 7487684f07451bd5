//! /dev of a session: the host's harmless devices and a set of terminals of its own; the plan adds shared memory. Built here and
//! not by bwrap, which reads the whole table of mounts for each device; and whose shared memory has no bound.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::unistd::symlinkat;

use super::{Error, Stage, Step, open_source};
use crate::sys;

/// Nothing of the machine can be changed or learnt through these.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// As devtmpfs and udev have them.
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Adds everything below /dev, which is a directory of the stage.
pub(super) fn add(stage: &Stage) -> Result<(), Error> {
    for name in DEVICES {
        let device = Path::new("/dev").join(name);
        bind(stage, &device, &device).step("bind device", &device)?;
    }
    if let Some(terminal) = terminal() {
        let console = Path::new("/dev/console");
        bind(stage, &terminal, console).step("bind the terminal on", console)?;
    }
    for (name, target) in LINKS {
        let path = Path::new("/dev").join(name);
        let (parent, name) = stage.parent(&path).step("make the parent of", &path)?;
        symlinkat(target, &*parent, name).step("link", &path)?;
    }
    let terminals = Path::new("/dev/pts");
    mount_terminals(stage, terminals).step("mount terminals on", terminals)?;
    stage.parents.borrow_mut().clear();
    Ok(())
}

fn bind(stage: &Stage, source: &Path, target: &Path) -> io::Result<()> {
    let tree = sys::clone_tree(open_source(source)?)?;
    sys::restrict_device(&tree)?;
    stage.file(target, 0o400, "")?;
    sys::attach(tree, stage.open(target)?)
}

/// The session's terminal, a PTY of the host, by which programs find its name (ttyname(3)).
fn terminal() -> Option<PathBuf> {
    let paths = (0..=2).filter_map(|number| fs::read_link(format!("/proc/self/fd/{number}")).ok());
    paths.into_iter().find(|path| path.starts_with("/dev/pts"))
}

/// An instance of its own (Documentation/filesystems/devpts.rst), with bwrap's options.
fn mount_terminals(stage: &Stage, target: &Path) -> io::Result<()> {
    stage.directory(target, 0o755)?;
    let held = stage.open(target)?;
    // A magic link to a descriptor of ours, as in `Stage::temporary`.
    let place = format!("/proc/self/fd/{}", held.as_raw_fd());
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    let options = "newinstance,ptmxmode=0666,mode=620";
    mount(
        Some("devpts"),
        place.as_str(),
        Some("devpts"),
        flags,
        Some(options),
    )?;
    Ok(())
}
