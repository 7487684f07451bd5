use askbox_policy::SessionId;
use expect_test::{Expect, expect};

use super::*;
use crate::chain::Digest;
use crate::event::EventProcess;

/// An event of session `s1`, made by the process 42 where a process asks.
fn event(kind: EventKind) -> Event {
    let asks = kind.is_request() || kind == EventKind::Traffic;
    Event {
        seq: 7,
        time_ms: 1_767_225_599_123,
        session: Some(SessionId("s1".into())),
        project: Some("/home/me/app".into()),
        kind,
        target: None,
        verdict: None,
        by: None,
        process: asks.then(|| EventProcess {
            pid: 42,
            exe: Some("/usr/bin/curl".into()),
            command: vec!["curl".into(), "-sS".into()],
        }),
        bytes_in: None,
        bytes_out: None,
        action: None,
        detail: None,
        question: None,
        grant: None,
    }
}

fn decided(kind: EventKind, target: &str, verdict: Outcome, by: &str) -> Event {
    Event {
        target: Some(target.into()),
        verdict: Some(verdict),
        by: Some(by.into()),
        ..event(kind)
    }
}

fn happened(kind: EventKind, action: &str) -> Event {
    Event {
        action: Some(action.into()),
        ..event(kind)
    }
}

fn line(event: Event) -> String {
    let sealed = Sealed {
        event,
        hash: Digest([0xab; 32]),
    };
    let origin = Origin {
        version: "0.1.0".into(),
        hostname: "desk".into(),
    };
    serde_json::to_string(&record(&sealed, &origin)).unwrap()
}

/// Compares without what is the same in all events: device and metadata, time, the names beside numbers.
fn check(event: Event, expected: &Expect) {
    let mut value: Map<String, Value> = serde_json::from_str(&line(event)).unwrap();
    for same in [
        "category_name",
        "class_uid",
        "category_uid",
        "class_name",
        "device",
        "metadata",
        "time",
        "severity_id",
        "status_id",
        "activity_id",
        "activity_name",
    ] {
        assert!(value.remove(same).is_some(), "{same}");
    }
    expected.assert_eq(&serde_json::to_string(&value).unwrap());
}

#[test]
fn a_whole_event_has_every_attribute_that_the_schema_requires() {
    let denied = decided(EventKind::Network, "example.com:443", Outcome::Deny, "rule r1");
    expect![[r#"{"activity_id":5,"activity_name":"Refuse","category_uid":4,"category_name":"Network Activity","class_uid":4001,"class_name":"Network Activity","type_uid":400105,"type_name":"Network Activity: Refuse","time":1767225599123,"severity_id":2,"severity":"Low","status_id":2,"status":"Failure","message":"network example.com:443 deny","action_id":2,"action":"Denied","disposition_id":2,"disposition":"Blocked","policy":{"name":"rule r1"},"dst_endpoint":{"hostname":"example.com","port":443},"connection_info":{"direction_id":2,"direction":"Outbound","protocol_name":"tcp","protocol_num":6},"actor":{"process":{"pid":42,"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8}},"session":{"uid":"s1"}},"device":{"hostname":"desk","type":"Unknown","type_id":0,"os":{"name":"Linux","type":"Linux","type_id":200}},"metadata":{"version":"1.8.0","profiles":["host","security_control"],"product":{"name":"Askbox","vendor_name":"Askbox","version":"0.1.0"},"log_name":"askbox","event_code":"network","sequence":7,"uid":"abababababababababababababababababababababababababababababababab","correlation_uid":"s1"},"unmapped":{"project":"/home/me/app"}}"#]].assert_eq(&line(denied));
}

#[test]
fn a_connection_to_a_published_port_comes_from_the_host() {
    for (target, direction) in [
        ("published port 3000", r#""direction_id":1,"direction":"Inbound""#),
        ("example.com:443", r#""direction_id":2,"direction":"Outbound""#),
    ] {
        let line = line(decided(EventKind::Network, target, Outcome::Allow, "rule r1"));
        assert!(line.contains(direction), "{line}");
    }
}

#[test]
fn a_connection_is_network_activity() {
    check(
        decided(EventKind::Network, "example.com:443", Outcome::Allow, "grant g1"),
        &expect![[
            r#"{"action":"Allowed","action_id":1,"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"connection_info":{"direction":"Outbound","direction_id":2,"protocol_name":"tcp","protocol_num":6},"disposition":"Allowed","disposition_id":1,"dst_endpoint":{"hostname":"example.com","port":443},"message":"network example.com:443 allow","policy":{"name":"grant g1"},"severity":"Informational","status":"Success","type_name":"Network Activity: Open","type_uid":400101,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
    check(
        Event {
            question: Some("3".into()),
            ..decided(
                EventKind::Network,
                "nas.test:80 at 10.1.2.3",
                Outcome::Ask,
                "no rule",
            )
        },
        &expect![[
            r#"{"action":"Unknown","action_id":0,"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"connection_info":{"direction":"Outbound","direction_id":2,"protocol_name":"tcp","protocol_num":6},"disposition":"Delayed","disposition_id":14,"dst_endpoint":{"hostname":"nas.test","ip":"10.1.2.3","port":80},"message":"network nas.test:80 at 10.1.2.3 ask","policy":{"name":"no rule"},"severity":"Informational","status":"Unknown","type_name":"Network Activity: Open","type_uid":400101,"unmapped":{"project":"/home/me/app","question":"3"}}"#
        ]],
    );
    check(
        Event {
            detail: Some("5 more times".into()),
            ..decided(EventKind::Network, "[2001:db8::1]:22", Outcome::Deny, "lockdown")
        },
        &expect![[
            r#"{"action":"Denied","action_id":2,"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"connection_info":{"direction":"Outbound","direction_id":2,"protocol_name":"tcp","protocol_num":6},"disposition":"Blocked","disposition_id":2,"dst_endpoint":{"ip":"2001:db8::1","port":22},"message":"network [2001:db8::1]:22 deny","policy":{"name":"lockdown"},"severity":"Low","status":"Failure","status_detail":"5 more times","type_name":"Network Activity: Refuse","type_uid":400105,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
}

#[test]
fn a_packet_that_is_no_connection_has_its_own_protocol() {
    use askbox_policy::{Basis, Transport};
    let of = |target: &str, by: &str| {
        let denied = decided(EventKind::Network, target, Outcome::Deny, by);
        let value: Value = serde_json::from_str(&line(denied)).unwrap();
        value.get("connection_info").unwrap().clone()
    };
    let sctp = of("192.0.2.1:443", &Basis::NotTcp(Transport::Sctp).to_string());
    assert_eq!(sctp.get("protocol_name"), Some(&json!("sctp")));
    assert_eq!(sctp.get("protocol_num"), Some(&json!(132)));
    for (target, by) in [
        ("192.0.2.1:443/udp", &*Basis::NotTcp(Transport::Udp).to_string()),
        // As it was written before.
        ("192.0.2.1:443", "udp: no rule allows it, and nobody is asked"),
    ] {
        let udp = of(target, by);
        assert_eq!(udp.get("protocol_name"), Some(&json!("udp")));
        assert_eq!(udp.get("protocol_num"), Some(&json!(17)));
    }
    let tcp = of("192.0.2.1:443", "rule 0123456789");
    assert_eq!(tcp.get("protocol_name"), Some(&json!("tcp")));
}

#[test]
fn datagrams_that_a_rule_allows_are_udp() {
    let allowed = decided(
        EventKind::Network,
        "game.test:5000/udp",
        Outcome::Allow,
        "rule r1",
    );
    let value: Value = serde_json::from_str(&line(allowed)).unwrap();
    let connection = value.get("connection_info").unwrap();
    assert_eq!(connection.get("protocol_name"), Some(&json!("udp")));
    let expected = json!({ "hostname": "game.test", "port": 5000 });
    assert_eq!(value.get("dst_endpoint"), Some(&expected));
}

#[test]
fn traffic_is_the_end_of_network_activity() {
    check(
        Event {
            target: Some("192.0.2.1:443".into()),
            bytes_in: Some(1000),
            bytes_out: Some(24),
            ..event(EventKind::Traffic)
        },
        &expect![[
            r#"{"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"connection_info":{"direction":"Outbound","direction_id":2,"protocol_name":"tcp","protocol_num":6},"dst_endpoint":{"ip":"192.0.2.1","port":443},"message":"traffic 192.0.2.1:443","severity":"Informational","status":"Success","traffic":{"bytes":1024,"bytes_in":1000,"bytes_out":24},"type_name":"Network Activity: Close","type_uid":400102,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
}

#[test]
fn files_are_file_system_activity() {
    check(
        decided(
            EventKind::Read,
            "/home/me/.ssh/id_rsa",
            Outcome::Deny,
            "credential list",
        ),
        &expect![[
            r#"{"action":"Denied","action_id":2,"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"disposition":"Blocked","disposition_id":2,"file":{"name":"id_rsa","path":"/home/me/.ssh/id_rsa","type_id":0},"message":"read /home/me/.ssh/id_rsa deny","policy":{"name":"credential list"},"severity":"Low","status":"Failure","type_name":"File System Activity: Read","type_uid":100102,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
    check(
        decided(EventKind::Write, "/home/me/notes", Outcome::Allow, "rule r2"),
        &expect![[
            r#"{"action":"Allowed","action_id":1,"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"disposition":"Allowed","disposition_id":1,"file":{"name":"notes","path":"/home/me/notes","type_id":0},"message":"write /home/me/notes allow","policy":{"name":"rule r2"},"severity":"Informational","status":"Success","type_name":"File System Activity: Update","type_uid":100103,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
}

#[test]
fn a_start_is_process_activity_of_the_process_that_starts() {
    check(
        decided(EventKind::Execute, "/opt/tool/bin/tool", Outcome::Ask, "no rule"),
        &expect![[
            r#"{"action":"Unknown","action_id":0,"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"disposition":"Delayed","disposition_id":14,"message":"execute /opt/tool/bin/tool ask","policy":{"name":"no rule"},"process":{"file":{"name":"tool","path":"/opt/tool/bin/tool","type_id":8},"pid":42},"severity":"Informational","status":"Unknown","type_name":"Process Activity: Launch","type_uid":100701,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
    let unknown = Event {
        process: Some(EventProcess {
            pid: 0,
            exe: None,
            command: vec![],
        }),
        ..decided(EventKind::Execute, "/opt/tool/bin/tool", Outcome::Allow, "preset")
    };
    check(
        unknown,
        &expect![[
            r#"{"action":"Allowed","action_id":1,"actor":{"session":{"uid":"s1"}},"disposition":"Allowed","disposition_id":1,"message":"execute /opt/tool/bin/tool allow","policy":{"name":"preset"},"process":{"file":{"name":"tool","path":"/opt/tool/bin/tool","type_id":8},"uid":"abababababababababababababababababababababababababababababababab"},"severity":"Informational","status":"Success","type_name":"Process Activity: Launch","type_uid":100701,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
}

#[test]
fn what_a_person_decides_is_entity_management() {
    check(
        decided(EventKind::Profile, "claude", Outcome::Allow, "answer"),
        &expect![[
            r#"{"action":"Allowed","action_id":1,"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"disposition":"Allowed","disposition_id":1,"entity":{"data":{"effect":"allow"},"name":"claude","type":"Profile","type_id":99},"message":"profile claude allow","policy":{"name":"answer"},"severity":"Informational","status":"Success","type_name":"Entity Management: Activate","type_uid":300410,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
    check(
        decided(
            EventKind::Growth,
            "grew by 65 MiB on disk, 64 MiB were allowed",
            Outcome::Allow,
            "answer",
        ),
        &expect![[
            r#"{"action":"Allowed","action_id":1,"actor":{"process":{"cmd_line":"curl -sS","file":{"name":"curl","path":"/usr/bin/curl","type_id":8},"pid":42},"session":{"uid":"s1"}},"disposition":"Allowed","disposition_id":1,"entity":{"data":{"effect":"allow"},"name":"grew by 65 MiB on disk, 64 MiB were allowed","type":"Growth","type_id":99},"message":"growth grew by 65 MiB on disk, 64 MiB were allowed allow","policy":{"name":"answer"},"severity":"Informational","status":"Success","type_name":"Entity Management: Activate","type_uid":300410,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
    check(
        Event {
            detail: Some("for 1h".into()),
            question: Some("3".into()),
            ..decided(
                EventKind::Answer,
                "example.com:443",
                Outcome::Deny,
                "command line",
            )
        },
        &expect![[
            r#"{"action":"Denied","action_id":2,"actor":{"session":{"uid":"s1"}},"disposition":"Rejected","disposition_id":25,"entity":{"data":{"effect":"deny"},"name":"example.com:443","type":"Question","type_id":99,"uid":"3"},"message":"answer example.com:443 deny","severity":"Informational","status":"Success","status_detail":"for 1h","type_name":"Entity Management: Other","type_uid":300499,"unmapped":{"by":"command line","project":"/home/me/app","question":"3"}}"#
        ]],
    );
    check(
        Event {
            target: Some("network example.com:443".into()),
            verdict: Some(Outcome::Allow),
            grant: Some("g1".into()),
            detail: Some("session s1".into()),
            ..happened(EventKind::Grant, "given")
        },
        &expect![[
            r#"{"actor":{"session":{"uid":"s1"}},"entity":{"data":{"effect":"allow"},"name":"network example.com:443","type":"Grant","type_id":99,"uid":"g1"},"message":"grant given network example.com:443 allow","severity":"Informational","status":"Success","status_detail":"session s1","type_name":"Entity Management: Create","type_uid":300401,"unmapped":{"grant":"g1","project":"/home/me/app"}}"#
        ]],
    );
    check(
        Event {
            target: Some("read ~/notes".into()),
            verdict: Some(Outcome::Deny),
            by: Some("rule r3".into()),
            ..happened(EventKind::Rule, "removed")
        },
        &expect![[
            r#"{"actor":{"session":{"uid":"s1"}},"entity":{"data":{"effect":"deny"},"name":"read ~/notes","type":"Rule","type_id":99},"message":"rule removed read ~/notes deny","severity":"Informational","status":"Success","type_name":"Entity Management: Delete","type_uid":300404,"unmapped":{"by":"rule r3","project":"/home/me/app"}}"#
        ]],
    );
    check(
        Event {
            session: None,
            project: None,
            detail: Some("policy.toml:3".into()),
            ..happened(EventKind::Policy, "rejected")
        },
        &expect![[
            r#"{"entity":{"name":"policy","type":"Policy","type_id":5},"message":"policy rejected","severity":"Medium","status":"Failure","status_detail":"policy.toml:3","type_name":"Entity Management: Activate","type_uid":300410}"#
        ]],
    );
}

#[test]
fn sessions_and_the_daemon_are_applications() {
    check(
        happened(EventKind::Session, "started"),
        &expect![[
            r#"{"actor":{"session":{"uid":"s1"}},"app":{"name":"Askbox session","uid":"s1","vendor_name":"Askbox","version":"0.1.0"},"message":"session started","severity":"Informational","status":"Success","type_name":"Application Lifecycle: Start","type_uid":600203,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
    check(
        Event {
            detail: Some(".envrc".into()),
            ..happened(EventKind::Session, "flagged")
        },
        &expect![[
            r#"{"actor":{"session":{"uid":"s1"}},"app":{"name":"Askbox session","uid":"s1","vendor_name":"Askbox","version":"0.1.0"},"message":"session flagged","severity":"Medium","status":"Success","status_detail":".envrc","type_name":"Application Lifecycle: Other","type_uid":600299,"unmapped":{"project":"/home/me/app"}}"#
        ]],
    );
    check(
        Event {
            session: None,
            project: None,
            ..happened(EventKind::Daemon, "unclean end")
        },
        &expect![[
            r#"{"app":{"name":"Askbox daemon","vendor_name":"Askbox","version":"0.1.0"},"message":"daemon unclean end","severity":"Medium","status":"Success","type_name":"Application Lifecycle: Other","type_uid":600299}"#
        ]],
    );
}

#[test]
fn every_action_has_a_number_or_keeps_its_name() {
    let numbers = |kind: EventKind, actions: Vec<&str>| -> String {
        let numbers: Vec<String> = actions
            .into_iter()
            .map(|action| {
                let value: Value = serde_json::from_str(&line(happened(kind, action))).unwrap();
                format!(
                    "{action} {} {}",
                    value.get("type_uid").unwrap(),
                    value.get("activity_name").unwrap()
                )
            })
            .collect();
        numbers.join(", ")
    };
    let found = [
        numbers(EventKind::Grant, GrantChange::ALL.map(GrantChange::name).to_vec()),
        numbers(EventKind::Rule, RuleChange::ALL.map(RuleChange::name).to_vec()),
        numbers(
            EventKind::Session,
            SessionChange::ALL.map(SessionChange::name).to_vec(),
        ),
        numbers(
            EventKind::Daemon,
            DaemonChange::ALL.map(DaemonChange::name).to_vec(),
        ),
        numbers(
            EventKind::Policy,
            PolicyChange::ALL.map(PolicyChange::name).to_vec(),
        ),
        numbers(EventKind::Session, vec!["of a later version"]),
    ];
    expect![[r#"
        given 300401 "Create", expired 300404 "Delete", used 300404 "Delete", revoked 300404 "Delete", moved 300403 "Update"
        added 300401 "Create", removed 300404 "Delete"
        started 600203 "Start", flagged 600299 "flagged", made 600299 "made", ended 600204 "Stop", quiet 600299 "quiet", resumed 600299 "resumed", limited 600299 "limited", thawed 600299 "thawed", full 600299 "full", port opened 600299 "port opened", port closed 600299 "port closed", flood 600299 "flood"
        started 600203 "Start", stopped 600204 "Stop", unclean end 600299 "unclean end", log replaced 600299 "log replaced", checkpoint broken 600299 "checkpoint broken", key replaced 600299 "key replaced", paused 600299 "paused", pause ended 600299 "pause ended", lockdown 600299 "lockdown", lockdown ended 600299 "lockdown ended"
        loaded 300410 "Activate", rejected 300410 "Activate", trusted 300408 "Enable", changed 300403 "Update"
        of a later version 600299 "of a later version""#]].assert_eq(&found.join("\n"));
}

#[test]
fn a_target_that_is_neither_name_nor_address_is_kept_as_it_is() {
    let value: Value = serde_json::from_str(&line(decided(
        EventKind::Network,
        "not a host",
        Outcome::Deny,
        "rule r1",
    )))
    .unwrap();
    assert_eq!(value.get("dst_endpoint"), Some(&json!({ "name": "not a host" })));
}
