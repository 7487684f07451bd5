//! What the facts mean: ok or not, why, and the one fix. Pure.

use std::io;
use std::path::Path;

use askbox_policy::display;
use askbox_sandbox::host_programs::{BWRAP, Unusable};
use askbox_sandbox::probe::{Failure, Step};
use askbox_wire::{ObstacleView, PolicyFileState};

use askbox_sandbox::exec_listener::Missing;

use super::Check;
use super::machine::{Daemon, Facts, Fuse, Init, Wayland};
use crate::error::chain;
use crate::output;

mod secrets;
mod storage;

/// The oldest bubblewrap that has what is needed.
const OLDEST_BWRAP: (u32, u32) = (0, 8);

/// The oldest kernel that is supported.
const OLDEST_KERNEL: (u32, u32) = (6, 1);

/// Every check, in the order in which a launch needs them.
pub(super) fn all(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![kernel(&facts.kernel), namespaces(facts), firewall(facts)];
    checks.extend(datagrams(facts));
    checks.extend([bwrap(&facts.bwrap), init(&facts.init)]);
    checks.extend(storage::directories(
        &facts.directories,
        facts.root.as_ref(),
        &facts.above,
    ));
    checks.extend([storage::log(&facts.log), daemon(&facts.daemon), fuse(facts.fuse)]);
    checks.push(starts(&facts.starts));
    checks.extend([limits(facts.has_control_groups), bus_proxy(&facts.bus_proxy)]);
    checks.extend(wayland(&facts.wayland));
    checks.push(secrets::check(&facts.keyring, &facts.login));
    let unsigned = match &facts.daemon {
        Daemon::Running(status) => status.log_unsigned.as_deref(),
        Daemon::NotRunning | Daemon::Foreign(_) | Daemon::Unreachable(_) => None,
    };
    checks.push(secrets::log_key(&facts.keyring, &facts.log_key, unsigned));
    checks
}

fn kernel(release: &str) -> Check {
    const NAME: &str = "kernel";
    match version(release) {
        Some(found) if found < OLDEST_KERNEL => Check::problem(
            NAME,
            release,
            "Askbox needs Linux 6.1 or later",
            "update the system's kernel",
        ),
        Some(_) => Check::ok(NAME, release),
        None => Check::note(NAME, format!("unknown version \"{release}\"")),
    }
}

fn namespaces(facts: &Facts) -> Check {
    const NAME: &str = "user namespaces";
    let failure = match &facts.probe {
        Err(reason) => {
            return Check::problem(
                NAME,
                "could not be tried",
                output::safe(reason),
                "end a program that needs much memory, and try again",
            );
        }
        Ok(
            None
            | Some(Failure {
                step: Step::Firewall, ..
            }),
        ) => return Check::ok(NAME, "work"),
        Ok(Some(failure)) => *failure,
    };
    let (cause, fix) = forbidden(facts, failure);
    Check::problem(
        NAME,
        format!("cannot {}: {}", tried(failure.step), words(failure.errno)),
        cause,
        fix,
    )
}

fn firewall(facts: &Facts) -> Check {
    const NAME: &str = "nf_tables";
    const FALLBACK: &str = "sessions reach the network by a proxy alone";
    match facts.probe {
        Err(_) => Check::note(NAME, "not tried, because namespaces could not be tried"),
        Ok(None) => Check::ok(NAME, "redirects inside a namespace"),
        Ok(Some(
            failure @ Failure {
                step: Step::Firewall,
                errno: nix::libc::EPERM,
            },
        )) => {
            let (cause, fix) = forbidden(facts, failure);
            let detail = format!("not permitted inside a namespace; {FALLBACK}");
            Check::problem(NAME, detail, cause, fix)
        }
        Ok(Some(Failure {
            step: Step::Firewall,
            errno,
        })) => Check::problem(
            NAME,
            format!("cannot {}: {}; {FALLBACK}", tried(Step::Firewall), words(errno)),
            "the kernel is without nf_tables, or its modules are not loaded",
            "sudo modprobe -a nf_tables nft_chain_nat nft_redir nft_ct nft_reject_inet",
        ),
        Ok(Some(_)) => Check::note(NAME, "not tried, because the namespaces do not work"),
    }
}

/// Sessions start without it, but for those with rules for UDP. Nothing to say where connections cannot be turned around either.
fn datagrams(facts: &Facts) -> Option<Check> {
    const NAME: &str = "UDP by rule";
    if !matches!(facts.probe, Ok(None)) {
        return None;
    }
    Some(match &facts.datagrams {
        Ok(None) => Check::ok(NAME, "the kernel tells where datagrams go"),
        Ok(Some(errno)) => Check::lack(
            NAME,
            format!("a session with rules for UDP does not start: {}", words(*errno)),
            "the kernel is without nf_conntrack_netlink, or that module is not loaded",
            "sudo modprobe nf_conntrack_netlink",
        ),
        Err(reason) => Check::note(NAME, format!("could not be tried: {}", output::safe(reason))),
    })
}

/// Who forbids namespaces, and what lets them in.
fn forbidden(facts: &Facts, failure: Failure) -> (String, String) {
    let sysctls = &facts.sysctls;
    let most = [
        ("user.max_user_namespaces", sysctls.max_user_namespaces),
        ("user.max_net_namespaces", sysctls.max_net_namespaces),
        ("user.max_mnt_namespaces", sysctls.max_mnt_namespaces),
    ];
    if let Some((name, _)) = most.iter().find(|(_, most)| *most == Some(0)) {
        return (
            format!("the kernel is told to allow none ({name} = 0)"),
            format!("sudo sysctl -w {name}=15000"),
        );
    }
    // Nothing but these numbers fails so, in a container too.
    if failure.errno == nix::libc::ENOSPC {
        let settings: Vec<String> = most.iter().map(|(name, _)| format!("{name}=15000")).collect();
        return (
            "as many exist as the kernel allows".to_owned(),
            format!("sudo sysctl -w {}", settings.join(" ")),
        );
    }
    if sysctls.unprivileged_userns_clone == Some(0) {
        return (
            "they are for root alone (kernel.unprivileged_userns_clone = 0)".to_owned(),
            "sudo sysctl -w kernel.unprivileged_userns_clone=1".to_owned(),
        );
    }
    if sysctls
        .apparmor_restrict_unprivileged_userns
        .is_some_and(|value| value != 0)
    {
        let profile = format!(
            "abi <abi/4.0>,\\nprofile askbox {} flags=(unconfined) {{ userns, }}\\n",
            facts.program.display()
        );
        return (
            "AppArmor allows them only to programs with a profile, and this one has none".to_owned(),
            format!(
                "printf '{profile}' | sudo tee /etc/apparmor.d/askbox && sudo apparmor_parser -r /etc/apparmor.d/askbox"
            ),
        );
    }
    if facts.in_container {
        return (
            "the container that this runs in forbids them".to_owned(),
            "start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
                .to_owned(),
        );
    }
    (
        "something on this machine forbids them: a security module, a seccomp filter, or the kernel's configuration"
            .to_owned(),
        "ask whoever runs this machine to let ordinary users make user namespaces".to_owned(),
    )
}

fn tried(step: Step) -> &'static str {
    match step {
        Step::Namespaces => "make user, network and mount namespaces",
        Step::Ids => "be the same user inside one",
        Step::Mounts => "change mounts in a namespace",
        Step::Links => "set a network interface up in a namespace",
        Step::Firewall => "place network rules in a namespace",
        Step::Listeners => "listen in a namespace",
    }
}

/// Who changed bubblewrap is judged as a launch does; its version here alone, since a launch has no time to ask.
fn bwrap(bwrap: &Result<String, Unusable>) -> Check {
    const NAME: &str = "bubblewrap";
    let version_text = match bwrap {
        Ok(version) => version,
        Err(missing @ Unusable::Missing(_)) => {
            return Check::problem(NAME, "not found", missing.to_string(), missing.hint());
        }
        Err(unusable) => return Check::problem(NAME, "not to be used", chain(unusable), unusable.hint()),
    };
    let found = output::safe(version_text);
    match version_text.strip_prefix("bubblewrap ").and_then(version) {
        Some(version) if OLDEST_BWRAP <= version => Check::ok(NAME, found),
        Some(_) => Check::problem(
            NAME,
            found,
            "Askbox needs bubblewrap 0.8 or later",
            "update bubblewrap",
        ),
        None => Check::problem(
            NAME,
            found,
            format!("{BWRAP} does not say which version it is"),
            "reinstall bubblewrap from your distribution",
        ),
    }
}

fn init(init: &Init) -> Check {
    const NAME: &str = "askbox-init";
    if let Some(path) = &init.found {
        return Check::ok(NAME, output::safe_path(path));
    }
    let searched: Vec<String> = init.searched.iter().map(|path| output::safe_path(path)).collect();
    let cause = format!("it is none of {}", searched.join(", "));
    let fix = "install Askbox anew; in a build: cargo build --workspace";
    Check::problem(NAME, "not found", cause, fix)
}

fn daemon(daemon: &Daemon) -> Check {
    const NAME: &str = "daemon";
    const RESTART: &str = "askbox daemon --restart";
    match daemon {
        Daemon::NotRunning => Check::ok(NAME, "not running; `askbox run` starts it"),
        Daemon::Foreign(version) => {
            let cause = "it was started before the last update";
            Check::problem(NAME, format!("version {}", output::safe(version)), cause, RESTART)
        }
        Daemon::Unreachable(reason) => {
            Check::problem(NAME, "unreachable", output::safe_sentence(reason), RESTART)
        }
        Daemon::Running(status) => {
            let running = format!("version {}, process {}", status.version, status.pid);
            if let Some(ObstacleView { reason, hint }) = &status.obstacle {
                return Check::problem(
                    NAME,
                    running,
                    output::safe_sentence(reason),
                    output::safe_sentence(hint),
                );
            }
            let broken = status.policy.files.iter().find(|file| match file.state {
                PolicyFileState::LastGood | PolicyFileState::Broken => true,
                PolicyFileState::Loaded | PolicyFileState::Missing => false,
            });
            match (broken, status.warnings.first()) {
                (Some(file), _) => Check::problem(
                    NAME,
                    running,
                    format!("{} is broken", output::safe(&file.path)),
                    "correct it; `askbox status` shows line and reason",
                ),
                (None, Some(warning)) => {
                    Check::note(NAME, format!("{running}: {}", output::safe_sentence(warning)))
                }
                (None, None) => Check::ok(NAME, running),
            }
        }
    }
}

/// Sessions start without it; files are open or closed then when a command starts.
fn fuse(fuse: Fuse) -> Check {
    const NAME: &str = "FUSE";
    let (cause, fix) = match fuse {
        Fuse::Usable => return Check::ok(NAME, "/dev/fuse can be used"),
        Fuse::Forbidden => (
            "you may not open /dev/fuse",
            "give it its usual mode: sudo chmod 666 /dev/fuse",
        ),
        Fuse::Missing => (
            "there is no /dev/fuse",
            "load the kernel's module: sudo modprobe fuse; to a container give the device",
        ),
    };
    Check::lack(NAME, "no question is raised for files", cause, fix)
}

/// Sessions start without it; programs outside the asking file system start without a question and an event then.
fn starts(missing: &Result<Option<Missing>, String>) -> Check {
    const NAME: &str = "starts of programs";
    let (cause, fix) = match missing {
        Ok(None) => return Check::ok(NAME, "each one is decided about"),
        Ok(Some(Missing::Memory)) => (
            "this system lets nobody read the memory of programs (kernel.yama.ptrace_scope is 3)".to_owned(),
            "set kernel.yama.ptrace_scope to 1 in /etc/sysctl.d and restart the machine",
        ),
        Ok(Some(Missing::Kernel)) => (
            "this kernel cannot tell of them".to_owned(),
            "use a kernel with CONFIG_SECCOMP_FILTER",
        ),
        Ok(Some(Missing::Taken)) => (
            "Askbox runs in a sandbox that watches them itself".to_owned(),
            "start the daemon outside of it: askbox daemon --restart",
        ),
        Err(error) => (
            format!("it could not be tried to listen to them: {error}"),
            "try again when the machine has less to do",
        ),
    };
    let so = "outside the asking file system no question is raised for them, and the log does not know them";
    Check::lack(NAME, so, cause, fix)
}

/// Both are as they should be: what is held, and by whom, differs.
fn limits(has_control_groups: bool) -> Check {
    Check::ok(
        "limits",
        if has_control_groups {
            "of memory and processors: by control groups of systemd, where it has the controllers"
        } else {
            "of memory: the daemon looks every second, since no systemd of yours makes control groups"
        },
    )
}

/// Sessions start without it; none reaches a service of the session bus then.
fn bus_proxy(proxy: &Result<(), Unusable>) -> Check {
    const NAME: &str = "xdg-dbus-proxy";
    match proxy {
        Ok(()) => Check::ok(NAME, "there for `--with 'dbus NAME'`"),
        Err(missing @ Unusable::Missing(_)) => Check::lack(
            NAME,
            "no session is offered services of your session bus",
            chain(missing),
            missing.hint(),
        ),
        Err(unusable) => Check::problem(NAME, "not to be used", chain(unusable), unusable.hint()),
    }
}

/// Nothing to say where nobody named one.
fn wayland(named: &Wayland) -> Option<Check> {
    const NAME: &str = "Wayland display";
    let shown = |path: &Path| display::path(path, display::MAX_PATH);
    match named {
        Wayland::There(path) => Some(Check::ok(NAME, format!("{}, for `--with wayland`", shown(path)))),
        Wayland::NoSocket(path) => Some(Check::lack(
            NAME,
            "no session is offered one",
            format!("WAYLAND_DISPLAY names {}, which is no socket", shown(path)),
            "start the command where you have a Wayland display",
        )),
        Wayland::Unnamed => None,
    }
}

/// Major and minor number at the beginning of a version.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|character: char| !character.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn words(errno: i32) -> String {
    io::Error::from_raw_os_error(errno).to_string()
}

#[cfg(test)]
mod tests;
