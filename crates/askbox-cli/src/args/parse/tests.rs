use expect_test::{Expect, expect};

use super::*;

fn show<T: std::fmt::Debug, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result.map_or_else(|error| format!("error: {error}"), |value| format!("{value:?}"))
}

/// One line for each input: what became of it.
fn check<T: std::fmt::Debug, E: std::fmt::Display>(
    parse: impl Fn(&str) -> Result<T, E>,
    inputs: &[&str],
    expected: &Expect,
) {
    let lines: Vec<String> = inputs
        .iter()
        .map(|input| format!("{input:?} {}", show(parse(input))))
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn durations() {
    check(
        duration,
        &[
            "30s", "10m", "1h", "1h 30m", "2d", "1s", "1500ms", "999ms", "1ms", "0s", "", "5", "-1h", "soon",
        ],
        &expect![[r#"
        "30s" 30s
        "10m" 600s
        "1h" 3600s
        "1h 30m" 5400s
        "2d" 172800s
        "1s" 1s
        "1500ms" 1.5s
        "999ms" error: the time must be at least a second: 1s
        "1ms" error: the time must be at least a second: 1s
        "0s" error: the time must be at least a second: 1s
        "" error: a time is a number and a unit, such as 30s, 10m, 1h or 2d
        "5" error: a time is a number and a unit, such as 30s, 10m, 1h or 2d
        "-1h" error: a time is a number and a unit, such as 30s, 10m, 1h or 2d
        "soon" error: a time is a number and a unit, such as 30s, 10m, 1h or 2d"#]],
    );
}

#[test]
fn beginnings() {
    check(
        since,
        &[
            "1h",
            "0s",
            "2026-05-01T12:00:00Z",
            "2026-05-01 12:00:00",
            "yesterday",
            "",
        ],
        &expect![[r#"
        "1h" Ago(3600s)
        "0s" Ago(0ns)
        "2026-05-01T12:00:00Z" At(SystemTime { tv_sec: 1777636800, tv_nsec: 0 })
        "2026-05-01 12:00:00" At(SystemTime { tv_sec: 1777636800, tv_nsec: 0 })
        "yesterday" error: expected how long ago (1h, 2d) or a time in UTC (2026-05-01T12:00:00Z)
        "" error: expected how long ago (1h, 2d) or a time in UTC (2026-05-01T12:00:00Z)"#]],
    );
}

#[test]
fn a_beginning_is_a_time() {
    let now = std::time::UNIX_EPOCH + Duration::from_secs(10_000);
    assert_eq!(since("1h").unwrap().milliseconds(now), 6_400_000);
    assert_eq!(since("1970-01-01T00:00:01Z").unwrap().milliseconds(now), 1_000);
    assert_eq!(since("9999days").unwrap().milliseconds(now), 0);
}

#[test]
fn pins() {
    let show = |text: &str| pin(text).map(|pin| format!("{} {} {}", pin.host, pin.port, pin.address));
    check(
        show,
        &[
            "api.test:443:127.0.0.1",
            "API.Test.:443:[::1]",
            "api.test:443:::1",
            "[2001:db8::1]:80:[2001:db8::2]",
            "192.0.2.1:80:192.0.2.2",
            "api.test:0:127.0.0.1",
            "api.test:65536:127.0.0.1",
            "api.test:443:127.0.0.1,127.0.0.2",
            "api.test:443:localhost",
            "api.test:443:[::1",
            "api.test:443",
            "*.test:443:127.0.0.1",
            ":443:127.0.0.1",
            "",
        ],
        &expect![[r#"
            "api.test:443:127.0.0.1" "api.test 443 127.0.0.1"
            "API.Test.:443:[::1]" "api.test 443 ::1"
            "api.test:443:::1" "api.test 443 ::1"
            "[2001:db8::1]:80:[2001:db8::2]" "2001:db8::1 80 2001:db8::2"
            "192.0.2.1:80:192.0.2.2" "192.0.2.1 80 192.0.2.2"
            "api.test:0:127.0.0.1" error: `0` is not a port from 1 to 65535
            "api.test:65536:127.0.0.1" error: `65536` is not a port from 1 to 65535
            "api.test:443:127.0.0.1,127.0.0.2" error: one address only: connections go to the one that is permitted
            "api.test:443:localhost" error: `localhost` is not an address; expected HOST:PORT:ADDRESS, such as api.test:443:127.0.0.1 or api.test:443:[::1]
            "api.test:443:[::1" error: `[::1` is not an address; expected HOST:PORT:ADDRESS, such as api.test:443:127.0.0.1 or api.test:443:[::1]
            "api.test:443" error: expected HOST:PORT:ADDRESS, such as api.test:443:127.0.0.1 or api.test:443:[::1]
            "*.test:443:127.0.0.1" error: `*.test` is not a host: a host cannot contain '*'
            ":443:127.0.0.1" error: `` is not a host: the host is empty
            "" error: expected HOST:PORT:ADDRESS, such as api.test:443:127.0.0.1 or api.test:443:[::1]"#]],
    );
}

#[test]
fn variables() {
    check(
        |text| environment(OsString::from(text)),
        &[
            "NAME",
            "NAME=",
            "NAME=a=b",
            "=value",
            "",
            "npm_config_x=1",
            "A B=c",
            " A",
            "A\n=c",
            "A=b c",
            "A\0=c",
        ],
        &expect![[r#"
            "NAME" EnvironmentOption { name: "NAME", value: None }
            "NAME=" EnvironmentOption { name: "NAME", value: Some(OsText("")) }
            "NAME=a=b" EnvironmentOption { name: "NAME", value: Some(OsText("a=b")) }
            "=value" error: expected NAME or NAME=VALUE
            "" error: expected NAME or NAME=VALUE
            "npm_config_x=1" EnvironmentOption { name: "npm_config_x", value: Some(OsText("1")) }
            "A B=c" error: a variable's name has no blanks and no control characters
            " A" error: a variable's name has no blanks and no control characters
            "A\n=c" error: a variable's name has no blanks and no control characters
            "A=b c" EnvironmentOption { name: "A", value: Some(OsText("b c")) }
            "A\0=c" error: a variable's name has no blanks and no control characters"#]],
    );
    let bytes = OsString::from_vec(b"NAME=\xff".to_vec());
    let value = environment(bytes).unwrap().value.unwrap();
    assert_eq!(value.as_os_str().as_bytes(), b"\xff");
    assert!(environment(OsString::from_vec(b"\xff=1".to_vec())).is_err());
}

#[test]
fn pauses() {
    check(
        pause,
        &["15m", "off", "on", "0s"],
        &expect![[r#"
            "15m" For(900s)
            "off" Off
            "on" error: a time is a number and a unit, such as 30s, 10m, 1h or 2d; or `off`
            "0s" error: the time must be at least a second: 1s; or `off`"#]],
    );
}

#[test]
fn a_published_port_is_read_as_it_is_told() {
    for text in [
        "3000",
        "8080:3000",
        "0.0.0.0:3000",
        "127.0.0.1:8080:3000",
        "[::1]:3000",
        "[::]:8080:3000",
    ] {
        assert_eq!(publish(text).unwrap().to_string(), text);
    }
    assert_eq!(publish("3000:3000").unwrap().to_string(), "3000");
    for text in [
        "",
        "0",
        "65536",
        "a",
        "80:",
        ":80",
        "1:2:3",
        "1.2.3:80",
        "::1:80",
        "localhost:80",
        "[::1]",
        "1.2.3.4:1:2:3",
    ] {
        assert!(publish(text).is_err(), "{text}");
    }
}
