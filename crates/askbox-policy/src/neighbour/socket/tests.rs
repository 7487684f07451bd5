//! Which paths are sockets that can be named, and which of them are refused.

use super::*;

#[test]
fn a_socket_is_named_by_a_whole_plain_path() {
    for (text, is_one) in [
        ("/run/postgresql/.s.PGSQL.5432", true),
        ("/tmp/a b.sock", true),
        ("/tmp/\u{e4}.sock", true),
        ("run/x", false),
        ("/run/../x", false),
        ("/run//x", false),
        ("/run/x/", false),
        ("/run/x\n", false),
        ("/run/x ", false),
        ("~/x", false),
        ("", false),
    ] {
        assert_eq!(text.parse::<SocketPath>().is_ok(), is_one, "{text:?}");
    }
    let longest = format!("/{}", "x".repeat(106));
    assert!(longest.parse::<SocketPath>().is_ok());
    assert!(format!("{longest}x").parse::<SocketPath>().is_err());
}

#[test]
fn what_gives_everything_away_is_refused_with_its_reason_and_its_twin_is_not() {
    for (refused, twin) in [
        ("/run/docker.sock", "/run/docker.sock.d/x"),
        ("/home/u/.docker/run/docker.sock", "/home/u/docker.socket"),
        ("/run/user/1000/podman/podman.sock", "/run/user/1000/pod/pod.sock"),
        ("/run/systemd/private", "/run/systemd"),
        ("/run/user/1000/systemd/private", "/run/user/1000/private"),
        ("/run/user/1000/bus", "/run/user/1000/omnibus"),
        ("/run/user/1000/gnupg/S.gpg-agent.extra", "/run/user/1000/gnupg/S"),
        ("/tmp/ssh-XXabc/agent.12", "/tmp/ssh-XXabc/other"),
        ("/tmp/tmux-1000/default", "/tmp/tmux-1000"),
        ("/tmp/.X11-unix/X0", "/tmp/X11-unix/X0"),
        ("/run/user/1000/wayland-0", "/run/user/1000/way-0"),
        (
            "/run/user/1000/askbox/askbox.sock",
            "/run/postgresql/.s.PGSQL.5432",
        ),
    ] {
        let refusal = |text: &str| text.parse::<SocketPath>().unwrap().refusal();
        assert!(
            refusal(refused).is_some_and(|refusal| !refusal.reason.is_empty()),
            "{refused}"
        );
        assert_eq!(refusal(twin), None, "{twin}");
    }
}

#[test]
fn every_line_of_the_data_can_match_something() {
    for (pattern, reason, _) in REFUSED {
        let example = pattern.replace('*', "x");
        let below = if example.ends_with('/') { "socket" } else { "" };
        let path: SocketPath = format!("/{}{below}", example.trim_start_matches('/'))
            .parse()
            .unwrap();
        assert!(path.refusal().is_some(), "{pattern}");
        assert!(!reason.is_empty());
    }
}
