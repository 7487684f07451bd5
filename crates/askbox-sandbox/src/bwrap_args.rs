//! The arguments of bwrap. The root is already built, so there are few: its bind, /proc, which needs bwrap's own pid
//! namespace, and the filter.

use std::ffi::OsString;
use std::path::Path;

use crate::plan::{HOSTNAME, INIT, Plan};

/// Where the session's root lies in the outer mount namespace.
pub(crate) const ROOT: &str = "/session";

/// What `--args` holds. The order matters: /proc lies on the root, which becomes read-only last.
pub(crate) fn arguments(plan: &Plan, filter: i32) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut add = |words: &[&Path]| arguments.extend(words.iter().map(|word| word.as_os_str().to_owned()));
    let text = Path::new;
    for namespace in [
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ] {
        add(&[text(namespace)]);
    }
    add(&[
        text("--die-with-parent"),
        text("--new-session"),
        text("--as-pid-1"),
    ]);
    add(&[text("--hostname"), text(HOSTNAME)]);
    // With its devices: every mount but those carries nodev already.
    add(&[text("--dev-bind"), text(ROOT), text("/")]);
    add(&[text("--proc"), text("/proc"), text("--remount-ro"), text("/")]);
    add(&[text("--chdir"), &plan.cwd]);
    add(&[text("--add-seccomp-fd"), text(&filter.to_string())]);
    arguments
}

/// bwrap's own argv: everything by `--args`, then init and the command, behind `--` so that a command named `--bind` is a
/// command.
pub(crate) fn command_line(plan: &Plan, arguments: i32, leash: i32) -> Vec<OsString> {
    let own = [
        "bwrap",
        "--args",
        &arguments.to_string(),
        "--",
        INIT,
        &leash.to_string(),
    ]
    .map(OsString::from);
    own.into_iter()
        .chain(plan.argv.iter().map(|argument| argument.0.clone()))
        .collect()
}
