//! Files by which another account of the machine acts as the user: none comes from inside, neither in the project, which is the
//! host's own, nor by the asking file system.

use askbox_tests::World;

use crate::both::{outside, works_everywhere, works_only_outside};

const GRANTED: &[&str] = &[
    "--non-interactive",
    "--allow-read",
    "~/notes",
    "--allow-write",
    "~/notes",
];

/// A script of Python, which may ask `openat2(path, flags, mode)`.
fn python(script: &str) -> String {
    format!(
        "exec /usr/bin/python3 - <<'END'
import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
def openat2(path, flags, mode):
    how = struct.pack('QQQ', flags, mode, 0)
    fd = libc.syscall(ctypes.c_long(437), -100, path.encode(), how, ctypes.c_size_t(24))
    if fd < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return fd
os.umask(0)
{script}
END"
    )
}

/// Ways to a file `new` of a mode, MODE.
const WAYS: &[&str] = &[
    "open('new', 'w'); os.chmod('new', 0oMODE)",
    "os.fchmod(os.open('new', os.O_CREAT | os.O_WRONLY, 0o600), 0oMODE)",
    "open('new', 'w'); os.chmod('new', 0oMODE, dir_fd=os.open('.', os.O_RDONLY))",
    "os.close(os.open('new', os.O_CREAT | os.O_WRONLY, 0oMODE))",
    "os.mknod('new', 0o100000 | 0oMODE)",
];

/// What only the host's file system can do.
const WAY_WITHOUT_A_NAME: &str = "fd = os.open('.', os.O_TMPFILE | os.O_WRONLY, 0oMODE)
os.link(f'/proc/self/fd/{fd}', 'new', src_dir_fd=fd, follow_symlinks=True)";

/// Makes a file by a way, in a directory, and looks whether it has that mode.
fn make(directory: &str, way: &str, mode: &str) -> String {
    let way = way.replace("MODE", mode);
    let script = format!("{way}\nassert os.stat('new').st_mode & 0o7777 == 0o{mode}");
    format!("cd {directory} && rm -f new && {}", python(&script))
}

#[test]
fn threat_72_no_way_leads_to_a_set_user_id_file_of_the_project() {
    let world = World::new();
    for way in WAYS.iter().chain([&WAY_WITHOUT_A_NAME]) {
        works_only_outside(&world, &[], &make(".", way, "4755"));
        works_everywhere(&world, &[], &make(".", way, "1755"));
    }
    for command in [
        "install -m MODE /usr/bin/true new",
        "cp /usr/bin/true new && chmod MODE new",
    ] {
        works_only_outside(
            &world,
            &[],
            &format!("rm -f new && {}", command.replace("MODE", "u+s,g=rx")),
        );
        works_everywhere(
            &world,
            &[],
            &format!("rm -f new && {}", command.replace("MODE", "u=rwx,g=rx")),
        );
    }
}

#[test]
fn threat_72_no_way_leads_to_a_set_id_file_by_the_asking_file_system() {
    let world = World::new();
    let by_struct = "os.close(openat2('new', os.O_CREAT | os.O_WRONLY, 0oMODE))";
    for way in WAYS.iter().chain([&by_struct]) {
        for mode in ["4755", "2755", "6755"] {
            works_only_outside(&world, GRANTED, &make("~/notes", way, mode));
        }
        works_everywhere(&world, GRANTED, &make("~/notes", way, "1755"));
    }
}

/// Of `openat2` no filter sees the mode. The kernel takes the bit away from a file that something comes into.
#[test]
fn threat_72_a_set_user_id_file_that_a_filter_cannot_see_stays_empty() {
    let world = World::new();
    let ways = "source = os.open('source', os.O_CREAT | os.O_RDWR, 0o600)
os.write(source, b'x' * 8192)
def splice(fd):
    end, other = os.pipe(); os.write(other, b'x'); os.splice(end, fd, 1)
for grow in (
    lambda fd: os.write(fd, b'x'),
    lambda fd: os.pwritev(fd, [b'x'], 0),
    lambda fd: os.ftruncate(fd, 4096),
    lambda fd: os.truncate('new', 4096),
    lambda fd: os.posix_fallocate(fd, 0, 4096),
    lambda fd: os.copy_file_range(source, fd, 4096, 0, 0),
    lambda fd: os.sendfile(fd, source, 0, 4096),
    splice,
):
    fd = openat2('new', os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o4755)
    assert os.fstat(fd).st_mode & 0o7777 == 0o4755
    grow(fd)
    assert os.fstat(fd).st_size and os.fstat(fd).st_mode & 0o7777 == 0o755
    os.remove('new')
print('none')";
    let inside = works_everywhere(&world, &[], &python(ways));
    assert_eq!(inside.stdout, "none\n");
}

/// A directory that gives its group on, with a tree and archives of it that were made elsewhere.
const SHARED: &str = "mkdir plain plain/a && echo x > plain/a/file && chmod 750 plain/a/file && tar cf plain.tar plain &&
mkdir -p package/DEBIAN package/usr && cp plain/a/file package/usr &&
printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@x.test>\\nDescription: x\\n' > package/DEBIAN/control &&
dpkg-deb --build --root-owner-group package package.deb &&
mkdir shared && chmod g+s shared";

#[test]
fn a_directory_that_gives_its_group_on_holds_what_programs_make_in_it() {
    let world = World::new();
    outside(&world, SHARED).succeeded();
    let script = "cd shared && mkdir made && mkdir -m 750 other && install -d installed && install -m 755 -D ../plain/a/file deep/file &&
cp -r ../plain copy && cp -a ../plain exact && tar xf ../plain.tar && dpkg-deb --extract ../package.deb extracted &&
git init -q repository && git -C repository -c user.name=x -c user.email=x@x.test commit -q --allow-empty -m x && git clone -q repository clone &&
git -C clone log --format=%s && find . -perm /6000 ! -type d && test -g made";
    let inside = world.sh(&[], script);
    assert_eq!(inside.succeeded().stdout, "x\n", "{inside:#?}");
    let of_the_bit = "cd shared && cd $(mktemp -d -p .) && mkdir new && chmod 750 new && test -g new && cp -a new second && test -g second &&
chmod g-s new && chmod g+s new && git init -q --shared group && test -g group/.git";
    works_everywhere(&world, &[], of_the_bit);
}
