use std::path::Path;

use super::*;

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn check(home: &str, cases: &[(&str, Option<&str>)]) {
    for (of, expected) in cases {
        let top = top_directory(&path(of), &path(home));
        assert_eq!(top, expected.map(path), "{of}");
    }
}

#[test]
fn files_below_home_belong_to_its_entry_or_to_that_of_a_shared_directory() {
    check(
        "/home/u",
        &[
            ("/home/u/notes/a/b/c.md", Some("/home/u/notes")),
            ("/home/u/notes", Some("/home/u/notes")),
            ("/home/u/todo.txt", Some("/home/u/todo.txt")),
            ("/home/u/.cargo/registry/x", Some("/home/u/.cargo")),
            ("/home/u/.config/tool/rc", Some("/home/u/.config/tool")),
            ("/home/u/.config/rc", Some("/home/u/.config/rc")),
            ("/home/u/.local/share/tool/a/b", Some("/home/u/.local/share/tool")),
            ("/home/u/.local/bin/x", Some("/home/u/.local/bin")),
            ("/home/u/snap/tool/1/x", Some("/home/u/snap/tool")),
            ("/home/u/.var/app/org.x/y", Some("/home/u/.var/app/org.x")),
        ],
    );
}

#[test]
fn holders_belong_to_nothing() {
    let holders = [
        "/",
        "/home",
        "/home/u",
        "/home/u/.config",
        "/home/u/.local/share",
        "/home/v",
        "/opt",
        "/media/u",
    ];
    check("/home/u", &holders.map(|holder| (holder, None)));
}

#[test]
fn files_elsewhere_belong_to_what_was_put_there() {
    check(
        "/home/u",
        &[
            ("/opt/tool/lib/x", Some("/opt/tool")),
            ("/opt/x", Some("/opt/x")),
            ("/data/a/b", Some("/data")),
            ("/home/v/notes/x", Some("/home/v/notes")),
            ("/home/used/x", Some("/home/used/x")),
            ("/media/u/stick/a/b", Some("/media/u/stick")),
            ("/run/media/u/stick/a", Some("/run/media/u/stick")),
            ("/var/lib/tool/x", Some("/var/lib/tool")),
        ],
    );
}

#[test]
fn whatever_holds_the_home_directory_is_a_holder() {
    check(
        "/data/users/u",
        &[
            ("/data", None),
            ("/data/users", None),
            ("/data/x/y", Some("/data/x")),
            ("/data/users/v/notes", Some("/data/users/v")),
            (
                "/data/users/u/.config/tool/rc",
                Some("/data/users/u/.config/tool"),
            ),
        ],
    );
    check("/root", &[("/root", None), ("/root/a/b", Some("/root/a"))]);
}

#[test]
fn each_holder_lies_in_another() {
    for table in [OF_HOME, OF_HOST] {
        for holder in table {
            if let Some((parent, _)) = holder.rsplit_once('/') {
                assert!(table.contains(&parent), "{parent}");
            }
        }
    }
}
