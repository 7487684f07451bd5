use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::display;
use crate::host::{Host, Port};
use crate::path_pattern::{CanonicalPath, PathPattern};
use crate::request::{Destination, Process, Project, Target};
use crate::rule::Pattern;

fn check(text: &str, expected: &str) {
    assert_eq!(display::text(text, 200), expected, "{text:?}");
}

#[test]
fn threat_62_hidden_characters_become_visible() {
    check(
        "plain text, ümlaut, 日本語, नमस्ते",
        "plain text, ümlaut, 日本語, नमस्ते",
    );
    check("\u{1b}]52;c;ZXZpbA==\u{7}", r"\u{1b}]52;c;ZXZpbA==\u{7}");
    check("a\nb\r\tc\0", r"a\nb\r\tc\u{0}");
    check("\u{9b}31m", r"\u{9b}31m");
    check("evil\u{202e}txt.exe", r"evil\u{202e}txt.exe");
    check("a\u{2066}b\u{2069}", r"a\u{2066}b\u{2069}");
    check("a\u{200b}b\u{feff}c\u{ad}d", r"a\u{200b}b\u{feff}c\u{ad}d");
    check("a\u{e0041}b\u{e000}", r"a\u{e0041}b\u{e000}");
    check("a\u{a0}b\u{3000}c\u{2028}d", r"a\u{a0}b\u{3000}c\u{2028}d");
    check("e\u{301}", "e\u{301}");
    check("\u{301}e", r"\u{301}e");
    check(
        "e\u{301}\u{301}\u{301}",
        r"e\u{301}\u{301}\u{301}"
            .replacen(r"\u{301}\u{301}", "\u{301}\u{301}", 1)
            .as_str(),
    );
}

#[test]
fn long_text_loses_its_middle() {
    assert_eq!(display::text("abcdefghij", 5), "ab…ij");
    assert_eq!(display::text("abcdefghij", 10), "abcdefghij");
    assert_eq!(display::text("abc", 0), "…");
    assert_eq!(
        display::path(Path::new("/home/me/a/very/long/way/to/file.txt"), 20),
        "/home/me/a…/file.txt"
    );
    assert_eq!(
        display::path(Path::new(OsStr::from_bytes(b"/a\xff\n")), 20),
        r"/a\xff\n"
    );
    // A name that has such characters itself is another one.
    assert_eq!(display::path(Path::new(r"/a\xff\n"), 20), r"/a\\xff\\n");
}

fn check_host(text: &str, expected: &str) {
    assert_eq!(
        display::host(&Host::parse(text).expect("a host")),
        expected,
        "{text:?}"
    );
}

#[test]
fn threat_62_punycode_is_shown_with_the_readable_form_only_where_that_is_clear() {
    check_host("example.com", "example.com");
    check_host("münchen.test", "xn--mnchen-3ya.test (münchen.test)");
    check_host("пример.test", "xn--e1afmkfd.test (пример.test)");
    check_host("日本語.test", "xn--wgv71a119e.test (日本語.test)");
    // Cyrillic letters that all look like Latin ones, and a mix of both scripts.
    for attack in [
        "аррӏе.test",
        "раураl.test",
        "gооgle.test",
        "ехаме.test",
        "ıdentity.test",
        "例ab.test",
    ] {
        let host = Host::parse(attack).expect("a host");
        assert_eq!(display::host(&host), host.to_string(), "{attack}");
    }
    check_host("2001:db8::1", "2001:db8::1");
}

#[test]
fn the_registrable_domain_of_a_long_name_stays() {
    let label = "a".repeat(60);
    let long = format!("accounts.example.com.{label}.{label}.{label}.evil.co.uk");
    let shown = display::host(&Host::parse(&long).expect("a host"));
    assert!(
        shown.starts_with("accounts.example.com.a") && shown.ends_with("a.evil.co.uk"),
        "{shown}"
    );
    assert!(
        shown.contains('…') && shown.chars().count() == display::MAX_HOST,
        "{shown}"
    );
    let wide = format!("{label}.{label}.kawasaki.jp");
    let shown = display::host(&Host::parse(&format!("xyz.{wide}")).expect("a host"));
    assert_eq!(shown, format!("….{wide}"));
}

fn check_parts(text: &str, expected: Option<(&str, &str, Option<&str>)>) {
    let host = Host::parse(text).expect("a host");
    let parts = display::host_parts(&host);
    let found = parts.as_ref().map(|parts| {
        let unicode = parts.unicode.as_deref();
        (parts.labels.as_str(), parts.registrable.as_str(), unicode)
    });
    assert_eq!(found, expected, "{text}");
}

#[test]
fn the_parts_of_a_host_say_whom_it_belongs_to() {
    check_parts("example.com", Some(("", "example.com", None)));
    check_parts("a.B.example.co.uk.", Some(("a.b.", "example.co.uk", None)));
    // Nobody registered these: the name as a whole.
    check_parts("co.uk", Some(("", "co.uk", None)));
    check_parts("localhost", Some(("", "localhost", None)));
    // Somebody else's below a shared suffix is not its owner's.
    check_parts("ada.github.io", Some(("", "ada.github.io", None)));
    check_parts("x.ada.github.io", Some(("x.", "ada.github.io", None)));
    check_parts("example.com.evil.test", Some(("example.com.", "evil.test", None)));
    check_parts(
        "www.münchen.test",
        Some(("www.", "xn--mnchen-3ya.test", Some("www.münchen.test"))),
    );
    // Latin letters and Cyrillic look-alikes: the readable form would lie.
    check_parts("pаypal.test", Some(("", "xn--pypal-4ve.test", None)));
    check_parts("192.0.2.1", None);
    check_parts("2001:db8::1", None);
}

proptest! {
    #[test]
    fn parts_are_the_name_and_harmless(labels in prop::collection::vec("[a-z0-9]{1,20}", 1..12)) {
        let text = format!("{}.test", labels.join("."));
        let host = Host::parse(&text).expect("a host");
        let parts = display::host_parts(&host).expect("a name");
        let shown = format!("{}{}", parts.labels, parts.registrable);
        prop_assert_eq!(&shown, &display::host(&host));
        prop_assert!(text.ends_with(&parts.registrable));
    }
}

fn network(host: &str, port: u16) -> Target {
    let (host, port) = (
        Host::parse(host).expect("a host"),
        Port::new(port).expect("a port"),
    );
    Target::Network(Destination { host, port })
}

fn known(toolchains: &[PathBuf]) -> display::Known<'_> {
    display::Known {
        home: Path::new("/home/me"),
        toolchains,
    }
}

fn canonical(path: impl AsRef<OsStr>) -> CanonicalPath {
    CanonicalPath::new(Path::new(&path)).expect("a path")
}

fn check_title(exe: &str, command: &[&str], expected: &str) {
    let process = Process {
        exe: (!exe.is_empty()).then(|| PathBuf::from(exe)),
        command: command.iter().map(|&word| word.to_owned()).collect(),
        ..Process::unknown()
    };
    let project = Project(PathBuf::from("/home/me/my-project"));
    let shown = display::title(
        &process,
        &project,
        &network("example.com", 443),
        &known(&[PathBuf::from("/home/me/.cargo/bin")]),
    );
    assert_eq!(shown, format!("{expected} (my-project) wants example.com"));
}

#[test]
fn only_programs_of_system_and_toolchains_go_by_their_bare_name() {
    check_title("/usr/bin/curl", &["curl"], "curl");
    check_title("/home/me/.cargo/bin/cargo", &["cargo"], "cargo");
    check_title("/home/me/my-project/npm", &["npm"], "\"./npm\"");
    check_title("/usrlocal/npm", &["npm"], "\"./npm\"");
    check_title("/tmp/n\npm\u{202e}", &["npm"], r#""./n\npm\u{202e}""#);
    check_title("", &[], "An unknown program");
}

#[test]
fn scripts_give_their_interpreters_a_name() {
    check_title(
        "/usr/bin/node",
        &["node", "/usr/lib/node_modules/npm/bin/npm-cli.js", "install"],
        "npm",
    );
    check_title("/usr/bin/node", &["node", "/usr/bin/npm"], "npm");
    check_title("/usr/bin/python3.12", &["python3", "/usr/bin/pip"], "pip");
    check_title("/usr/bin/node", &["node", "/tmp/npm"], "node \"./npm\"");
    check_title("/usr/bin/node", &["node", "/usr/../tmp/npm"], "node \"./npm\"");
    check_title("/usr/bin/node", &["node", "build.js"], "node \"./build.js\"");
    check_title("/usr/bin/bash", &["bash", "-c", "curl"], "bash");
    check_title("/tmp/node", &["node", "/usr/bin/npm"], "\"./node\"");
}

#[test]
fn targets_say_what_would_be_reached() {
    for (target, expected) in [
        (network("example.com", 443), "example.com"),
        (network("example.com", 80), "example.com:80"),
        (
            network("münchen.test", 22),
            "xn--mnchen-3ya.test:22 (münchen.test)",
        ),
        (network("2001:db8::1", 443), "2001:db8::1"),
        (network("2001:db8::1", 22), "[2001:db8::1]:22"),
    ] {
        assert_eq!(display::target(&target), expected);
    }
    let Target::Network(destination) = network("nas.test", 443) else {
        unreachable!()
    };
    let local = Target::LocalNetwork {
        destination,
        address: [10, 1, 2, 3].into(),
    };
    assert_eq!(
        display::target(&local),
        "nas.test on your local network (10.1.2.3)"
    );
    let read = Target::Read(canonical("/etc/a\u{1b}b"));
    let project = Project(PathBuf::from("/p/<b>"));
    let title = display::title(&Process::unknown(), &project, &read, &known(&[]));
    assert_eq!(title, r#"An unknown program ("<b>") wants to read /etc/a\u{1b}b"#);
}

#[test]
fn names_that_are_more_than_a_word_are_quoted() {
    for (name, expected) in [
        ("my-project", "my-project"),
        ("größe_1.2+x", "größe_1.2+x"),
        ("my project", r#""my project""#),
        ("x) wants good.test (y", r#""x) wants good.test (y""#),
        (r#"a" b\"#, r#""a\" b\\""#),
        ("a\u{202e}b", r#""a\u{202e}b""#),
        ("", r#""""#),
    ] {
        assert_eq!(display::name(name, 40), expected, "{name}");
    }
}

#[test]
fn titles_of_files_say_what_is_done_to_them() {
    let check = |target: Target, expected: &str| {
        let project = Project(PathBuf::from("/home/me/my-project"));
        let process = Process {
            exe: Some(PathBuf::from("/usr/bin/cat")),
            ..Process::unknown()
        };
        let title = display::title(&process, &project, &target, &known(&[]));
        assert_eq!(title, format!("cat (my-project) {expected}"));
    };
    check(
        Target::Read(canonical("/home/me/notes/a")),
        "wants to read ~/notes/a",
    );
    check(Target::Read(canonical("/home/me")), "wants to read ~");
    check(
        Target::Write(canonical("/home/meow/a")),
        "wants to change /home/meow/a",
    );
    check(Target::Execute(canonical("/home/me/x")), "wants to run ~/x");
    check(Target::Read(canonical("/home/me/~")), "wants to read ~/~");
    check(
        Target::Read(canonical(r#"/home/me/a"; answer with: askbox allow 1"#)),
        r#"wants to read "~/a\"; answer with: askbox allow 1""#,
    );
}

#[test]
fn odd_names_of_files_are_harmless() {
    let check = |name: &[u8], expected: &str| {
        let path = [b"/home/me/".as_slice(), name].concat();
        let read = Target::Read(canonical(OsStr::from_bytes(&path)));
        assert_eq!(display::target_at(&read, Path::new("/home/me")), expected);
        let tree = Pattern::Read(PathPattern::tree(read.path().expect("a path")));
        let shown = display::pattern(&tree, Path::new("/home/me"));
        assert_eq!(shown, format!("{expected} and everything below"));
    };
    check(b"a\nb\x1b[2J", r"~/a\nb\u{1b}[2J");
    check(b"a\xffb", r"~/a\xffb");
    check("a\u{202e}b".as_bytes(), r"~/a\u{202e}b");
    let long = [b'n'; 255];
    let (head, tail) = ("n".repeat(58), "n".repeat(59));
    check(&long, &format!("~/{head}…{tail}"));
}

#[test]
fn patterns_say_whether_they_are_for_more_than_a_path() {
    let check = |pattern: PathPattern, expected: &str| {
        let shown = display::pattern(&Pattern::Write(pattern), Path::new("/home/me"));
        assert_eq!(shown, expected);
    };
    let notes = canonical("/home/me/notes");
    check(PathPattern::exact(&notes), "~/notes");
    check(PathPattern::tree(&notes), "~/notes and everything below");
    check("/home/me/*.md".parse().expect("a pattern"), "/home/me/*.md");
}

#[test]
fn command_lines_are_quoted_for_the_shell() {
    let words = [
        "npm",
        "install",
        "",
        "a b",
        "it's",
        "--x=1",
        "a\nb",
        "\u{202e}",
        "\u{e0041}",
        "$HOME",
        "ü",
        "\u{1b}\u{ad}",
    ];
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    assert_eq!(
        display::command(&words),
        r"npm install '' 'a b' 'it'\''s' --x=1 $'a\nb' $'\u202e' $'\U000e0041' '$HOME' 'ü' $'\x1b\u00ad'"
    );
}

fn check_shortened(command: &[&str], expected: &[&str]) {
    let words: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
    let shown = display::command_shortened(Some(Path::new("/usr/bin/x")), &words);
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    assert_eq!(shown, [&["/usr/bin/x"], expected].concat(), "{command:?}");
}

#[test]
fn the_log_gets_few_and_short_words() {
    check_shortened(&["npm", "install", "left-pad"], &["npm", "install", "left-pad"]);
    check_shortened(
        &["a", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        &["a", "1", "2", "3", "4", "5", "6", "7", "8"],
    );
    check_shortened(
        &["x", &"y".repeat(100)],
        &["x", &format!("{}…{}", "y".repeat(32), "y".repeat(31))],
    );
    check_shortened(
        &["git", "commit", "-m", "a long story"],
        &["git", "commit", "-m", "a …"],
    );
    check_shortened(&["sh", "-c", "TOKEN=hunter2 run"], &["sh", "-c", "TOKEN=*** …"]);
    check_shortened(&[], &[]);
    assert_eq!(
        display::command_shortened(None, &["a".to_owned()]),
        ["unknown", "a"]
    );
}

#[test]
fn json_stays_the_same_and_acts_on_no_terminal() {
    let value = "a\u{9b}31m\u{202e}b\u{7f}\u{e0041}\n\"ä漢";
    let plain = serde_json::to_string_pretty(&[value]).unwrap();
    let escaped = display::json(&plain);
    assert_eq!(
        escaped,
        "[\n  \"a\\u009b31m\\u202eb\\u007f\\udb40\\udc41\\n\\\"ä漢\"\n]"
    );
    assert_eq!(serde_json::from_str::<[String; 1]>(&escaped).unwrap(), [value]);
    assert!(matches!(display::json("[\"ä\"]"), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn threat_67_secrets_never_reach_the_log() {
    for (command, expected) in [
        (vec!["x", "--token=hunter2"], vec!["x", "--token=***"]),
        (
            vec!["x", "--token", "hunter2", "y"],
            vec!["x", "--token", "***", "y"],
        ),
        (vec!["x", "--api-key", "--hunter2"], vec!["x", "--api-key", "***"]),
        (
            vec!["x", "--no-auth", "--password", "hunter2"],
            vec!["x", "--no-auth", "***", "***"],
        ),
        (vec!["x", "-token", "hunter2"], vec!["x", "-token", "***"]),
        (vec!["x", "-password=hunter2"], vec!["x", "-password=***"]),
        (vec!["curl", "-u", "me:hunter2"], vec!["curl", "-u", "me:***"]),
        (vec!["curl", "-ume:hunter2"], vec!["curl", "-ume:***"]),
        (vec!["curl", "--user=me:hunter2"], vec!["curl", "--user=me:***"]),
        (vec!["curl", "-su", "me:hunter2"], vec!["curl", "-su", "***"]),
        (
            vec!["curl", "-H", "Authorization: Bearer hunter2"],
            vec!["curl", "-H", "Authorization: ***"],
        ),
        (vec!["curl", "-HX-Thing: hunter2"], vec!["curl", "-HX-Thing: ***"]),
        (
            vec!["curl", "--header=Cookie: hunter2"],
            vec!["curl", "--header=Cookie: ***"],
        ),
        (
            vec!["/usr/bin/curl", "-d", "hunter2", "--data-raw", "hunter2"],
            vec!["/usr/bin/curl", "-d", "***", "--data-raw", "***"],
        ),
        (
            vec!["env", "GITHUB_TOKEN=hunter2", "PLAIN=hunter2"],
            vec!["env", "GITHUB_TOKEN=***", "PLAIN=***"],
        ),
        (
            vec!["docker", "-e", "NAME=hunter2", "--env=NAME=hunter2"],
            vec!["docker", "-e", "NAME=***", "--env=NAME=***"],
        ),
        (
            vec!["x", "db_password=hunter2", "a:token:hunter2"],
            vec!["x", "db_password=***", "a:token:***"],
        ),
        (
            vec!["x", r#"{"password":"hunter2"}"#],
            vec!["x", r#"{"password":***"#],
        ),
        (
            vec!["x", "ghp_hunter2", "eyJhbGciOi.hunter2"],
            vec!["x", "***", "***"],
        ),
        (
            vec!["npm", "install", "@types/node"],
            vec!["npm", "install", "@types/node"],
        ),
    ] {
        check_shortened(&command, &expected);
    }
}

#[test]
fn threat_67_secrets_in_the_word_of_their_flag_never_reach_the_log() {
    for (command, expected) in [
        (vec!["curl", "-sSume:hunter2"], vec!["curl", "-sSu***"]),
        (
            vec!["curl", "-sume:mypass", "file"],
            vec!["curl", "-su***", "***"],
        ),
        (
            vec!["curl", "-sHAuthorization:hunter2", "-sHX-Thing:hunter2"],
            vec!["curl", "-sH***", "***"],
        ),
        (
            vec!["curl", "-sHX-Thing:hunter2", "file"],
            vec!["curl", "-sH***", "file"],
        ),
        (vec!["curl", "-sXPUT", "file"], vec!["curl", "-sXPUT", "file"]),
        (vec!["x", "--api-key:hunter2"], vec!["x", "--api-key:***"]),
        (vec!["x", "--api-key:hunter2=a"], vec!["x", "--api-key:***=***"]),
        (vec!["x", "-ApiKey:hunter2"], vec!["x", "-ApiKey:***"]),
    ] {
        check_shortened(&command, &expected);
    }
}

#[test]
fn threat_67_passwords_of_short_flags_never_reach_the_log() {
    for (command, expected) in [
        (
            vec!["mysql", "-phunter2", "-p", "db"],
            vec!["mysql", "-p***", "-p", "db"],
        ),
        (vec!["sshpass", "-p", "hunter2"], vec!["sshpass", "-p", "***"]),
        (vec!["7z", "x", "-phunter2", "a"], vec!["7z", "x", "-p***", "a"]),
        (vec!["redis-cli", "-a", "hunter2"], vec!["redis-cli", "-a", "***"]),
        (vec!["unzip", "-Phunter2", "a"], vec!["unzip", "-P***", "a"]),
        (vec!["mkdir", "-p", "a", "-pb"], vec!["mkdir", "-p", "a", "-pb"]),
    ] {
        check_shortened(&command, &expected);
    }
}

#[test]
fn threat_67_tokens_are_known_by_their_beginning() {
    check_shortened(
        &[
            "x",
            "npm_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
            "npm_config_cache",
        ],
        &["x", "***", "npm_config_cache"],
    );
    check_shortened(&["x", "AGE-SECRET-KEY-1QQPZRY9"], &["x", "***"]);
}

#[test]
fn urls_lose_user_and_query() {
    for (url, expected) in [
        ("https://example.com/a?q=hunter2#hunter2", "https://example.com/a"),
        (
            "https://me:hunter2@example.com:8443/a",
            "https://example.com:8443/a",
        ),
        ("https://hunter2@example.com", "https://example.com"),
        ("https://me:hun/ter2@example.com", "https://***"),
        ("https://me:hun?ter2@example.com", "https://***"),
        ("https://me:hun@ter2@example.com", "https://example.com"),
        (
            "git+https://hunter2@example.com/@scope/x.git",
            "git+https://example.com/@scope/x.git",
        ),
        ("http://[::1]:3000/a?b", "http://[::1]:3000/a"),
        ("postgres://me:hunter2@db.test/x", "postgres://db.test/x"),
        (
            "--registry=https://me:hunter2@npm.test/?a=hunter2",
            "--registry=https://npm.test/",
        ),
        ("me:hunter2@db.test", "***@db.test"),
        ("example.com/a?token=hunter2", "example.com/a"),
        ("git@example.com:me/x.git", "git@example.com:me/x.git"),
    ] {
        check_shortened(&["x", url], &["x", expected]);
    }
}

/// Where a text that begins with a quotation mark is closed, if it is.
fn closed_at(quoted: &str) -> Option<usize> {
    let mut characters = quoted.char_indices().skip(1);
    while let Some((place, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '"' => return Some(place),
            _ => {}
        }
    }
    None
}

proptest! {
    #[test]
    fn what_is_quoted_is_closed_at_its_end_and_not_before(text in "[\\\\\" ;a\u{301}\u{202e}\u{e9}]{0,60}", max in 2_usize..40) {
        let path = display::path(Path::new(&text), max);
        for quoted in [display::phrase(path), display::name(&text, max)] {
            if quoted.starts_with('"') {
                prop_assert_eq!(closed_at(&quoted), Some(quoted.len() - 1), "{}", quoted);
            }
        }
    }

    #[test]
    fn nothing_hidden_is_ever_shown(text in "(?s).{0,80}", words in proptest::collection::vec("(?s).{0,20}", 0..5)) {
        let path = PathBuf::from(&text);
        let mut shown = display::command_shortened(Some(&path), &words);
        shown.extend([display::text(&text, 30), display::path(&path, 30), display::command(&words)]);
        for shown in shown {
            prop_assert!(!shown.chars().any(super::is_hidden), "{:?}", shown);
        }
        prop_assert!(display::text(&text, 30).chars().count() <= 30);
    }

    #[test]
    fn the_value_of_a_secret_flag_is_never_shown(name in "[a-z-]{0,5}(token|key|password|secret|auth)[a-z-]{0,3}", value in "[A-Z]{9,12}") {
        let words = ["x".to_owned(), format!("--{name}"), value.clone(), format!("--{name}={value}"), format!("{name}={value}")];
        prop_assert!(!display::command_shortened(None, &words).concat().contains(&value));
    }
}

#[test]
fn a_shown_command_keeps_its_script_and_loses_its_secrets() {
    let table: [(&[&str], &str); 6] = [
        (&["npm", "install", "left pad"], "npm install 'left pad'"),
        (
            &["sh", "-c", "make all && ./run  --fast"],
            "sh -c 'make all && ./run  --fast'",
        ),
        (
            &[
                "curl",
                "-H",
                "Authorization: Bearer abc",
                "https://me:pw@a.test/x?token=1",
            ],
            "curl -H 'Authorization: ***' https://a.test/x",
        ),
        (
            &[
                "sh",
                "-c",
                "curl -H 'Authorization: Bearer abc' https://a.test/?k=1; ls",
            ],
            r"sh -c 'curl -H '\''Authorization: *** *** *** https://a.test/ ls'",
        ),
        (
            &["sh", "-c", "TOKEN=abc run --password hunter2 x"],
            "sh -c 'TOKEN=*** run --password *** x'",
        ),
        (&["mysql", "-phunter2", "db"], "mysql '-p***' db"),
    ];
    for (words, shown) in table {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(display::command_without_secrets(&words), shown);
    }
}
