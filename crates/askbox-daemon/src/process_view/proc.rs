//! The files of /proc about one process. Each answer may be out of date when it arrives, and each may be missing:
//! processes end while one looks. Blocks; the command line as long as the program likes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The most of a command line that is read: no more of one is ever shown, and each question keeps up to fifty.
pub(super) const COMMAND_BYTES: u64 = 16 * 1024;

/// More than /proc/PID/stat ever has.
const STAT_BYTES: usize = 4096;

/// The most of a list of children that is read.
const CHILDREN_BYTES: u64 = 64 * 1024;

/// What /proc/PID/stat says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// The name that the process gave itself, at most 15 bytes.
    pub(super) name: String,
    /// Its parent; 0 when that is outside the namespace of whoever reads.
    pub(super) parent: u32,
    /// Whether nothing is left of it but its entry, which its parent will collect.
    pub(super) has_ended: bool,
    /// When it started, in clock ticks since boot: with the number it names a process for good.
    pub(super) started: u64,
    /// Time that it and the children that it collected had a processor, in clock ticks.
    pub(super) ticks: u64,
    /// Its threads.
    pub(super) threads: u64,
    /// Pages that it has in memory, shared ones too.
    pub(super) pages: u64,
}

pub(super) fn stat(pid: u32) -> Option<Stat> {
    let mut bytes = [0; STAT_BYTES];
    // The kernel writes all of it at once.
    let length = File::open(format!("/proc/{pid}/stat"))
        .ok()?
        .read(&mut bytes)
        .ok()?;
    parse_stat(bytes.get(..length)?)
}

/// Reads `PID (NAME) STATE ..`. The name is the program's choice and may hold parentheses and spaces, so it ends at the
/// last one.
fn parse_stat(stat: &[u8]) -> Option<Stat> {
    let open = stat.iter().position(|byte| *byte == b'(')?;
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let name = stat.get(open + 1..close)?;
    // What follows the name begins with field 3 (proc(5)).
    let rest = str::from_utf8(stat.get(close + 1..)?).ok()?;
    let has_ended = rest.trim_ascii_start().starts_with(['Z', 'X']);
    let fields: Vec<&str> = rest.split_ascii_whitespace().take(25 - 3).collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let ticks = (14..=17).filter_map(field).fold(0, u64::saturating_add);
    Some(Stat {
        name: String::from_utf8_lossy(name).into_owned(),
        parent: u32::try_from(field(4)?).ok()?,
        has_ended,
        started: field(22)?,
        ticks,
        threads: field(20)?,
        pages: field(24)?,
    })
}

/// Bytes that a process has in memory, of pages that several share a part (proc(5), Pss in `/proc/PID/smaps_rollup`).
pub(super) fn proportional_memory(pid: u32) -> Option<u64> {
    let table = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The process that a thread belongs to (proc(5), Tgid in /proc/TID/status).
pub(super) fn process_of(thread: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    line.trim().parse().ok()
}

/// The executable, as the program's own mounts name it.
pub(super) fn exe(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// The last component of the executable.
pub(super) fn exe_name(pid: u32) -> Option<String> {
    Some(exe(pid)?.file_name()?.to_string_lossy().into_owned())
}

/// The command line, word by word; bytes that are not UTF-8 are replaced, since it is only ever shown.
pub(super) fn command(pid: u32) -> Vec<String> {
    read(&format!("/proc/{pid}/cmdline"), COMMAND_BYTES).map_or_else(Vec::new, |line| words(&line))
}

fn words(line: &[u8]) -> Vec<String> {
    // A program that gave itself a shorter title (npm does) leaves zeros where its old command line ended.
    let Some(end) = line.iter().rposition(|byte| *byte != 0) else {
        return Vec::new();
    };
    let line = line.get(..=end).unwrap_or(line);
    line.split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

/// The PID namespace that the process lives in.
pub(super) fn namespace(pid: u32) -> Option<u64> {
    Some(fs::metadata(format!("/proc/{pid}/ns/pid")).ok()?.ino())
}

/// The PID namespace of this process.
pub(super) fn own_namespace() -> Option<u64> {
    Some(fs::metadata("/proc/self/ns/pid").ok()?.ino())
}

/// A process and all below it, parents first.
pub(super) fn family(root: u32, limit: usize, stop: Instant) -> Vec<u32> {
    let mut family = vec![root];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        if limit <= family.len() || stop <= Instant::now() {
            break;
        }
        if is_single_threaded(parent) {
            // Saves listing them.
            add_children(parent, parent, &mut family);
        } else {
            for thread in numbers(&format!("/proc/{parent}/task")) {
                add_children(parent, thread, &mut family);
            }
        }
        next += 1;
    }
    family
}

/// The links of the directory are `.`, `..` and one for each thread.
pub(super) fn is_single_threaded(pid: u32) -> bool {
    fs::metadata(format!("/proc/{pid}/task")).is_ok_and(|directory| directory.nlink() == 3)
}

fn add_children(pid: u32, thread: u32, children: &mut Vec<u32>) {
    let Some(list) = read(&format!("/proc/{pid}/task/{thread}/children"), CHILDREN_BYTES) else {
        return;
    };
    let list = str::from_utf8(&list).unwrap_or_default();
    children.extend(
        list.split_ascii_whitespace()
            .filter_map(|child| child.parse::<u32>().ok()),
    );
}

/// Every process of the machine that lives in one of these PID namespaces, lowest number first.
pub(super) fn inhabitants(namespaces: &[u64], limit: usize, stop: Instant) -> Vec<u32> {
    if namespaces.is_empty() {
        return Vec::new();
    }
    let mut inhabitants: Vec<_> = numbers("/proc")
        .take_while(|_| Instant::now() < stop)
        .filter(|pid| namespace(*pid).is_some_and(|namespace| namespaces.contains(&namespace)))
        .take(limit)
        .collect();
    inhabitants.sort_unstable();
    inhabitants
}

/// Whether a descriptor of the process is one of these sockets.
pub(super) fn holds(pid: u32, sockets: &[u64]) -> bool {
    any_is_socket(&format!("/proc/{pid}/fd"), sockets)
}

/// As [`holds`], for each thread: a thread can have descriptors of its own.
pub(super) fn thread_holds(pid: u32, sockets: &[u64], stop: Instant) -> bool {
    numbers(&format!("/proc/{pid}/task"))
        .take_while(|_| Instant::now() < stop)
        .any(|thread| any_is_socket(&format!("/proc/{pid}/task/{thread}/fd"), sockets))
}

fn any_is_socket(directory: &str, sockets: &[u64]) -> bool {
    let Ok(descriptors) = fs::read_dir(directory) else {
        return false;
    };
    descriptors
        .filter_map(Result::ok)
        .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
        .filter_map(|link| socket_inode(link.as_os_str()))
        .any(|inode| sockets.contains(&inode))
}

/// The number in `socket:[12345]`.
fn socket_inode(link: &OsStr) -> Option<u64> {
    let number = link.as_bytes().strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    str::from_utf8(number).ok()?.parse().ok()
}

/// The names of a directory that are numbers.
pub(super) fn numbers(directory: impl AsRef<Path>) -> impl Iterator<Item = u32> {
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// At most `limit` bytes of a file.
fn read(path: &str, limit: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
