use askbox_wire::ScopeView;
use expect_test::{Expect, expect};

use super::*;
use crate::fixtures;

fn check(answered: &AnsweredView, expected: &Expect) {
    let home = Some(Path::new("/home/ada"));
    expected.assert_eq(&render(answered, home, fixtures::now(), Style::plain()));
}

fn answered(allow: bool, released: usize, grants: Vec<GrantView>, rules: Vec<RuleView>) -> AnsweredView {
    AnsweredView {
        allow,
        released,
        grants,
        rules,
        left: 0,
    }
}

#[test]
fn a_grant_says_what_how_long_and_how_to_take_it_back() {
    let grant = fixtures::grant(ScopeView::Project("/home/ada/app".into()));
    check(
        &answered(true, 2, vec![grant], vec![]),
        &expect![[r#"
        allowed  network registry.example.com:443
           for 59m, in /home/ada/app
           take it back: askbox revoke 3f
        2 waiting requests may go on
    "#]],
    );
}

#[test]
fn a_grant_for_files_says_whether_it_is_for_a_path_or_for_all_below() {
    let of_files = |pattern: &str| GrantView {
        kind: Kind::Read,
        pattern: pattern.into(),
        ..fixtures::grant(ScopeView::Project("/home/ada/app".into()))
    };
    let grants = ["=/home/ada/notes/a\\x1b\\[2J", "/home/ada/notes"].map(of_files);
    let mut answered = answered(true, 50, grants.into(), vec![]);
    answered.left = 188;
    check(
        &answered,
        &expect![[r#"
            allowed  read ~/notes/a\u{1b}[2J
               for 59m, in /home/ada/app
               take it back: askbox revoke 3f
            allowed  read ~/notes and everything below
               for 59m, in /home/ada/app
               take it back: askbox revoke 3f
            50 waiting requests may go on
            not for 188 further targets that the question did not list then: askbox questions
        "#]],
    );
}

#[test]
fn a_late_answer_says_that_nothing_waits() {
    let grant = fixtures::grant(ScopeView::Everywhere);
    check(
        &answered(true, 0, vec![grant], vec![]),
        &expect![[r#"
        allowed  network registry.example.com:443
           for 59m, in every project
           take it back: askbox revoke 3f
        nothing waits for it now; the next try goes through
    "#]],
    );
}

#[test]
fn always_says_where_it_was_written() {
    check(
        &answered(false, 1, vec![], vec![fixtures::rule()]),
        &expect![[r#"
        denied  read ~/notes/\u{1b}[2J
           always, in /home/ada/app: written to policy.toml
           take it back: askbox rules remove 0f3a9c2b1d
        1 waiting request refused
    "#]],
    );
}

#[test]
fn nothing_remembered_is_said() {
    check(
        &answered(false, 1, vec![], vec![]),
        &expect![[r#"
        denied; nothing is remembered
        1 waiting request refused
    "#]],
    );
}

#[test]
fn flags_choose_how_long() {
    let lasting = |once, session, time, always| Lasting {
        once,
        session,
        time,
        always,
    };
    let time = Some(std::time::Duration::from_secs(2));
    assert_eq!(chosen(&lasting(true, false, None, false)), Some(Duration::Once));
    assert_eq!(
        chosen(&lasting(false, true, None, false)),
        Some(Duration::Session)
    );
    assert_eq!(
        chosen(&lasting(false, false, time, false)),
        Some(Duration::For(2_000))
    );
    assert_eq!(chosen(&lasting(false, false, None, true)), Some(Duration::Always));
    assert_eq!(chosen(&lasting(false, false, None, false)), None);
}
