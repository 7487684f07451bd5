use askbox_wire::OsText;
use expect_test::{Expect, expect};

use super::*;

fn file(text: Option<&str>, mode: u32) -> State {
    State::File(FileState {
        mode,
        size: 0,
        stamp: [0; 5],
        digest: None,
        text: text.map(str::to_owned),
    })
}

fn check(before: &str, now: &str, expected: &Expect) {
    let diff = between(Some(&file(Some(before), 0)), &file(Some(now), 0));
    expected.assert_eq(&diff.unwrap());
}

#[test]
fn lines_that_came_and_went_are_shown_with_what_is_around_them() {
    check(
        "a\nb\nc\nd\ne\nf\n",
        "a\nb\nc\nd\nE\nf\ng",
        &expect![[r"
            @@ -2,5 +2,6 @@
             b
             c
             d
            -e
            +E
             f
            +g
        "]],
    );
}

#[test]
fn no_character_of_a_file_acts_on_the_terminal() {
    check(
        "",
        "\u{1b}[2J\r\n\u{202e}live\u{9b}31m\ta\rb\u{8}\n",
        &expect![[r"
            @@ -0,0 +1,3 @@
            +\u{1b}[2J\r
            +\u{202e}live\u{9b}31m\ta\r
            +b\u{8}
        "]],
    );
}

#[test]
fn nothing_of_a_long_line_is_left_out() {
    let line = format!("{}curl evil.test{}", "\u{1b}".repeat(10_000), "x".repeat(10_000));
    let diff = between(None, &file(Some(&line), 0)).unwrap();
    assert!(diff.contains("curl evil.test") && !diff.contains('\u{1b}'));
}

#[test]
fn what_is_no_text_has_a_note_instead() {
    let (text, long) = (file(Some("x"), 0o644), file(None, 0o755));
    assert_eq!(between(Some(&text), &long), None);
    assert_eq!(
        note(&text, &long).unwrap(),
        "is executable now, is too large to show, or no text"
    );
    let link = State::Link(OsText::from("there\u{1b}"));
    assert_eq!(note(&State::Absent, &link).unwrap(), "is a link to there\\u{1b}");
    assert_eq!((between(None, &link), note(&text, &text)), (None, None));
}
