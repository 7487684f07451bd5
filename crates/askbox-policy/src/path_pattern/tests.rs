#![expect(clippy::indexing_slicing, reason = "a failed index fails the test")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use proptest::prelude::*;

use super::*;

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn pattern(text: &str) -> PathPattern {
    let (home, project) = (path("/home/u"), path("/home/u/src/app"));
    PathPattern::parse(
        text,
        &PathContext {
            home: &home,
            project: Some(&project),
        },
    )
    .unwrap()
}

#[test]
fn a_relative_pattern_begins_at_the_directory_of_its_author() {
    for (text, directory, expected) in [
        ("notes", "/home/u/src", "/home/u/src/notes"),
        ("./notes", "/home/u/src", "/home/u/src/notes"),
        ("=./a/b", "/home/u/src", "=/home/u/src/a/b"),
        (".", "/home/u/src", "/home/u/src"),
        ("./", "/home/u/src", "/home/u/src"),
        ("..", "/home/u/src", "/home/u"),
        (".././../x", "/home/u/src", "/home/x"),
        ("../../../..", "/home/u", "/"),
        ("x", "/", "//x"),
        ("**/*.key", "/odd [dir]", r"/odd \[dir]/**/*.key"),
        (".hidden", "/home/u", "/home/u/.hidden"),
        ("/abs/./x", "/home/u", "/abs/./x"),
        ("=/abs", "/home/u", "=/abs"),
        ("~/x", "/home/u", "~/x"),
        ("{project}/x", "/home/u", "{project}/x"),
        ("", "/home/u", ""),
        ("=", "/home/u", "="),
    ] {
        assert_eq!(PathPattern::text_in(text, &path(directory)), expected, "{text}");
    }
    let root: PathPattern = PathPattern::text_in("x", &path("/")).parse().unwrap();
    assert_eq!(root, PathPattern::tree(&path("/x")));
}

#[test]
fn a_pattern_matches_what_its_text_says() {
    let check = |text: &str, yes: &[&str], no: &[&str]| {
        let pattern = pattern(text);
        for at in yes {
            assert!(pattern.matches(&path(at)), "{text} matches {at}");
        }
        for at in no {
            assert!(!pattern.matches(&path(at)), "{text} does not match {at}");
        }
    };
    check("/", &["/", "/etc", "/etc/hosts"], &[]);
    check(
        "~/docs",
        &["/home/u/docs", "/home/u/docs/a/b"],
        &["/home/u/docs2", "/home/u", "/docs"],
    );
    check(
        "~//docs/./",
        &["/home/u/docs", "/home/u/docs/a"],
        &["/home/u/doc"],
    );
    check("=~/docs", &["/home/u/docs"], &["/home/u/docs/a", "/home/u"]);
    check("{project}/out", &["/home/u/src/app/out/x"], &["/home/u/src/app"]);
    check(
        "~/docs/*",
        &["/home/u/docs/a"],
        &["/home/u/docs", "/home/u/docs/a/b"],
    );
    check(
        "~/docs/**",
        &["/home/u/docs/a", "/home/u/docs/a/b"],
        &["/home/u/docs", "/home/u/docs2"],
    );
    check(
        "~/src/**/.env",
        &["/home/u/src/.env", "/home/u/src/a/b/.env", "/home/u/src/a/.env/x"],
        &["/home/u/src/a"],
    );
    check(
        "~/src/*/target",
        &["/home/u/src/a/target/debug"],
        &["/home/u/src/target", "/home/u/src/a/b/target"],
    );
    check(
        "~/*.txt",
        &["/home/u/a.txt", "/home/u/.txt"],
        &["/home/u/a.txt2", "/home/u/d/a.txt"],
    );
    check(
        "~/a*b*c",
        &["/home/u/abc", "/home/u/axbxbxc"],
        &["/home/u/ac", "/home/u/abcd"],
    );
    check("~/ab*ba", &["/home/u/abba"], &["/home/u/aba"]);
    check(r"~/\*", &["/home/u/*"], &["/home/u/a"]);
    check(r"/a\x20b", &["/a b"], &["/ab"]);
}

#[test]
fn what_has_no_single_meaning_is_refused() {
    let check = |text: &str, expected: PathError| {
        let home = path("/home/u");
        let context = PathContext {
            home: &home,
            project: None,
        };
        assert_eq!(PathPattern::parse(text, &context), Err(expected), "{text}");
    };
    check("", PathError::Empty);
    check("=", PathError::Empty);
    check("docs", PathError::NotAbsolute);
    check("./docs", PathError::NotAbsolute);
    check("~other/docs", PathError::NotAbsolute);
    check("{project}/x", PathError::NoProject);
    check("~/../other", PathError::Parent);
    check(r"~/\x2e./other", PathError::Parent);
    check("/a/*/../b", PathError::Parent);
    check("~/a?", PathError::Unsupported('?'));
    check("~/[ab]", PathError::Unsupported('['));
    check("~/{a,b}", PathError::Unsupported('{'));
    check("~/a**", PathError::PartialDoubleStar);
    check("~/***", PathError::PartialDoubleStar);
    check(r"~/a\", PathError::Escape);
    check(r"~/a\n", PathError::Escape);
    check(r"~/a\x2fb", PathError::Escape);
    check(r"~/a\x00", PathError::Nul);
    check("/a\0", PathError::Nul);
    check("=~/*", PathError::ExactGlob);
    check(&format!("/{}", "a".repeat(20_000)), PathError::TooLong);
}

#[test]
fn the_path_itself_is_more_specific_than_a_deeper_directory_than_a_shallower_one() {
    let at = path("/home/u/src/app/.env");
    let patterns = [
        "/",
        "~/**",
        "~",
        "/home/*/src",
        "~/src",
        "/home/u/*/app",
        "~/src/app",
        "~/src/**/.env",
        "=~/src/app/.env",
    ]
    .map(pattern);
    let mut sorted = patterns.clone();
    sorted.sort_by_key(|pattern| pattern.specificity(&at));
    // A glob counts for the components that it spells out; of equals the plain path is more specific.
    let texts = sorted.each_ref().map(ToString::to_string);
    assert_eq!(
        texts,
        [
            "/",
            "/home/u/**",
            "/home/*/src",
            "/home/u",
            "/home/u/*/app",
            "/home/u/src",
            "/home/u/src/**/.env",
            "/home/u/src/app",
            "=/home/u/src/app/.env"
        ]
    );
    assert_eq!(
        pattern("~/src/app/.env").specificity(&at),
        pattern("=~/src/app/.env").specificity(&at)
    );
}

#[test]
fn covering_errs_towards_covering_more() {
    let check = |outer: &str, inner: &str, expected: bool| {
        assert_eq!(
            pattern(outer).covers(&pattern(inner)),
            expected,
            "{outer} covers {inner}"
        );
    };
    check("~/docs", "~/docs/a", true);
    check("~/docs", "=~/docs", true);
    check("~/docs", "~/docs/*", true);
    check("~/docs/a", "~/docs", false);
    check("=~/docs", "~/docs", false);
    check("=~/docs", "=~/docs", true);
    check("~/docs/*", "=~/docs/a", true);
    check("~/**/.env", "~/src/.env", true);
    check("~/*/x", "~/docs/**", false);
    check("/", "~", true);
}

#[test]
fn what_may_lie_below_a_directory_is_known() {
    let check = |text: &str, at: &str, expected: bool| {
        assert_eq!(
            pattern(text).reaches_below(&path(at)),
            expected,
            "{text} below {at}"
        );
    };
    check("~/.ssh", "/home/u", true);
    check("~/.ssh", "/home/u/.ssh/keys", true);
    check("=~/.ssh", "/home/u/.ssh/keys", false);
    check("~/.ssh", "/home/u/src", false);
    check("~/.cargo/credentials*", "/home/u/.cargo", true);
    check("~/.cargo/credentials*", "/home/u/.cargo/registry", false);
    check("~/.var/app/*/config", "/home/u/.var/app/org.example", true);
    check("~/.var/app/*/config", "/home/u/.var/app/org.example/cache", false);
    check("~/**/x", "/home/u/a/b", true);
}

#[test]
fn a_path_that_is_not_utf8_survives_as_text() {
    let odd = CanonicalPath::new(Path::new(OsStr::from_bytes(b"/a\\b/\xff\n*"))).unwrap();
    assert_eq!(serde_json::to_string(&odd).unwrap(), r#""/a\\\\b/\\xff\n*""#);
    let back: CanonicalPath = serde_json::from_str(&serde_json::to_string(&odd).unwrap()).unwrap();
    assert_eq!(back, odd);
    assert_eq!(PathPattern::exact(&odd).to_string(), r"=/a\\b/\xff\x0a\*");
}

#[test]
fn a_text_that_is_not_canonical_is_no_path() {
    assert!(serde_json::from_str::<CanonicalPath>("\"a\"").is_err());
    assert!(serde_json::from_str::<CanonicalPath>("\"/a/../b\"").is_err());
}

fn component() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(b"*?[{\\=~.}]ab\xc3\xa4".as_slice())
    ];
    prop::collection::vec(
        byte.prop_filter("part of a name", |byte| ![0, b'/'].contains(byte)),
        1..6,
    )
    .prop_filter("a name", |name| {
        ![b".".as_slice(), b"..".as_slice()].contains(&name.as_slice())
    })
}

fn any_path() -> impl Strategy<Value = CanonicalPath> {
    prop::collection::vec(component(), 0..5).prop_map(|parts| path_of(&parts))
}

fn path_of(parts: &[Vec<u8>]) -> CanonicalPath {
    let mut bytes = b"/".to_vec();
    bytes.extend(parts.join(&b'/'));
    CanonicalPath::new(Path::new(OsStr::from_bytes(&bytes))).unwrap()
}

proptest! {
    #[test]
    fn every_path_and_its_patterns_survive_as_text(path in any_path()) {
        let text = String::from(path.clone());
        prop_assert_eq!(&CanonicalPath::try_from(text).unwrap(), &path);
        for pattern in [PathPattern::exact(&path), PathPattern::tree(&path)] {
            prop_assert_eq!(pattern.to_string().parse::<PathPattern>().unwrap(), pattern.clone());
            prop_assert!(pattern.matches(&path));
            prop_assert!(pattern.names(&path));
        }
    }

    #[test]
    fn every_text_that_parses_survives_its_display(text in "[=]?(/|~/|\\{project\\}/)([ab*.\\\\x0-9=~/]|\\*\\*){0,12}") {
        let (home, project) = (path("/home/u"), path("/p"));
        let context = PathContext { home: &home, project: Some(&project) };
        if let Ok(pattern) = PathPattern::parse(&text, &context) {
            prop_assert_eq!(pattern.to_string().parse::<PathPattern>().unwrap(), pattern);
        }
    }

    #[test]
    fn a_glob_agrees_with_a_plain_backtracking_matcher(
        parts in prop::collection::vec("[ab]|\\*|\\*\\*|a\\*|\\*b\\*", 1..5),
        names in prop::collection::vec("[ab]{1,3}", 0..5),
    ) {
        let text = format!("/{}", parts.join("/"));
        let pattern: PathPattern = text.parse().unwrap();
        let at = path(&format!("/{}", names.join("/")));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        prop_assert_eq!(pattern.matches(&at), naive(&parts, &names), "{} {}", text, at);
    }
}

/// The rule of `PathPattern::matches` in the fewest words.
fn naive(parts: &[&str], names: &[&str]) -> bool {
    let (head, tail) = parts.split_at(parts.len() - 1);
    let wild = parts.iter().any(|part| part.contains('*'));
    match tail[0] {
        "**" => (0..names.len()).any(|end| whole(head, &names[..end])),
        "*" => whole(parts, names),
        _ if wild => (0..=names.len()).any(|end| whole(parts, &names[..end])),
        _ => names.starts_with(parts),
    }
}

fn whole(parts: &[&str], names: &[&str]) -> bool {
    match (parts.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), None) => whole(rest, names),
        (Some((&"**", rest)), Some((_, more))) => whole(rest, names) || whole(parts, more),
        (Some((part, rest)), Some((name, more))) => one(part, name) && whole(rest, more),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn one(part: &str, name: &str) -> bool {
    match part.chars().next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len()).any(|at| one(&part[1..], &name[at..])),
        Some(character) => name.starts_with(character) && one(&part[1..], &name[1..]),
    }
}
