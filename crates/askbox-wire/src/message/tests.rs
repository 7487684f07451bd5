use expect_test::{Expect, expect};

use super::*;
use crate::OsText;

fn check(message: &impl Serialize, expected: &Expect) {
    expected.assert_eq(&serde_json::to_string(message).unwrap());
}

#[test]
fn requests_look_like_this() {
    let call = |request| FromClient::Call { id: 7, request };
    check(
        &call(Request::Questions),
        &expect![[r#"{"call":{"id":7,"request":"questions"}}"#]],
    );
    check(
        &call(Request::Serve {
            session: SessionId("s1".into()),
            attached: vec![Descriptor::Tcp4, Descriptor::DnsUdp6, Descriptor::Leash],
        }),
        &expect![[
            r#"{"call":{"id":7,"request":{"serve":{"session":"s1","attached":["tcp4","dns_udp6","leash"]}}}}"#
        ]],
    );
    check(
        &call(Request::Answer {
            id: "3".into(),
            revision: 1,
            answer: Answer {
                allow: true,
                duration: askbox_policy::Duration::Once,
                widen: false,
                everywhere: false,
            },
            place: Place::CommandLine,
        }),
        &expect![[
            r#"{"call":{"id":7,"request":{"answer":{"id":"3","revision":1,"answer":{"allow":true,"duration":"once","widen":false,"everywhere":false},"place":"command_line"}}}}"#
        ]],
    );
    check(
        &call(Request::Revoke(Revoke::All)),
        &expect![[r#"{"call":{"id":7,"request":{"revoke":"all"}}}"#]],
    );
    check(
        &call(Request::Trust {
            directory: OsText::from("/p"),
        }),
        &expect![[r#"{"call":{"id":7,"request":{"trust":{"directory":"/p"}}}}"#]],
    );
}

#[test]
fn responses_look_like_this() {
    let response = |result| FromDaemon::response(7, result);
    check(
        &response(Ok(Response::Done)),
        &expect![[r#"{"response":{"id":7,"result":{"Ok":"done"}}}"#]],
    );
    check(
        &response(Ok(Response::Launched {
            session: SessionId("s1".into()),
            notices: vec!["look".into()],
            notices_by_proxy: Vec::new(),
            closing_nothing: Vec::new(),
            plan: crate::Verbatim::of(&serde_json::json!({"a": 1})).unwrap(),
        })),
        &expect![[
            r#"{"response":{"id":7,"result":{"Ok":{"launched":{"session":"s1","notices":["look"],"plan":{"a":1}}}}}}"#
        ]],
    );
    check(
        &response(Err(WireError::new(ErrorCode::NotFound, "no question 9"))),
        &expect![[
            r#"{"response":{"id":7,"result":{"Err":{"code":"not_found","message":"no question 9"}}}}"#
        ]],
    );
    check(
        &response(Err(
            WireError::new(ErrorCode::Stale, "the question changed").with_hint("look again")
        )),
        &expect![[
            r#"{"response":{"id":7,"result":{"Err":{"code":"stale","message":"the question changed","hint":"look again"}}}}"#
        ]],
    );
}

#[test]
fn a_launch_survives_the_wire() {
    let request = Request::Launch(Box::new(LaunchRequest {
        argv: vec!["cat".into(), std::ffi::OsString::from("/tmp/ä").into()],
        program: Some("/usr/bin/cat".into()),
        cwd: "/home/u/p".into(),
        options: RunOptions {
            host_port: vec![askbox_policy::Port::new(5432).unwrap()],
            publish: vec![askbox_policy::Publish {
                address: None,
                port: askbox_policy::Port::new(8080).unwrap(),
                inside: askbox_policy::Port::new(3000).unwrap(),
            }],
            resolve: vec![askbox_policy::Pin {
                host: askbox_policy::Host::parse("ok.test").unwrap(),
                port: askbox_policy::Port::new(443).unwrap(),
                address: "127.0.0.1".parse().unwrap(),
            }],
            ..RunOptions::default()
        },
        env_names: vec!["PATH".into()],
        search: vec!["/home/u/bin".into()],
        uid: 1000,
        terminals: Terminals {
            stdin: true,
            stdout: false,
            stderr: true,
        },
        child: Some(4711),
        ssh_agent: Some("/tmp/ssh-x/agent.1".into()),
        desktop: CallerDesktop {
            display: Some(":0".to_owned()),
            authority: Some("/home/u/.Xauthority".into()),
            wayland: Some("/run/user/1000/wayland-0".into()),
            bus: Some("unix:path=/run/user/1000/bus".to_owned()),
        },
    }));
    let json = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);
}

#[test]
fn a_point_in_time_has_milliseconds() {
    assert_eq!(rfc3339(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    assert_eq!(rfc3339(u64::MAX), "9999-12-31T23:59:59.999Z");
}

#[test]
fn an_answer_without_a_place_was_given_on_the_command_line() {
    let answer = r#"{"allow":true,"duration":"once","widen":false,"everywhere":false}"#;
    let json = format!(r#"{{"answer":{{"id":"3","revision":1,"answer":{answer}}}}}"#);
    let request: Request = serde_json::from_str(&json).unwrap();
    assert!(
        matches!(
            request,
            Request::Answer {
                place: Place::CommandLine,
                ..
            }
        ),
        "{request:?}"
    );
}
