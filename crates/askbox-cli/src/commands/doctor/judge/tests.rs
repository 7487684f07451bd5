use std::path::PathBuf;

use askbox_sandbox::host_programs::{BUS_PROXY, BWRAP};
use askbox_secrets::Unavailable;
use askbox_wire::StatusView;
use expect_test::{Expect, expect};

use super::super::State;
use super::super::machine::{Entry, Found, Log, Login, Opened, Owner, Place, Sysctls};
use super::*;
use crate::fixtures::status;

/// A machine where all is well.
fn healthy() -> Facts {
    Facts {
        kernel: "6.8.0-31-generic".into(),
        program: PathBuf::from("/opt/askbox/askbox"),
        probe: Ok(None),
        datagrams: Ok(None),
        sysctls: Sysctls {
            max_user_namespaces: Some(15_000),
            ..Sysctls::default()
        },
        in_container: false,
        bwrap: Ok("bubblewrap 0.9.0".into()),
        bus_proxy: Ok(()),
        wayland: Wayland::Unnamed,
        init: Init {
            found: Some("/opt/askbox/askbox-init".into()),
            searched: Vec::new(),
        },
        directories: Vec::new(),
        root: None,
        above: Vec::new(),
        log: Log {
            place: Place {
                path: "/home/ada/.local/state/askbox/log.sqlite".into(),
                found: Found::Nothing {
                    nearest: "/home/ada".into(),
                    entry: Entry {
                        right_type: true,
                        owner: Owner::Us,
                        mode: 0o700,
                        writable: true,
                        free: None,
                    },
                },
            },
            opened: Opened::NotTried,
        },
        fuse: Fuse::Usable,
        starts: Ok(None),
        has_control_groups: true,
        daemon: Daemon::NotRunning,
        keyring: Ok(()),
        login: Login::Nowhere,
        log_key: Ok(Some(askbox_secrets::Place::Keyring)),
    }
}

fn failing(step: Step, errno: i32) -> Failure {
    Failure { step, errno }
}

/// What is not ok when the machine is healthy but for one change.
fn check(change: impl FnOnce(&mut Facts), expected: &Expect) {
    let mut facts = healthy();
    change(&mut facts);
    let unwell: Vec<Check> = all(&facts)
        .into_iter()
        .filter(|check| check.state != State::Ok)
        .collect();
    expected.assert_eq(&super::super::render(&unwell, crate::output::Style::plain()));
}

#[test]
fn a_healthy_machine_has_nothing_to_say() {
    check(|_healthy| {}, &expect![[""]]);
}

#[test]
fn each_way_to_forbid_namespaces_has_its_own_fix() {
    let denied = || Ok(Some(failing(Step::Namespaces, nix::libc::EPERM)));
    check(
        |facts| (facts.probe, facts.sysctls.max_user_namespaces) = (denied(), Some(0)),
        &expect![[r#"
            problem  user namespaces: cannot make user, network and mount namespaces: Operation not permitted (os error 1)
                     cause: the kernel is told to allow none (user.max_user_namespaces = 0)
                     fix: sudo sysctl -w user.max_user_namespaces=15000
            note     nf_tables: not tried, because the namespaces do not work
        "#]],
    );
    check(
        |facts| (facts.probe, facts.sysctls.unprivileged_userns_clone) = (denied(), Some(0)),
        &expect![[r#"
            problem  user namespaces: cannot make user, network and mount namespaces: Operation not permitted (os error 1)
                     cause: they are for root alone (kernel.unprivileged_userns_clone = 0)
                     fix: sudo sysctl -w kernel.unprivileged_userns_clone=1
            note     nf_tables: not tried, because the namespaces do not work
        "#]],
    );
    check(
        |facts| {
            facts.probe = Ok(Some(failing(Step::Ids, nix::libc::EACCES)));
            facts.sysctls.apparmor_restrict_unprivileged_userns = Some(1);
        },
        &expect![[r#"
            problem  user namespaces: cannot be the same user inside one: Permission denied (os error 13)
                     cause: AppArmor allows them only to programs with a profile, and this one has none
                     fix: printf 'abi <abi/4.0>,\nprofile askbox /opt/askbox/askbox flags=(unconfined) { userns, }\n' | sudo tee /etc/apparmor.d/askbox && sudo apparmor_parser -r /etc/apparmor.d/askbox
            note     nf_tables: not tried, because the namespaces do not work
        "#]],
    );
    check(
        |facts| (facts.probe, facts.in_container) = (denied(), true),
        &expect![[r#"
            problem  user namespaces: cannot make user, network and mount namespaces: Operation not permitted (os error 1)
                     cause: the container that this runs in forbids them
                     fix: start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined
            note     nf_tables: not tried, because the namespaces do not work
        "#]],
    );
}

#[test]
fn a_limit_of_namespaces_and_what_nobody_knows_have_fixes_too() {
    check(
        |facts| facts.probe = Ok(Some(failing(Step::Namespaces, nix::libc::ENOSPC))),
        &expect![[r#"
            problem  user namespaces: cannot make user, network and mount namespaces: No space left on device (os error 28)
                     cause: as many exist as the kernel allows
                     fix: sudo sysctl -w user.max_user_namespaces=15000 user.max_net_namespaces=15000 user.max_mnt_namespaces=15000
            note     nf_tables: not tried, because the namespaces do not work
        "#]],
    );
    // A container forbids otherwise: the limit is told, whatever else is there.
    check(
        |facts| {
            facts.probe = Ok(Some(failing(Step::Namespaces, nix::libc::ENOSPC)));
            (facts.in_container, facts.sysctls.max_net_namespaces) = (true, Some(0));
        },
        &expect![[r#"
            problem  user namespaces: cannot make user, network and mount namespaces: No space left on device (os error 28)
                     cause: the kernel is told to allow none (user.max_net_namespaces = 0)
                     fix: sudo sysctl -w user.max_net_namespaces=15000
            note     nf_tables: not tried, because the namespaces do not work
        "#]],
    );
    check(
        |facts| facts.probe = Ok(Some(failing(Step::Namespaces, nix::libc::EPERM))),
        &expect![[r#"
            problem  user namespaces: cannot make user, network and mount namespaces: Operation not permitted (os error 1)
                     cause: something on this machine forbids them: a security module, a seccomp filter, or the kernel's configuration
                     fix: ask whoever runs this machine to let ordinary users make user namespaces
            note     nf_tables: not tried, because the namespaces do not work
        "#]],
    );
    check(
        |facts| facts.probe = Err("cannot start it".into()),
        &expect![[r#"
            problem  user namespaces: could not be tried
                     cause: cannot start it
                     fix: end a program that needs much memory, and try again
            note     nf_tables: not tried, because namespaces could not be tried
        "#]],
    );
}

#[test]
fn a_missing_firewall_is_the_kernels_or_apparmors_fault() {
    check(
        |facts| facts.probe = Ok(Some(failing(Step::Firewall, nix::libc::EOPNOTSUPP))),
        &expect![[r#"
            problem  nf_tables: cannot place network rules in a namespace: Operation not supported (os error 95); sessions reach the network by a proxy alone
                     cause: the kernel is without nf_tables, or its modules are not loaded
                     fix: sudo modprobe -a nf_tables nft_chain_nat nft_redir nft_ct nft_reject_inet
        "#]],
    );
    check(
        |facts| {
            facts.probe = Ok(Some(failing(Step::Firewall, nix::libc::EPERM)));
            facts.sysctls.apparmor_restrict_unprivileged_userns = Some(1);
        },
        &expect![[r#"
            problem  nf_tables: not permitted inside a namespace; sessions reach the network by a proxy alone
                     cause: AppArmor allows them only to programs with a profile, and this one has none
                     fix: printf 'abi <abi/4.0>,\nprofile askbox /opt/askbox/askbox flags=(unconfined) { userns, }\n' | sudo tee /etc/apparmor.d/askbox && sudo apparmor_parser -r /etc/apparmor.d/askbox
        "#]],
    );
}

#[test]
fn a_kernel_that_tells_nothing_of_datagrams_carries_no_udp() {
    check(
        |facts| facts.datagrams = Ok(Some(nix::libc::EINVAL)),
        &expect![[r#"
            note     UDP by rule: a session with rules for UDP does not start: Invalid argument (os error 22)
                     cause: the kernel is without nf_conntrack_netlink, or that module is not loaded
                     fix: sudo modprobe nf_conntrack_netlink
        "#]],
    );
    check(
        |facts| facts.datagrams = Err("no memory".into()),
        &expect![[r#"
            note     UDP by rule: could not be tried: no memory
        "#]],
    );
    // Where nothing is turned around there is one thing to say.
    let with = |errno| {
        let mut facts = healthy();
        facts.probe = Ok(Some(failing(Step::Firewall, nix::libc::EOPNOTSUPP)));
        facts.datagrams = Ok(errno);
        all(&facts)
    };
    assert_eq!(with(Some(nix::libc::EINVAL)), with(None));
}

#[test]
fn bubblewrap_must_be_the_systems_own() {
    let with = |bwrap: Result<&str, Unusable>| {
        let bwrap = bwrap.map(str::to_owned);
        move |facts: &mut Facts| facts.bwrap = bwrap
    };
    check(
        with(Err(Unusable::Missing(BWRAP))),
        &expect![[r#"
        problem  bubblewrap: not found
                 cause: bubblewrap is not installed at /usr/bin/bwrap
                 fix: install it: sudo apt install bubblewrap, or sudo dnf install bubblewrap
    "#]],
    );
    check(
        with(Err(Unusable::Writable(BWRAP))),
        &expect![[r#"
        problem  bubblewrap: not to be used
                 cause: /usr/bin/bwrap can be changed by others than root
                 fix: restore it: sudo chown root:root /usr/bin/bwrap && sudo chmod 755 /usr/bin/bwrap
    "#]],
    );
    check(
        with(Err(Unusable::SetId(BWRAP))),
        &expect![[r#"
        problem  bubblewrap: not to be used
                 cause: /usr/bin/bwrap is set-user-id or set-group-id
                 fix: take the bit away: sudo chmod ug-s /usr/bin/bwrap
    "#]],
    );
    let error = std::io::Error::from_raw_os_error(nix::libc::EACCES);
    check(
        with(Err(Unusable::Unreadable(BWRAP, error))),
        &expect![[r#"
        problem  bubblewrap: not to be used
                 cause: cannot look at /usr/bin/bwrap: Permission denied (os error 13)
                 fix: look at its permissions: ls -l /usr/bin/bwrap
    "#]],
    );
    check(
        with(Ok("bubblewrap 0.6.1")),
        &expect![[r#"
        problem  bubblewrap: bubblewrap 0.6.1
                 cause: Askbox needs bubblewrap 0.8 or later
                 fix: update bubblewrap
    "#]],
    );
    check(with(Ok("bubblewrap 0.11.0")), &expect![[""]]);
    check(
        with(Ok("hello")),
        &expect![[r#"
        problem  bubblewrap: hello
                 cause: /usr/bin/bwrap does not say which version it is
                 fix: reinstall bubblewrap from your distribution
    "#]],
    );
}

#[test]
fn the_bus_proxy_may_be_absent_but_not_somebody_elses() {
    check(
        |facts| facts.bus_proxy = Err(Unusable::Missing(BUS_PROXY)),
        &expect![[r#"
            note     xdg-dbus-proxy: no session is offered services of your session bus
                     cause: xdg-dbus-proxy is not installed at /usr/bin/xdg-dbus-proxy
                     fix: install it: sudo apt install xdg-dbus-proxy, or sudo dnf install xdg-dbus-proxy
        "#]],
    );
    check(
        |facts| facts.bus_proxy = Err(Unusable::Writable(BUS_PROXY)),
        &expect![[r#"
            problem  xdg-dbus-proxy: not to be used
                     cause: /usr/bin/xdg-dbus-proxy can be changed by others than root
                     fix: restore it: sudo chown root:root /usr/bin/xdg-dbus-proxy && sudo chmod 755 /usr/bin/xdg-dbus-proxy
        "#]],
    );
}

#[test]
fn what_is_missing_without_being_needed_has_a_cause_and_a_fix() {
    check(
        |facts| facts.fuse = Fuse::Forbidden,
        &expect![[r#"
        note     FUSE: no question is raised for files
                 cause: you may not open /dev/fuse
                 fix: give it its usual mode: sudo chmod 666 /dev/fuse
    "#]],
    );
    check(
        |facts| facts.fuse = Fuse::Missing,
        &expect![[r#"
        note     FUSE: no question is raised for files
                 cause: there is no /dev/fuse
                 fix: load the kernel's module: sudo modprobe fuse; to a container give the device
    "#]],
    );
    check(
        |facts| facts.starts = Ok(Some(Missing::Memory)),
        &expect![[r#"
        note     starts of programs: outside the asking file system no question is raised for them, and the log does not know them
                 cause: this system lets nobody read the memory of programs (kernel.yama.ptrace_scope is 3)
                 fix: set kernel.yama.ptrace_scope to 1 in /etc/sysctl.d and restart the machine
    "#]],
    );
    check(
        |facts| facts.starts = Err("fork: no".into()),
        &expect![[r#"
        note     starts of programs: outside the asking file system no question is raised for them, and the log does not know them
                 cause: it could not be tried to listen to them: fork: no
                 fix: try again when the machine has less to do
    "#]],
    );
}

#[test]
fn a_wayland_display_that_is_named_and_not_there_is_noted() {
    check(
        |facts| facts.wayland = Wayland::NoSocket("/run/user/1/wayland-0".into()),
        &expect![[r#"
            note     Wayland display: no session is offered one
                     cause: WAYLAND_DISPLAY names /run/user/1/wayland-0, which is no socket
                     fix: start the command where you have a Wayland display
        "#]],
    );
    check(
        |facts| facts.wayland = Wayland::There("/run/user/1/wayland-0".into()),
        &expect![[""]],
    );
}

#[test]
fn the_rest_of_the_machine() {
    check(
        |facts| facts.kernel = "5.15.0".into(),
        &expect![[r#"
        problem  kernel: 5.15.0
                 cause: Askbox needs Linux 6.1 or later
                 fix: update the system's kernel
    "#]],
    );
    check(
        |facts| facts.kernel = "6".into(),
        &expect![[r#"
        note     kernel: unknown version "6"
    "#]],
    );
    check(
        |facts| facts.daemon = Daemon::Foreign("0.0.9".into()),
        &expect![[r#"
        problem  daemon: version 0.0.9
                 cause: it was started before the last update
                 fix: askbox daemon --restart
    "#]],
    );
    check(
        |facts| facts.daemon = Daemon::Unreachable("torn".into()),
        &expect![[r#"
        problem  daemon: unreachable
                 cause: torn
                 fix: askbox daemon --restart
    "#]],
    );
    check(
        |facts| {
            facts.init = Init {
                found: None,
                searched: vec!["/a/askbox-init".into(), "/b/askbox-init".into()],
            }
        },
        &expect![[r#"
            problem  askbox-init: not found
                     cause: it is none of /a/askbox-init, /b/askbox-init
                     fix: install Askbox anew; in a build: cargo build --workspace
        "#]],
    );
}

#[test]
fn a_policy_that_cannot_be_read_is_a_problem() {
    check(
        |facts| facts.daemon = Daemon::Running(Box::new(status())),
        &expect![[r#"
            problem  daemon: version 0.1.0, process 4711
                     cause: /home/ada/.config/askbox/policy.toml is broken
                     fix: correct it; `askbox status` shows line and reason
        "#]],
    );
    check(
        |facts| {
            let obstacle = Some(ObstacleView {
                reason: "the block-list /home/ada/ads.txt cannot be read".into(),
                hint: "put it back".into(),
            });
            facts.daemon = Daemon::Running(Box::new(StatusView { obstacle, ..status() }));
        },
        &expect![[r#"
            problem  daemon: version 0.1.0, process 4711
                     cause: the block-list /home/ada/ads.txt cannot be read
                     fix: put it back
        "#]],
    );
}

#[test]
fn a_file_in_the_place_of_the_keyring_is_said_with_its_reason() {
    let nobody = || Err(Unavailable::NoService("no bus".into()));
    let file = || Login::Kept(askbox_secrets::Place::File("/s/proxy-login".into()));
    check(
        |facts| facts.keyring = nobody(),
        &expect![[r#"
            note     secrets: in files that only you may read: there is no Secret Service here (no bus)
                     fix: install a Secret Service (sudo apt install gnome-keyring) and log in to your desktop anew
            note     log signature: the key that signs checkpoints is in your keyring, which cannot be used
                     cause: there is no Secret Service here (no bus)
                     fix: install a Secret Service (sudo apt install gnome-keyring) and log in to your desktop anew
        "#]],
    );
    check(
        |facts| (facts.keyring, facts.login) = (Err(Unavailable::Silent { seconds: 5 }), file()),
        &expect![[r#"
            note     secrets: in files that only you may read: the Secret Service has not answered within 5 seconds
                     fix: unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows the program that should answer
            note     log signature: the key that signs checkpoints is in your keyring, which cannot be used
                     cause: the Secret Service has not answered within 5 seconds
                     fix: unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows the program that should answer
        "#]],
    );
    check(
        |facts| facts.login = file(),
        &expect![[r#"
        note     secrets: your keyring can be used; the login for the proxy is in /s/proxy-login, which only you may read
                 fix: askbox proxy-login, which puts it there
    "#]],
    );
    check(
        |facts| facts.login = Login::ByHand,
        &expect![[r#"
        note     secrets: your keyring can be used; the login for the proxy is in proxy-credentials beside policy.toml
                 fix: askbox proxy-login, which puts it there
    "#]],
    );
}

#[test]
fn what_is_in_a_keyring_that_cannot_be_used_is_a_problem() {
    let kept = || Login::Kept(askbox_secrets::Place::Keyring);
    check(|facts| facts.login = kept(), &expect![[""]]);
    check(
        |facts| (facts.keyring, facts.login) = (Err(Unavailable::Silent { seconds: 5 }), kept()),
        &expect![[r#"
            problem  secrets: the login for the proxy is in your keyring, which cannot be used
                     cause: the Secret Service has not answered within 5 seconds
                     fix: unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows the program that should answer
            note     log signature: the key that signs checkpoints is in your keyring, which cannot be used
                     cause: the Secret Service has not answered within 5 seconds
                     fix: unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows the program that should answer
        "#]],
    );
    check(
        |facts| facts.login = Login::Unknown("others may read /s/proxy-login".into()),
        &expect![[r#"
            problem  secrets: the login for the proxy cannot be used
                     cause: others may read /s/proxy-login
                     fix: askbox proxy-login
        "#]],
    );
}

#[test]
fn how_the_log_is_signed_is_said_where_it_could_be_better() {
    check(
        |facts| facts.log_key = Ok(Some(askbox_secrets::Place::File("/s/log-key".into()))),
        &expect![[r#"
            note     log signature: by a key in /s/log-key, which only you may read: who can read it can sign another log
        "#]],
    );
    check(|facts| facts.log_key = Ok(None), &expect![[""]]);
    check(
        |facts| facts.log_key = Err("others may read /s/log-key".into()),
        &expect![[r#"
            note     log signature: the key that signs checkpoints cannot be used
                     cause: others may read /s/log-key
                     fix: askbox daemon --restart, which makes another one and says so in the log
        "#]],
    );
    let silent = || Err(Unavailable::Silent { seconds: 5 });
    check(
        |facts| (facts.keyring, facts.log_key) = (silent(), Ok(None)),
        &expect![[r#"
            note     secrets: in files that only you may read: the Secret Service has not answered within 5 seconds
                     fix: unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows the program that should answer
            note     log signature: checkpoints are not signed: their key is to be in your keyring, which cannot be used
                     cause: the Secret Service has not answered within 5 seconds
                     fix: unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows the program that should answer
        "#]],
    );
    check(
        |facts| facts.keyring = silent(),
        &expect![[r#"
        note     secrets: in files that only you may read: the Secret Service has not answered within 5 seconds
                 fix: unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows the program that should answer
        note     log signature: the key that signs checkpoints is in your keyring, which cannot be used
                 cause: the Secret Service has not answered within 5 seconds
                 fix: unlock your keyring where it asks for its password; `busctl --user status org.freedesktop.secrets` shows the program that should answer
    "#]],
    );
}

#[test]
fn a_daemon_that_does_not_sign_is_no_problem_and_is_said_with_cause_and_fix() {
    check(
        |facts| {
            facts.daemon = Daemon::Running(Box::new(StatusView {
                log_unsigned: Some("the keyring refuses (locked)".into()),
                warnings: Vec::new(),
                policy: askbox_wire::PolicyView {
                    files: Vec::new(),
                    ..status().policy
                },
                ..status()
            }));
        },
        &expect![[r#"
            note     log signature: checkpoints are not signed, so `askbox log verify` finds less
                     cause: the keyring refuses (locked)
                     fix: askbox daemon --restart, once the cause is gone; by itself the daemon tries again within a day
        "#]],
    );
}
