//! What the switches of a session open, and what stays closed behind them.

use askbox_tests::{MARKER, World};

use crate::both::{outside, works_everywhere};

const NESTED: &[&str] = &["--nested-sandbox", "--non-interactive"];

#[test]
fn a_sandbox_inside_works_by_its_switch_alone() {
    let world = World::new();
    let bwrap = "bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --bind . /tmp -- sh -c 'echo in > /tmp/made && cat /proc/1/comm'";
    assert_eq!(outside(&world, bwrap).succeeded().stdout, "bwrap\n");
    assert_eq!(world.sh(NESTED, bwrap).succeeded().stdout, "bwrap\n");
    let without = world.sh(&["--debugger"], bwrap);
    assert!(
        without
            .failed()
            .stderr
            .contains("No permissions to create new namespace"),
        "{without:#?}"
    );
    works_everywhere(&world, NESTED, "unshare -Urmpf --mount-proc sh -c 'test $$ = 1'");
}

#[test]
fn a_sandbox_inside_gets_nowhere_else() {
    let world = World::new();
    world.write("notes.txt", "plain");
    outside(&world, "git init -q . && mkdir -p .git/hooks sub").succeeded();
    let key = world.home().join(".ssh/id_rsa");
    assert!(std::fs::read_to_string(&key).unwrap().contains(MARKER));
    // As root of a namespace of its own, with every capability there.
    for attack in [
        "cat ~/.ssh/id_rsa",
        "umount ~/.ssh; umount -l ~/.ssh; cat ~/.ssh/id_rsa",
        "mkdir /tmp/x && mount --bind ~ /tmp/x && cat /tmp/x/.ssh/id_rsa",
        "mkdir /tmp/x && mount --rbind / /tmp/x && umount -l /tmp/x$HOME; cat /tmp/x$HOME/.ssh/id_rsa",
        "umount -l .git/hooks; umount -l .git; echo x > .git/hooks/made",
        "mount -o remount,bind,rw .git/hooks; mount -o remount,bind,rw .git; echo x > .git/hooks/made",
        "mkdir /tmp/x && mount --bind . /tmp/x && echo x > /tmp/x/.git/hooks/made",
        "mkdir /tmp/x && mount --bind .git /tmp/x && echo x > /tmp/x/hooks/made",
        "mkdir /tmp/l /tmp/u /tmp/w && mount -t overlay -o lowerdir=$PWD,upperdir=/tmp/u,workdir=/tmp/w o /tmp/l && echo x > .git/hooks/made",
        "mv .git away",
        "mount -o remount,rw /usr; mount -o remount,bind,rw /usr; touch /usr/made",
        "mount -o remount,bind,rw /; touch /made",
        "mknod /tmp/disk b 8 0",
        "mount -t proc none /mnt; mount -t sysfs none /mnt; mount -t cgroup2 none /mnt; test -e /mnt/1 -o -e /mnt/kernel -o -e /mnt/cgroup.procs",
        "nft flush ruleset",
        "ip link set dev eth0 down",
        "ip route add 192.0.2.0/24 dev eth0",
        "nsenter -t 1 -U -m true",
        "keyctl show || false",
        "chroot /proc/1/root true",
    ] {
        let script = format!("unshare -Urm sh -c {} || exit 9", quoted(attack));
        let inside = world.sh(NESTED, &script);
        assert_eq!(inside.code, Some(9), "{attack}: {inside:#?}");
        assert!(!inside.stdout.contains(MARKER), "{attack}: {inside:#?}");
    }
    assert!(!world.project().join(".git/hooks/made").exists());
    works_everywhere(
        &world,
        NESTED,
        "unshare -Urm sh -c 'mount -t tmpfs none /tmp && mkdir -p /tmp/x && mount --bind sub /tmp/x && touch /tmp/x/made && umount /tmp/x'",
    );
}

/// In single quotes, for a shell.
fn quoted(script: &str) -> String {
    assert!(!script.contains('\''));
    format!("'{script}'")
}

#[test]
fn connections_of_a_sandbox_inside_are_asked_about_like_any() {
    let world = World::new();
    let script = "unshare -Ur curl -sSf -m 5 http://denied.test:8080/ 2>&1 || exit 9";
    let inside = world.sh(NESTED, script);
    assert_eq!(inside.code, Some(9), "{inside:#?}");
    assert!(world.has_logged("denied.test:8080", "deny"), "{:#?}", world.log());
    // A network of its own is a way to nothing.
    world
        .sh(NESTED, "unshare -Urn curl -sS -m 5 http://192.0.2.1/")
        .failed();
}

#[test]
fn a_debugger_works_by_its_switch_alone() {
    let world = World::new();
    let strace = "strace -f -e trace=write sh -c 'echo traced; true' 2>&1";
    let gdb =
        "gdb -batch -ex 'catch syscall exit_group' -ex run -ex 'info registers rip' --args /bin/true 2>&1";
    for (script, sign) in [(strace, "write(1, \"traced"), (gdb, "rip  ")] {
        let host = outside(&world, script);
        assert!(host.succeeded().stdout.contains(sign), "{host:#?}");
        let inside = world.sh(&["--debugger"], script);
        assert!(inside.succeeded().stdout.contains(sign), "{inside:#?}");
        let without = world.sh(&["--nested-sandbox"], script);
        assert!(!without.stdout.contains(sign), "{without:#?}");
        assert!(without.stdout.contains("not permitted"), "{without:#?}");
    }
}

#[test]
fn a_debugger_does_not_reach_the_first_process_or_the_walls() {
    let world = World::new();
    let options = ["--debugger", "--nested-sandbox", "--non-interactive"];
    world.sh(&options, "strace -p 1 2>&1").failed();
    world.sh(&options, "unshare -Ur strace -p 1 2>&1").failed();
    world
        .sh(&options, "unshare -Ur cat /proc/1/environ /proc/1/mem")
        .failed();
}
