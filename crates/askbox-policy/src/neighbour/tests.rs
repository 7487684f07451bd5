//! Texts, and what covers what.

use super::*;

const KEY: &str = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";

fn pattern(text: &str) -> NeighbourPattern {
    text.parse().unwrap()
}

#[test]
fn a_pattern_is_read_as_it_is_written() {
    for text in [
        "ssh-agent",
        "ssh-sign * *",
        "ssh-sign * git.test",
        "ssh-sign * git.test:2222",
        "ssh-sign * 10.0.0.1",
        "ssh-sign * [fd00::1]:2222",
        "ssh-sign * @unknown-host",
        "ssh-sign * @unknown",
        "ssh-sign * @message/git",
        "socket /run/postgresql/.s.PGSQL.5432",
        "socket /tmp/with a space",
        "x11",
        "x11-trusted",
        "wayland",
        "dbus org.example.Service",
        &format!("ssh-sign {KEY} git.test"),
    ] {
        assert_eq!(pattern(text).to_string(), text);
    }
    assert_eq!(pattern("ssh-sign * fd00::1"), pattern("ssh-sign * [fd00::1]:22"));
    assert_eq!(
        pattern(" ssh-sign  * GIT.test. "),
        pattern("ssh-sign * git.test:22")
    );
}

#[test]
fn what_names_no_neighbour_is_refused() {
    for text in [
        "",
        "ssh",
        "ssh-agent *",
        "ssh-sign",
        "ssh-sign *",
        "ssh-sign * git.test more",
        "ssh-sign SHA256:short git.test",
        "ssh-sign MD5:aa git.test",
        "ssh-sign * git.test:0",
        "ssh-sign * git.test:ssh",
        "ssh-sign * @other",
        "ssh-sign * @message/",
        "ssh-sign * @message/a/b",
        "socket",
        "socket relative",
        "x11 trusted",
        "wayland wayland-0",
        "dbus",
        "dbus org.example.*",
        "dbus org.example.A org.example.B",
        "socket /run/../x",
    ] {
        assert!(text.parse::<NeighbourPattern>().is_err(), "{text}");
    }
}

#[test]
fn a_star_covers_what_is_named_and_nothing_else_does() {
    let named = format!("ssh-sign {KEY} git.test");
    for (outer, inner, covers) in [
        ("ssh-agent", "ssh-agent", true),
        ("ssh-agent", "ssh-sign * *", false),
        ("ssh-sign * *", "ssh-agent", false),
        ("ssh-sign * *", &named, true),
        ("ssh-sign * git.test", &named, true),
        ("ssh-sign * git.test:2222", &named, false),
        ("ssh-sign * other.test", &named, false),
        ("ssh-sign * @unknown-host", &named, false),
        (&named, "ssh-sign * *", false),
        ("socket /run/x", "socket /run/x", true),
        ("socket /run/x", "socket /run/x/y", false),
        ("socket /run/x", "ssh-agent", false),
        ("x11", "x11", true),
        ("dbus org.example.A", "dbus org.example.A", true),
        ("dbus org.example.A", "dbus org.example.A.B", false),
        ("x11", "x11-trusted", false),
        ("x11-trusted", "x11", false),
        ("wayland", "wayland", true),
        ("x11-trusted", "wayland", false),
        (&named, "ssh-sign * git.test", false),
    ] {
        assert_eq!(
            pattern(outer).covers(&pattern(inner)),
            covers,
            "{outer} of {inner}"
        );
    }
}

#[test]
fn a_use_is_said_with_key_and_host() {
    let sign = |comment: &str, purpose: &str| {
        Neighbour::SshSign(Box::new(SshSignature {
            key: KEY.parse().unwrap(),
            comment: comment.to_owned(),
            purpose: purpose.parse().unwrap(),
        }))
    };
    for (neighbour, shown) in [
        (Neighbour::SshKeys, "which keys your ssh agent holds"),
        (
            sign("ada@laptop", "git.test"),
            "your ssh key ada@laptop to log in at git.test",
        ),
        (
            sign("to log in at bank.test", "git.test:2222"),
            "your ssh key \"to log in at bank.test\" to log in at git.test:2222",
        ),
        (
            sign("ada@laptop", "@unknown-host"),
            "your ssh key ada@laptop to log in at a host that is not among those you know",
        ),
        (
            sign("ada@laptop", "@message/git"),
            "your ssh key ada@laptop to sign a message (git)",
        ),
    ] {
        assert_eq!(neighbour.shown(), shown);
    }
    assert_eq!(
        sign("ada@laptop", "git.test").to_string(),
        format!("ssh-sign {KEY} git.test (key ada@laptop)")
    );
}

#[test]
fn a_namespace_that_could_be_misread_is_none() {
    for (name, is_one) in [
        ("git", true),
        ("file@example.test", true),
        ("", false),
        ("a b", false),
        ("a/b", false),
    ] {
        assert_eq!(Namespace::new(name).is_some(), is_one, "{name}");
    }
}
