//! System directories, mounts, devices and other ways round the view that a session has.

use std::fs;
use std::path::Path;

use askbox_tests::{MARKER, World};

use crate::both::{outside, works_everywhere, works_only_outside};

/// Every name in a directory, and when it was last changed.
fn contents(directory: &str) -> Vec<(String, std::time::SystemTime)> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let changed = entry.path().symlink_metadata().unwrap().modified().unwrap();
            (entry.file_name().to_string_lossy().into_owned(), changed)
        })
        .collect();
    names.sort();
    names
}

#[test]
fn threat_7_system_directories_cannot_be_changed() {
    let world = World::new();
    let before = contents("/etc");
    for attack in [
        "touch /etc/malicious",
        "rm -rf /etc",
        "rm -rf /usr/bin/env",
        "touch /usr/x",
        "mkdir /x",
        "touch /run/x",
        "echo x >> /etc/hosts",
        "mv /etc /tmp/etc",
        "chmod 777 /etc",
        "ln -s /tmp /var/x",
    ] {
        world.sh(&[], attack).failed();
    }
    assert_eq!(contents("/etc"), before);
    assert!(Path::new("/usr/bin/env").exists() && !Path::new("/etc/malicious").exists());
    works_everywhere(
        &world,
        &[],
        "mkdir -p etc && touch etc/malicious && chmod 700 etc && rm -rf etc",
    );
}

#[test]
fn threat_7_the_rest_of_the_home_directory_cannot_be_changed() {
    let world = World::new();
    let notes = world.home().join("notes/spec.md");
    let bashrc = world.home().join(".bashrc");
    // What a session may do to its own, empty home directory never reaches the host's.
    world.sh(&[], "rm -f ~/notes/spec.md; echo x >> ~/.bashrc; touch ~/.zprofile; mkdir -p ~/notes; echo x > ~/notes/spec.md");
    assert!(fs::read_to_string(&bashrc).unwrap().contains(MARKER));
    world.sh(&["--allow-read", "~/notes"], "rm -rf ~/notes").failed();
    world
        .sh(&["--allow-read", "~/notes"], "echo x > ~/notes/spec.md")
        .failed();
    assert!(fs::read_to_string(&notes).unwrap().contains(MARKER));
    assert!(!world.home().join(".zprofile").exists());
    world
        .sh(&["--allow-write", "~/notes"], "echo x > ~/notes/spec.md")
        .succeeded();
    assert_eq!(fs::read_to_string(&notes).unwrap(), "x\n");
}

#[test]
fn threat_7_only_the_project_private_homes_and_temporary_places_are_writable() {
    let world = World::new();
    let inside = world.sh(&[], "cat /proc/self/mountinfo");
    let home = world.home();
    for line in inside.succeeded().stdout.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let (place, is_writable) = (
            Path::new(fields[4]),
            fields[5].split(',').any(|option| option == "rw"),
        );
        let own = ["/tmp", "/var/tmp", "/proc", "/dev"]
            .iter()
            .any(|own| place.starts_with(own));
        // What the asking file system shows can be changed by those who are allowed to.
        let expected = own || place.starts_with(&home) || line.contains(" - fuse askbox ");
        assert!(!is_writable || expected, "{line}");
        assert!(!place.starts_with("/sys"), "{line}");
        if !place.starts_with("/dev") {
            assert!(
                fields[5].contains("nosuid") && fields[5].contains("nodev"),
                "{line}"
            );
        }
    }
}

#[test]
fn threat_13_nothing_can_be_mounted_or_unmounted() {
    let world = World::new();
    fs::create_dir(world.project().join("a")).unwrap();
    let place = world.project();
    let place = place.display();
    works_only_outside(&world, &[], "unshare -Urm true");
    works_only_outside(
        &world,
        &[],
        &format!("unshare -Urm sh -c 'mount --bind {place} {place}/a && umount {place}/a'"),
    );
    works_only_outside(&world, &[], "unshare -Ur true");
    works_only_outside(&world, &[], "unshare -Urpf --mount-proc true");
    for attack in [
        "umount /etc/ssl",
        "umount -l /proc",
        &format!("umount -l {place}"),
        &format!("mount --bind {place} {place}/a"),
        "mount -t tmpfs none /tmp",
        "mount -o remount,rw /",
        "mount -o remount,bind,rw /usr",
        "unshare -m true",
        "nsenter -t 1 -m true",
        "chroot / true || exit 1",
    ] {
        world.sh(&[], attack).failed();
    }
    world.sh(&[], "true").succeeded();
}

/// System calls by number, since no program makes the newer ones; they answer 0 or the errno.
const CALLS: &str = r"
import ctypes, os, platform, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    ctypes.set_errno(0)
    result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    return result, ctypes.get_errno()
";

fn python(code: &str) -> String {
    format!("exec /usr/bin/python3 - <<'END'\n{CALLS}\n{code}\nEND")
}

#[test]
fn threat_13_newer_calls_for_mounts_and_namespaces_are_closed_too() {
    let world = World::new();
    // fsopen, open_tree(OPEN_TREE_CLONE), clone3 have the same numbers on every architecture.
    let script = python(
        "new_user = 0x10000000
libc.unshare.argtypes = [ctypes.c_int]
assert libc.unshare(new_user) == 0, 'unshare'
assert libc.unshare(0x20000) == 0, 'mount namespace'
assert call(428, -100, b'/', 0x8001)[0] >= 0, 'open_tree'
assert call(430, b'tmpfs', 0)[0] >= 0, 'fsopen'",
    );
    works_only_outside(&world, &[], &script);
    let each = world.sh(
        &[],
        &python(
            "print(libc.unshare(0x10000000), call(428, -100, b'/', 0x8001)[0], call(430, b'tmpfs', 0)[0], call(435, 0, 0)[1])",
        ),
    );
    assert_eq!(each.succeeded().stdout, "-1 -1 -1 38\n");
}

#[test]
fn threat_14_devices_of_the_machine_are_absent_and_cannot_be_made() {
    let world = World::new();
    let listed = world.sh(&[], "ls /dev");
    let mut names: Vec<&str> = listed.succeeded().stdout.lines().collect();
    names.sort_unstable();
    let expected = [
        "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom",
        "zero",
    ];
    assert_eq!(names, expected);
    works_only_outside(&world, &[], "test -e /dev/kmsg");
    for device in ["mem", "kmsg", "kvm", "fuse", "net/tun", "kcore", "port", "vsock"] {
        world.sh(&[], &format!("cat /dev/{device}")).failed();
    }
    for attack in [
        "mknod null c 1 3",
        "mknod disk b 8 0",
        "mknod /tmp/mem c 1 1",
        "head -c 1 /proc/kcore",
    ] {
        world.sh(&[], attack).failed();
    }
    works_everywhere(
        &world,
        &[],
        "echo x > /dev/null && head -c 1 /dev/urandom > /dev/null && mknod pipe p && rm pipe",
    );
}

#[test]
fn threat_22_places_in_memory_are_bounded() {
    let world = World::new();
    let sizes = world.sh(
        &[],
        "df --output=size --block-size=1G /tmp /var/tmp /dev/shm | tail -n +2 | tr -d ' '",
    );
    assert_eq!(sizes.succeeded().stdout, "2\n2\n2\n");
    works_everywhere(
        &world,
        &[],
        "echo x > /dev/shm/askbox-test-file && rm /dev/shm/askbox-test-file",
    );
}

#[test]
fn threat_15_setuid_files_have_no_effect() {
    let world = World::new();
    // The loader prints its auxiliary vector unless the kernel says that privileges changed.
    let script = "test -u /usr/bin/su && LD_SHOW_AUXV=1 /usr/bin/su --version";
    let host = outside(&world, script);
    assert!(!host.succeeded().stdout.contains("AT_SECURE"), "{host:#?}");
    // Without that it would not start at all.
    let inside = world.sh(&["--allow-execute", "/usr/bin/su"], script);
    let words: Vec<&str> = inside.succeeded().stdout.split_whitespace().collect();
    let value = |name: &str| {
        words
            .iter()
            .position(|word| *word == name)
            .map(|at| words[at + 1])
    };
    assert_eq!(value("AT_SECURE:"), Some("0"), "{inside:#?}");
    assert_eq!(value("AT_EUID:"), value("AT_UID:"));
    let status = world.sh(
        &[],
        "grep -E '^(NoNewPrivs|Cap...|Seccomp):' /proc/self/status | tr -d '\\t '",
    );
    let text = &status.succeeded().stdout;
    for line in [
        "NoNewPrivs:1",
        "CapEff:0000000000000000",
        "CapBnd:0000000000000000",
        "Seccomp:2",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn threat_17_a_directory_descriptor_is_no_way_up() {
    let world = World::new();
    let script = python(
        "for start in ['.', '/', os.path.expanduser('~')]:
    fd = os.open(start, os.O_RDONLY | os.O_DIRECTORY)
    for up in ['../notes/spec.md', 'notes/spec.md', '../../home/notes/spec.md', '..' + '/..' * 20 + os.path.expanduser('~/notes/spec.md')]:
        try: print(open(os.open(up, os.O_RDONLY, dir_fd=fd)).read())
        except OSError: pass
os.fchdir(os.open('.', os.O_RDONLY))
os.chdir('../notes')
print(open('spec.md').read())",
    );
    let host = outside(&world, &script);
    assert!(host.succeeded().stdout.matches(MARKER).count() > 4);
    let inside = world.sh(&["--non-interactive"], &script);
    assert!(
        !inside.failed().stdout.contains(MARKER) && inside.stderr.contains("Permission denied"),
        "{inside:#?}"
    );
    works_everywhere(
        &world,
        &[],
        &python(
            "os.mkdir('d') if not os.path.exists('d') else None\nfd = os.open('d', os.O_RDONLY)\nos.listdir(os.open('..', os.O_RDONLY, dir_fd=fd))",
        ),
    );
}

#[test]
fn threat_17_files_cannot_be_opened_by_handle() {
    let world = World::new();
    let name_to_handle = if cfg!(target_arch = "aarch64") { 264 } else { 303 };
    let open_by_handle = name_to_handle + 1;
    let make = format!(
        "handle = ctypes.create_string_buffer(b'\\x80\\0\\0\\0', 136)
mount = ctypes.c_int()
got = call({name_to_handle}, -100, b'.', handle, ctypes.byref(mount), 0)
opened = call({open_by_handle}, os.open('.', os.O_RDONLY), handle, 0)"
    );
    works_only_outside(&world, &[], &python(&format!("{make}\nassert got[0] == 0, got")));
    let inside = world.sh(&[], &python(&format!("{make}\nprint(got, opened)")));
    assert_eq!(inside.succeeded().stdout, "(-1, 1) (-1, 1)\n");
}

#[test]
fn threat_48_other_families_of_sockets_are_not_there() {
    let world = World::new();
    // Packet sockets want a privilege outside; inside there is not even the family.
    let script = python(
        "import errno, socket
def attempt(make, family):
    try: make(family, socket.SOCK_DGRAM); return 'made'
    except OSError as error: return errno.errorcode[error.errno]
for family in [socket.AF_PACKET, socket.AF_UNIX]:
    print(attempt(socket.socket, family), attempt(socket.socketpair, family))",
    );
    let host = outside(&world, &script);
    assert_eq!(host.succeeded().stdout, "EPERM EPERM\nmade made\n");
    let inside = world.sh(&[], &script);
    assert_eq!(
        inside.succeeded().stdout,
        "EAFNOSUPPORT EAFNOSUPPORT\nmade made\n"
    );
}

#[test]
fn threat_53_settings_of_the_kernel_and_control_groups_cannot_be_written() {
    let world = World::new();
    // The mode of one lets everybody write, and the kernel wants a privilege.
    let writable = "find /proc/sys /sys -type f -writable ! -name ns_last_pid 2> /dev/null | grep .";
    // In a network of one's own there are some, so the words find what can be written.
    let own = format!("unshare -Urn sh -c '{writable}'");
    outside(&world, &own).succeeded();
    assert_eq!(world.sh(&[], writable).failed().stdout, "");
    for file in [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/ns_last_pid",
        "/proc/sys/net/ipv4/ip_forward",
        "/sys/fs/cgroup/cgroup.procs",
    ] {
        world.sh(&[], &format!("echo 0 > {file}")).failed();
    }
    works_everywhere(&world, &[], "find . -type d -writable | grep .");
}
