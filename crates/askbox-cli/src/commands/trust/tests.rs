use expect_test::expect;

use super::*;
use crate::fixtures;

#[test]
fn what_is_trusted_is_shown() {
    let trusted = TrustView {
        path: "/home/ada/app/.askbox.toml".into(),
        digest: "00".repeat(32),
        rules: vec![fixtures::rule()],
    };
    expect![[r#"
        trusted: /home/ada/app/.askbox.toml
        0f3a9c2b1d  deny  read    ~/notes/\u{1b}[2J
                    policy.toml, in /home/ada/app, for /usr/bin/git, until 2026-12-31T23:59:59.000Z
                    "not for\nprograms"
        From the next session on, 1 rule count until the file changes.
    "#]]
    .assert_eq(&render(&trusted, Style::plain()));
}
