use expect_test::{Expect, expect};

use super::*;
use crate::testing::{self, Catalog};

fn check(notice: &Notice, expected: &Expect) {
    let mut lines = vec![notice.summary.clone()];
    lines.extend(notice.body.iter().map(|line| format!("  {line}")));
    let buttons = notice.buttons.iter();
    lines.extend(buttons.map(|(choice, label)| format!("  [{label}] {choice}")));
    lines.push(format!("  otherwise {}\n", notice.otherwise.0));
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn one_host_can_be_answered_at_once() {
    let catalog = Catalog::default();
    check(
        &question(&testing::host("7"), None, catalog.words()),
        &expect![[r"
            npm (shop) wants 7.test
              Program: npm install
              Project: ~/shop
              [Allow once] allow_once 7 1 3600000
              [Block] block 7 1 3600000
              [Allow 1 hour] allow_time 7 1 3600000
              [Always] always 7 1 3600000
              [Options…] prompt 7
              otherwise prompt 7
        "]],
    );
}

#[test]
fn growth_has_answers_of_its_own() {
    let catalog = Catalog::default();
    check(
        &question(&testing::growth("7"), None, catalog.words()),
        &expect![[r"
            A session (shop) is frozen: it grew by 10.2 GiB on disk, 10 GiB were allowed, 84 GiB are free
              Project: ~/shop
              [Allow as much again] allow_once 7 1 3600000
              [End the session] block 7 1 3600000
              [No limit in this session] allow_session 7 1 3600000
              [Options…] prompt 7
              otherwise prompt 7
        "]],
    );
}

#[test]
fn several_hosts_are_opened_first() {
    let catalog = Catalog::default();
    check(
        &question(
            &testing::question("7", Kind::Network, &["a.test", "b.test"]),
            None,
            catalog.words(),
        ),
        &expect![[r"
            npm (shop) wants a.test
              Program: npm install
              a.test
              b.test
              Project: ~/shop
              [Open] prompt 7
              [Block] block 7 1 3600000
              [Later] later
              otherwise prompt 7
        "]],
    );
}

#[test]
fn files_are_answered_as_long_as_each_has_a_line() {
    let catalog = Catalog::default();
    let files = |count: usize| {
        let paths: Vec<String> = (0..count).map(|number| format!("~/notes/{number}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        question(&testing::question("7", Kind::Read, &paths), None, catalog.words())
    };
    let is_answered = |notice: &Notice| matches!(notice.buttons[0].0, Choice::Answer { .. });
    let five = files(5);
    assert!(is_answered(&five));
    assert_eq!(five.body.len(), 7);
    let six = files(6);
    assert!(!is_answered(&six));
    assert_eq!(six.body[5], "and 2 more");
}

#[test]
fn what_is_not_listed_is_not_answered_unseen() {
    let catalog = Catalog::default();
    let mut asked = testing::question("7", Kind::Read, &["~/a"]);
    asked.unlisted = 3;
    let notice = question(&asked, None, catalog.words());
    assert!(notice.body.contains(&"and 3 more".to_owned()), "{notice:?}");
    assert!(matches!(notice.buttons[0].0, Choice::Prompt(_)));
}

#[test]
fn a_program_that_gave_up_is_said_so() {
    let catalog = Catalog::default();
    let mut asked = testing::host("7");
    asked.waiting = 0;
    let notice = question(&asked, None, catalog.words());
    assert!(
        notice.body.iter().any(|line| line.contains("stopped waiting")),
        "{notice:?}"
    );
}

#[test]
fn who_asks_for_a_lot_hides_nobody() {
    let catalog = Catalog::default();
    let flood: Vec<QuestionView> = (0..20)
        .map(|number| testing::host(&format!("f{number}")))
        .collect();
    let mut honest = testing::host("honest");
    honest.session = askbox_policy::SessionId("s2".into());
    let mut all: Vec<&QuestionView> = flood.iter().collect();
    all.push(&honest);
    check(
        &summary(&all, catalog.words()),
        &expect![[r"
            21 questions wait for an answer
              npm (shop) wants honest.test
              npm (shop) wants f0.test, and 19 more of this session
              [Open] questions
              [Later] later
              otherwise questions
        "]],
    );
}

#[test]
fn a_long_line_keeps_both_its_ends() {
    let catalog = Catalog::default();
    let mut asked = testing::host("7");
    asked.process.display = format!("npm {}end", "x".repeat(10_000));
    let notice = question(&asked, None, catalog.words());
    assert!(notice.body[0].chars().count() < 200);
    assert!(notice.body[0].ends_with("end"));
}

#[test]
fn a_try_decides_nothing() {
    let catalog = Catalog::default();
    assert!(
        test(catalog.words())
            .buttons
            .iter()
            .all(|(choice, _)| *choice == Choice::Later)
    );
}

#[test]
fn markup_is_text() {
    assert_eq!(
        escaped(r#"<b>a</b> & "<img onerror='x'>""#),
        "&lt;b&gt;a&lt;/b&gt; &amp; &quot;&lt;img onerror=&#39;x&#39;&gt;&quot;"
    );
}
