use std::path::Path;

use askbox_policy::Aliases;

use super::*;

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

/// The other names of a path, by a table of device, root and place.
fn names(table: &[(&str, &str, &str)], of: &str) -> Vec<String> {
    let line = |(device, root, place): &(&str, &str, &str)| {
        format!("36 1 {device} {root} {place} rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw\n")
    };
    let table: String = table.iter().map(line).collect();
    let aliases = Aliases::new(MountTable::parse(table.as_bytes()).aliases());
    aliases.of(&path(of)).map(|name| name.to_string()).collect()
}

#[test]
fn slow_mounts_are_those_behind_a_network_or_a_program() {
    let table = MountTable::parse(
        b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
          36 22 0:32 / /home/u/far rw shared:5 - nfs4 server:/x rw\n\
          37 22 0:33 / /home/u/far\\040away rw - fuse.sshfs server:/x rw\n\
          38 22 0:34 / /home/u/odd\\134040\\012\xff rw - fuse x rw\n\
          garbled\n",
    );
    let slow: Vec<&Path> = table.slow().collect();
    let odd = OsString::from_vec(b"/home/u/odd\\040\n\xff".to_vec());
    let expected = [
        Path::new("/home/u/far"),
        Path::new("/home/u/far away"),
        Path::new(&odd),
    ];
    assert_eq!(slow, expected);
}

#[test]
fn a_bind_mount_gives_what_it_shows_a_second_name() {
    let root = ("8:1", "/", "/");
    // Of one file system, the user's home on the root's or on its own.
    let view = [root, ("8:1", "/home/u/dots", "/home/u/view")];
    assert_eq!(names(&view, "/home/u/view/conf"), ["/home/u/dots/conf"]);
    assert_eq!(names(&view, "/home/u/dots"), ["/home/u/view"]);
    assert_eq!(names(&view, "/home/u"), [""; 0]);
    let data = [root, ("8:2", "/", "/data"), ("8:2", "/home", "/home")];
    assert_eq!(names(&data, "/home/u/x"), ["/data/home/u/x"]);
    assert_eq!(names(&data, "/data/home/u"), ["/home/u"]);
    assert_eq!(names(&data, "/data/other"), [""; 0]);
    // Subvolumes have a root of their own each, and the whole may be mounted too.
    let volumes = [
        ("0:30", "/@", "/"),
        ("0:30", "/@home", "/home"),
        ("0:30", "/", "/all"),
    ];
    // Also those that another mount hides.
    assert_eq!(names(&volumes, "/home/u"), ["/all/@/home/u", "/all/@home/u"]);
    assert_eq!(names(&volumes, "/all/@home/u"), ["/all/@/all/@home/u", "/home/u"]);
    // The same twice, and a file.
    let twice = [
        root,
        ("8:3", "/a", "/x"),
        ("8:3", "/a", "/y"),
        ("8:1", "/f", "/etc/f"),
    ];
    assert_eq!(names(&twice, "/x/1"), ["/y/1"]);
    assert_eq!(names(&twice, "/f"), ["/etc/f"]);
}

#[test]
fn what_is_no_second_name_is_none() {
    let root = ("8:1", "/", "/");
    for table in [
        &[root, ("8:2", "/", "/data")][..],
        &[root, ("8:1", "/home/u/dots//deleted", "/home/u/dots/x")],
        &[
            root,
            ("0:4", "net:[4026531840]", "/run/netns/x"),
            ("0:4", "net:[1]", "/run/netns/y"),
        ],
        &[root, root],
    ] {
        assert_eq!(names(table, "/home/u/dots/conf"), [""; 0], "{table:?}");
    }
}
