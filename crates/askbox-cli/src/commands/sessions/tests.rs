use askbox_policy::{SessionId, Switches};
use askbox_wire::{PortView, ServedBy};
use expect_test::expect;

use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "a whole session is written out")]
fn sessions_are_listed_with_what_they_run() {
    let running = SessionView {
        bytes_in: 52_000,
        bytes_out: 310,
        id: SessionId("a1b2".into()),
        name: Some("review\u{7}".into()),
        project: "/home/ada/app".into(),
        command: "npm install".into(),
        state: SessionState::Running,
        pid: Some(4711),
        started: "2026-05-01T11:59:00.000Z".into(),
        interactive: true,
        switches: Switches {
            nested_sandbox: true,
            debugger: true,
        },
        quiet: true,
        ports: vec![PortView {
            served_by: ServedBy::Session,
            address: None,
            port: 8080,
            inside: 3000,
        }],
        usage: askbox_wire::UsageView {
            memory_bytes: Some(300 << 20),
            cpus_thousandths: Some(1253),
            processes: Some(12),
            disk_bytes: Some(1536),
        },
        limits: askbox_policy::ResourceLimits {
            memory_bytes: Some(8 << 30),
            processes: Some(4096),
            ..askbox_policy::ResourceLimits::default()
        },
        enforcement: askbox_wire::Enforcement::Watched,
        network: Network::Proxy,
    };
    let launching = SessionView {
        bytes_in: 0,
        bytes_out: 0,
        usage: askbox_wire::UsageView::default(),
        id: SessionId("c3d4".into()),
        name: None,
        state: SessionState::Launching,
        pid: None,
        interactive: false,
        switches: Switches::default(),
        quiet: false,
        network: Network::Captured,
        ports: Vec::new(),
        ..running.clone()
    };
    expect![[r#"
        a1b2  running  review\u{7}
           npm install
           in /home/ada/app
           since 2026-05-01T11:59:00.000Z
           process 4711
           is reached at 127.0.0.1:8080, its own port 3000
           52000 bytes in, 310 out
           nested sandboxes may be made inside
           programs inside may debug each other
           reaches the network by its proxy alone
           memory 300 MiB of 8 GiB
           processors 1.25
           processes 12 of 4096
           growth on disk 1.5 KiB
           quiet, so new questions are denied: askbox questions --resume a1b2
        c3d4  launching
           npm install
           in /home/ada/app
           since 2026-05-01T11:59:00.000Z
           denies instead of asking
    "#]]
    .assert_eq(&render(&[running, launching], Style::plain()));
    expect![[r#"
        no session runs
    "#]]
    .assert_eq(&render(&[], Style::plain()));
}
