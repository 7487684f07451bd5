use super::*;

#[test]
fn what_fits_stays_and_the_rest_ends_in_an_ellipsis() {
    assert_eq!(text("abc".into(), 3), "abc");
    assert_eq!(text("abcd".into(), 3), "abc…");
    assert_eq!(text("ä\u{1}b".into(), 8), "ä\u{1}…");
    assert_eq!(text("\u{1}".into(), 5), "…");
}

#[test]
fn words_are_counted_together() {
    let given = ["aa".to_owned(), "bb".to_owned(), "cc".to_owned()];
    assert_eq!(words(&given, 100), given);
    assert_eq!(words(&given, 8), ["aa", "bb"]);
    assert_eq!(words(&given, 6), ["aa", "b…"]);
}
