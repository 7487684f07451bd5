use super::*;

#[test]
fn the_start_time_is_found_behind_any_name() {
    let check = |name: &str, expected: &str| {
        let fields: Vec<_> = (4..=52).map(|field| field.to_string()).collect();
        let stat = format!("17 ({name}) S {}\n", fields.join(" "));
        assert_eq!(
            parse_stat(stat.as_bytes()),
            Some(Stat {
                name: expected.to_owned(),
                parent: 4,
                has_ended: false,
                started: 22,
                ticks: 14 + 15 + 16 + 17,
                threads: 20,
                pages: 24,
            })
        );
    };
    check("curl", "curl");
    check("a b", "a b");
    check(") R 1 1 1 (", ") R 1 1 1 (");
    check("", "");
}

#[test]
fn half_a_line_has_no_start_time() {
    for stat in ["", "17", "17 (curl", "17 (curl)", "17 (curl) S 1 2 3", ") ("] {
        assert_eq!(parse_stat(stat.as_bytes()), None, "{stat}");
    }
}

#[test]
fn a_command_line_is_split_at_its_zeros() {
    let check = |line: &[u8], expected: &[&str]| assert_eq!(words(line), expected);
    check(b"", &[]);
    check(b"\0", &[]);
    check(b"ls\0", &["ls"]);
    check(b"ls\0\0-l\0", &["ls", "", "-l"]);
    check(b"a shorter title\0\0\0\0", &["a shorter title"]);
    check(b"a title without end", &["a title without end"]);
    check(b"\xff\0", &["\u{fffd}"]);
}

#[test]
fn a_link_of_a_socket_has_its_inode() {
    assert_eq!(socket_inode(OsStr::new("socket:[123]")), Some(123));
    for link in [
        "socket:[]",
        "socket:[x]",
        "pipe:[123]",
        "/tmp/socket:[123]",
        "socket:[123] (deleted)",
    ] {
        assert_eq!(socket_inode(OsStr::new(link)), None, "{link}");
    }
}

#[test]
fn this_process_is_described() {
    let pid = std::process::id();
    assert_eq!(exe(pid).as_deref(), std::env::current_exe().ok().as_deref());
    assert_eq!(command(pid), std::env::args().collect::<Vec<_>>());
    assert_eq!(namespace(pid), own_namespace());
    assert!(stat(pid).is_some_and(|stat| 0 < stat.started));
}

#[test]
fn nothing_is_known_of_a_process_that_is_not_there() {
    // Above the largest number that Linux gives out (2^22).
    let pid = 5_000_000;
    assert_eq!(
        (stat(pid), exe(pid), command(pid), namespace(pid)),
        (None, None, vec![], None)
    );
}
