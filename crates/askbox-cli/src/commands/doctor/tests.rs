use expect_test::expect;

use super::*;

#[test]
fn a_problem_has_a_cause_and_a_fix() {
    let checks = [
        Check::ok("kernel", "6.8.0"),
        Check::note("FUSE", "there is no /dev/fuse"),
        Check::problem(
            "bubblewrap",
            "not found",
            "there is no /usr/bin/bwrap",
            "install it",
        ),
    ];
    expect![[r#"
        ok       kernel: 6.8.0
        note     FUSE: there is no /dev/fuse
        problem  bubblewrap: not found
                 cause: there is no /usr/bin/bwrap
                 fix: install it
    "#]]
    .assert_eq(&render(&checks, Style::plain()));
    expect![[r#"[{"name":"kernel","state":"ok","detail":"6.8.0"},{"name":"FUSE","state":"note","detail":"there is no /dev/fuse"},{"name":"bubblewrap","state":"problem","detail":"not found","cause":"there is no /usr/bin/bwrap","fix":"install it"}]"#]].assert_eq(&serde_json::to_string(&checks).unwrap());
}
