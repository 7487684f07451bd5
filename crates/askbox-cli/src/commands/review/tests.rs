use askbox_sandbox::review::Part;
use expect_test::expect;

use super::render::{Kind, Node, Outcome, Review, Row, text};
use crate::output::Style;

fn row(path: &str, change: Kind) -> Row {
    Row {
        path: path.to_owned(),
        part: Part::Guarded,
        change,
        node: Some(Node::File),
        diff: None,
        note: None,
        revert: Outcome::Possible,
        reason: None,
    }
}

fn review(changes: Vec<Row>) -> Review<'static> {
    Review {
        session: "7d3k9xq2",
        project: "/home/ada/p".to_owned(),
        started: "2026-05-01T12:00:00.000Z".to_owned(),
        ended: Some("2026-05-01T12:01:00.000Z".to_owned()),
        complete: true,
        changes,
    }
}

#[test]
fn a_review_reads_like_this() {
    let changes = vec![
        Row {
            diff: Some("@@ -0,0 +1 @@\n+x\n".to_owned()),
            ..row(".envrc", Kind::Created)
        },
        Row {
            part: Part::Scripts,
            revert: Outcome::Done,
            ..row("package.json", Kind::Changed)
        },
        Row {
            node: None,
            revert: Outcome::Back,
            ..row(".mcp.json", Kind::Created)
        },
        Row {
            node: None,
            revert: Outcome::Refused,
            reason: Some("it has changed since".to_owned()),
            ..row("a\u{1b}/.git/config", Kind::Removed)
        },
    ];
    expect![[r"
        session 7d3k9xq2  in /home/ada/p
           began 2026-05-01T12:00:00.000Z, ended 2026-05-01T12:01:00.000Z
        created  .envrc
            @@ -0,0 +1 @@
            +x
        changed  package.json (scripts)
            put back
        created  .mcp.json
            put back already
        removed  a\u{1b}/.git/config
            cannot be put back: it has changed since
        `askbox review --revert [PATH…]` puts it back
    "]]
    .assert_eq(&text(&review(changes), Style::plain()));
}

#[test]
fn a_session_that_changed_nothing_is_said_to_have() {
    let none = Review {
        ended: None,
        complete: false,
        ..review(Vec::new())
    };
    expect![[r"
        session 7d3k9xq2  in /home/ada/p
           began 2026-05-01T12:00:00.000Z, has not ended
        no change of what runs outside was found
        there was more than is looked at, or something that is closed to you: there may be other changes
    "]]
    .assert_eq(&text(&none, Style::plain()));
}

#[test]
fn its_json_looks_like_this() {
    expect![[r#"{"session":"7d3k9xq2","project":"/home/ada/p","started":"2026-05-01T12:00:00.000Z","ended":"2026-05-01T12:01:00.000Z","complete":true,"changes":[{"path":".envrc","part":"guarded","change":"created","node":"file","diff":null,"revert":"possible","reason":null}]}"#]]
        .assert_eq(&serde_json::to_string(&review(vec![row(".envrc", Kind::Created)])).unwrap());
}
