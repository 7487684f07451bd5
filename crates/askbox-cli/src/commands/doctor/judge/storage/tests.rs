use expect_test::{Expect, expect};

use super::super::super::render;
use super::*;
use crate::output::Style;

const GOOD: Entry = Entry {
    right_type: true,
    owner: Owner::Us,
    mode: 0o700,
    writable: true,
    free: Some(LEAST_SPACE),
};

fn place(path: &str, found: Found) -> Place {
    Place {
        path: path.into(),
        found,
    }
}

fn check(found: Found, expected: &Expect) {
    let places = [
        place("/home/ada/.config/askbox", Found::Entry(GOOD)),
        place("/s", found),
    ];
    expected.assert_eq(&render(&directories(&places, None, &[]), Style::plain()));
}

#[test]
fn each_fault_of_a_directory_has_its_own_fix() {
    let entry = |change: fn(&mut Entry)| {
        let mut entry = GOOD;
        change(&mut entry);
        Found::Entry(entry)
    };
    check(
        entry(|_good| {}),
        &expect![[r#"
        ok       directories: can be written, by this user alone
    "#]],
    );
    check(
        entry(|entry| entry.right_type = false),
        &expect![[r#"
        problem  directories: /s
                 cause: something else than a directory has this name
                 fix: move it away: mv /s /s.old
    "#]],
    );
    check(
        entry(|entry| entry.owner = Owner::Other),
        &expect![[r#"
        problem  directories: /s
                 cause: it belongs to another user
                 fix: give it to you: sudo chown -R "$(id -u)" /s
    "#]],
    );
    check(
        entry(|entry| entry.mode = 0o720),
        &expect![[r#"
        problem  directories: /s
                 cause: others can change it (mode 720)
                 fix: chmod 700 /s
    "#]],
    );
    check(
        entry(|entry| entry.mode = 0o500),
        &expect![[r#"
        problem  directories: /s
                 cause: you cannot use it (mode 500)
                 fix: chmod 700 /s
    "#]],
    );
    check(
        entry(|entry| entry.writable = false),
        &expect![[r#"
        problem  directories: /s
                 cause: it cannot be written although its mode allows it
                 fix: find out why its file system is read-only: findmnt -T /s
    "#]],
    );
    check(
        entry(|entry| entry.free = Some(0)),
        &expect![[r#"
        problem  directories: /s
                 cause: next to no space is left on its file system
                 fix: free some space: df -h /s
    "#]],
    );
    check(
        Found::Unknown("Permission denied".into()),
        &expect![[r#"
        problem  directories: /s
                 cause: Permission denied
                 fix: look at what lies above it: namei -l /s
    "#]],
    );
}

#[test]
fn what_lies_above_is_not_open_to_all() {
    let check = |change: fn(&mut Entry), expected: &Expect| {
        let mut entry = GOOD;
        change(&mut entry);
        let (own, above) = (
            place("/r/a/config", Found::Entry(GOOD)),
            place("/r", Found::Entry(entry)),
        );
        expected.assert_eq(&render(&directories(&[own], None, &[above]), Style::plain()));
    };
    let fine = expect![[r#"
        ok       directories: can be written, by this user alone
    "#]];
    check(|entry| entry.mode = 0o775, &fine);
    // As /tmp is: nobody moves what others made there.
    check(|entry| (entry.mode, entry.owner) = (0o1777, Owner::Root), &fine);
    check(|entry| entry.mode = 0o1777, &fine);
    // Whose it is may move them.
    check(
        |entry| (entry.mode, entry.owner) = (0o1777, Owner::Other),
        &expect![[r#"
            problem  directories: /r
                     cause: every user can put a directory in the place of Askbox's (mode 1777)
                     fix: sudo chmod o-w /r
        "#]],
    );
    check(
        |entry| entry.mode = 0o777,
        &expect![[r#"
            problem  directories: /r
                     cause: every user can put a directory in the place of Askbox's (mode 777)
                     fix: chmod o-w /r
        "#]],
    );
    check(
        |entry| (entry.mode, entry.owner) = (0o757, Owner::Other),
        &expect![[r#"
            problem  directories: /r
                     cause: every user can put a directory in the place of Askbox's (mode 757)
                     fix: sudo chmod o-w /r
        "#]],
    );
}

#[test]
fn what_was_named_for_all_of_them_is_no_directory_of_ours() {
    let check = |change: fn(&mut Entry), expected: &Expect| {
        let mut entry = GOOD;
        change(&mut entry);
        let (own, root) = (
            place("/a b/config", Found::Entry(GOOD)),
            place("/a b", Found::Entry(entry)),
        );
        expected.assert_eq(&render(&directories(&[own], Some(&root), &[]), Style::plain()));
    };
    let fine = expect![[r#"
        ok       directories: can be written, by this user alone
    "#]];
    check(
        |entry| (entry.mode, entry.owner, entry.writable) = (0o1777, Owner::Root, false),
        &fine,
    );
    check(|entry| entry.mode = 0o755, &fine);
    check(
        |entry| entry.mode = 0o775,
        &expect![[r#"
            problem  directories: /a b
                     cause: its group can put a directory in the place of Askbox's (mode 775)
                     fix: chmod g-w '/a b'
        "#]],
    );
    check(
        |entry| entry.mode = 0o777,
        &expect![[r#"
            problem  directories: /a b
                     cause: every user can put a directory in the place of Askbox's (mode 777)
                     fix: chmod go-w '/a b'
        "#]],
    );
}

#[test]
fn what_is_not_there_can_be_made() {
    let nothing = |entry| Found::Nothing {
        nearest: "/".into(),
        entry,
    };
    // Whose directories lie above does not matter.
    let above = Entry {
        owner: Owner::Other,
        mode: 0o777,
        ..GOOD
    };
    check(
        nothing(above),
        &expect![[r#"
        ok       directories: can be written, by this user alone
    "#]],
    );
    check(
        nothing(Entry {
            writable: false,
            ..GOOD
        }),
        &expect![[r#"
        problem  directories: /s
                 cause: it is not there and cannot be made in /
                 fix: make / a directory that you can write
    "#]],
    );
    check(
        nothing(Entry {
            free: Some(1),
            ..GOOD
        }),
        &expect![[r#"
        problem  directories: /s
                 cause: next to no space is left on its file system
                 fix: free some space: df -h /
    "#]],
    );
}

#[test]
fn a_log_can_be_written_and_read() {
    let check = |mode, opened, expected: &Expect| {
        let place = place("/s/log.sqlite", Found::Entry(Entry { mode, ..GOOD }));
        expected.assert_eq(&render(&[log(&Log { place, opened })], Style::plain()));
    };
    check(
        0o600,
        Opened::Readable,
        &expect![[r#"
        ok       log: /s/log.sqlite
    "#]],
    );
    check(
        0o600,
        Opened::NotTried,
        &expect![[r#"
        ok       log: none yet; it begins with the first session
    "#]],
    );
    check(
        0o600,
        Opened::Newer("format 9".into()),
        &expect![[r#"
        problem  log: /s/log.sqlite
                 cause: format 9
                 fix: update Askbox
    "#]],
    );
    check(
        0o600,
        Opened::Failed("no database".into()),
        &expect![[r#"
        problem  log: /s/log.sqlite
                 cause: no database
                 fix: askbox daemon --restart, which keeps a broken log aside and begins a new one
    "#]],
    );
    check(
        0o600,
        Opened::Forbidden {
            path: "/s/log.sqlite-wal".into(),
            reason: "cannot read it".into(),
        },
        &expect![[r#"
        problem  log: /s/log.sqlite
                 cause: cannot read it
                 fix: chmod 600 /s/log.sqlite-wal
    "#]],
    );
    check(
        0o400,
        Opened::Readable,
        &expect![[r#"
        problem  log: /s/log.sqlite
                 cause: you cannot use it (mode 400)
                 fix: chmod 600 /s/log.sqlite
    "#]],
    );
}
