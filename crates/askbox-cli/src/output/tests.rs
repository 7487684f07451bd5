use super::*;

#[test]
fn times_have_two_units() {
    let check = |milliseconds, expected| assert_eq!(short(Duration::from_millis(milliseconds)), expected);
    check(0, "0s");
    check(400, "0s");
    check(59_600, "1m");
    check(3_540_000, "59m");
    check(3_599_999, "1h");
    check(93_784_000, "1day 2h");
}

#[test]
fn what_is_over_has_nothing_left() {
    let now = humantime::parse_rfc3339("2026-05-01T12:00:00Z").unwrap();
    assert_eq!(left("2026-05-01T12:00:30.000Z", now).as_deref(), Some("30s"));
    assert_eq!(left("2026-05-01T11:00:00.000Z", now).as_deref(), Some("0s"));
    assert_eq!(left("later", now), None);
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    assert_eq!(Style::plain().bad("no"), "no");
    assert_eq!(Style { colour: true }.bad("no"), "\x1b[31mno\x1b[0m");
}

#[test]
fn text_from_inside_cannot_reach_the_terminal() {
    let shown = safe("a\u{1b}[2J\u{202e}b\nc");
    assert!(
        shown
            .chars()
            .all(|character| !character.is_control() && character != '\u{202e}'),
        "{shown:?}"
    );
}

#[test]
fn one_is_no_plural() {
    assert_eq!(
        (count(0, "rule"), count(1, "rule"), count(2, "rule")),
        ("0 rules".into(), "1 rule".into(), "2 rules".into())
    );
}
