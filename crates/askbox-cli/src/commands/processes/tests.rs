use expect_test::expect;

use super::*;

fn node(pid: u32, parent: Option<u32>, display: &str) -> ProcessNode {
    ProcessNode {
        pid,
        parent,
        display: display.into(),
        started: (pid != 12).then(|| "2026-05-01T11:59:00.000Z".into()),
    }
}

#[test]
fn children_stand_below_their_parents() {
    let inspection = Inspection {
        processes: vec![
            node(10, None, "npm install"),
            node(11, Some(10), "sh -c 'node build'"),
            node(12, Some(11), "node build"),
            node(13, None, "sleep 1000"),
        ],
        is_cut: true,
        connections: 0,
    };
    expect![[r"
              10  2026-05-01T11:59:00.000Z  npm install
              11  2026-05-01T11:59:00.000Z    sh -c 'node build'
              12  ?      node build
              13  2026-05-01T11:59:00.000Z  sleep 1000
        and more
    "]]
    .assert_eq(&render(&inspection));
}
