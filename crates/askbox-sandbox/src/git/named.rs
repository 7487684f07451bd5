//! Which variables of a git configuration name something that runs on the host, and what they name. Pure.
//!
//! Left out, because they run nothing: `core.attributesFile` and `core.excludesFile` (attributes choose among drivers that
//! the configuration defines, and `.gitattributes` may do that anyway), `core.worktree`, `commit.template`, and every
//! address of a remote or a submodule.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::config::Variable;

/// How a variable names what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A directory with programs, from the top of the work tree.
    Directory,
    /// A file with configuration, from the directory of the file that names it.
    Include,
    /// A shell command; each of its words may be a file, from the top of the work tree.
    Command,
    /// A shell command where the value starts with `!` or is a path, else a word of git's own.
    Shell,
}

/// Section, key (`*` is any), form, and what git does with it.
const NAMING: &[(&str, &str, Form)] = &[
    ("core", "hookspath", Form::Directory),          // the hooks in it run
    ("init", "templatedir", Form::Directory),        // its hooks are copied
    ("include", "path", Form::Include),              // it is configuration
    ("includeif", "path", Form::Include),            // it is configuration, sometimes
    ("core", "fsmonitor", Form::Command),            // runs at every status
    ("core", "sshcommand", Form::Command),           // runs at every fetch
    ("core", "gitproxy", Form::Command),             // runs at a fetch
    ("core", "askpass", Form::Command),              // runs to ask for a password
    ("core", "editor", Form::Command),               // runs at a commit
    ("core", "pager", Form::Command),                // runs at a log
    ("pager", "*", Form::Command),                   // runs at that command
    ("sequence", "editor", Form::Command),           // runs at a rebase
    ("interactive", "difffilter", Form::Command),    // runs at an add -p
    ("gpg", "program", Form::Command),               // runs to sign
    ("gpg", "defaultkeycommand", Form::Command),     // runs to sign
    ("filter", "clean", Form::Command),              // runs at every add and status
    ("filter", "smudge", Form::Command),             // runs at every checkout
    ("filter", "process", Form::Command),            // runs for both
    ("diff", "external", Form::Command),             // runs at a diff
    ("diff", "command", Form::Command),              // runs at a diff
    ("diff", "textconv", Form::Command),             // runs at a diff
    ("difftool", "cmd", Form::Command),              // runs at a difftool
    ("difftool", "path", Form::Command),             // runs at a difftool
    ("merge", "driver", Form::Command),              // runs at a merge
    ("mergetool", "cmd", Form::Command),             // runs at a mergetool
    ("mergetool", "path", Form::Command),            // runs at a mergetool
    ("guitool", "cmd", Form::Command),               // runs from the menu of git gui
    ("browser", "cmd", Form::Command),               // runs to show a page
    ("browser", "path", Form::Command),              // runs to show a page
    ("man", "cmd", Form::Command),                   // runs to show a manual page
    ("man", "path", Form::Command),                  // runs to show a manual page
    ("instaweb", "httpd", Form::Command),            // runs at an instaweb
    ("gc", "recentobjectshook", Form::Command),      // runs at a gc
    ("core", "alternaterefscommand", Form::Command), // runs at a fetch
    ("tar", "command", Form::Command),               // runs at an archive
    ("sendemail", "tocmd", Form::Command),           // runs at a send-email
    ("sendemail", "cccmd", Form::Command),           // runs at a send-email
    ("sendemail", "headercmd", Form::Command),       // runs at a send-email
    ("sendemail", "sendmailcmd", Form::Command),     // runs at a send-email
    ("sendemail", "smtpserver", Form::Command),      // runs at a send-email where it is a path
    ("imap", "tunnel", Form::Command),               // runs at an imap-send
    ("lfs", "path", Form::Command),                  // customtransfer: runs at a transfer
    ("lfs", "clean", Form::Command),                 // extension: runs at every add
    ("lfs", "smudge", Form::Command),                // extension: runs at every checkout
    ("credential", "helper", Form::Shell),           // runs at a fetch
    ("hook", "command", Form::Command),              // runs at that hook
    ("trailer", "cmd", Form::Command),               // runs at a commit
    ("trailer", "command", Form::Command),           // runs at a commit
    ("remote", "uploadpack", Form::Command),         // runs at a fetch by path
    ("remote", "receivepack", Form::Command),        // runs at a push by path
    ("submodule", "update", Form::Shell),            // runs at an update
    ("alias", "*", Form::Shell),                     // runs as a command of git
];

/// Where names in a configuration start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places<'a> {
    /// The top of the work tree.
    pub(crate) work_tree: &'a Path,
    /// The directory of the configuration file.
    pub(crate) directory: &'a Path,
    /// The user's home directory, for `~/`.
    pub(crate) home: &'a Path,
}

/// Something that a variable names; it may not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Configuration, to be read in turn.
    Include(PathBuf),
    /// A directory with programs.
    Directory(PathBuf),
    /// Perhaps a file: a word of a command.
    Word(PathBuf),
}

/// What a variable names that leads to something that runs; nothing for most.
pub(crate) fn by(variable: &Variable, places: Places<'_>) -> Vec<Named> {
    let form = NAMING.iter().find_map(|(section, key, form)| {
        let is_it = *section == variable.section && (*key == variable.key || *key == "*");
        is_it.then_some(*form)
    });
    let value = variable.value.as_os_str();
    if value.is_empty() {
        return Vec::new();
    }
    match form {
        None => Vec::new(),
        Some(Form::Include) => vec![Named::Include(from(places.directory, value, places.home))],
        Some(Form::Directory) => vec![Named::Directory(from(places.work_tree, value, places.home))],
        Some(Form::Shell) if !value.as_bytes().starts_with(b"!") && !value.as_bytes().starts_with(b"/") => {
            Vec::new()
        }
        Some(Form::Command | Form::Shell) => words(value)
            .map(|word| Named::Word(from_word(places.work_tree, word, places.home)))
            .collect(),
    }
}

/// The words of a command, as far as a path in them matters: quotes and git's `!` are left out, and a first word without a
/// slash, which is looked for in PATH.
fn words(command: &OsStr) -> impl Iterator<Item = &OsStr> {
    let between = |byte: &u8| b" \t\n'\"!;&|<=".contains(byte);
    let words = command.as_bytes().split(between).filter(|word| !word.is_empty());
    words
        .enumerate()
        .filter(|(at, word)| 0 < *at || word.contains(&b'/'))
        .map(|(_, word)| OsStr::from_bytes(word))
}

fn from(start: &Path, name: &OsStr, home: &Path) -> PathBuf {
    match name.as_bytes().strip_prefix(b"~/") {
        Some(below) => home.join(OsStr::from_bytes(below)),
        None => start.join(name),
    }
}

/// The same of a word of a command, at whose beginning a shell puts in the home directory or, where git runs it, the top of the work
/// tree: `$(git rev-parse --show-toplevel)/` is known by its end.
fn from_word(start: &Path, word: &OsStr, home: &Path) -> PathBuf {
    let below = |places: &[&[u8]]| {
        let below = places
            .iter()
            .find_map(|place| word.as_bytes().strip_prefix(*place))?;
        Some(OsStr::from_bytes(below))
    };
    if let Some(below) = below(&[b"$HOME/", b"${HOME}/"]) {
        home.join(below)
    } else if let Some(below) = below(&[b"$PWD/", b"${PWD}/", b"--show-toplevel)/"]) {
        start.join(below)
    } else {
        from(start, word, home)
    }
}

#[cfg(test)]
mod tests;
