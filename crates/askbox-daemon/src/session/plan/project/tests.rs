use std::path::Path;

use super::*;

#[test]
fn a_file_that_is_not_trusted_is_told_once_with_the_parts_that_do_not_count() {
    let project = CanonicalPath::new(Path::new("/home/u/p")).unwrap();
    let nothing = || Unheeded::default();
    let one = || Unheeded {
        rules: 1,
        ..nothing()
    };
    let all = || Unheeded {
        rules: 2,
        preset: true,
        switches: true,
    };
    let end = "; look at it, then `askbox trust /home/u/p`";
    for (trust, unheeded, expected) in [
        (Trust::Given, all(), None),
        (Trust::Never, nothing(), None),
        (Trust::Ended, nothing(), None),
        (
            Trust::Never,
            one(),
            Some("is not trusted, without effect so far: one rule that allows something"),
        ),
        (
            Trust::Ended,
            all(),
            Some(
                "was changed since you trusted it, without effect so far: 2 rules that allow something, \
                 its preset and a switch of [sandbox]",
            ),
        ),
    ] {
        let expected = expected.map(|words| format!("/home/u/p/.askbox.toml {words}{end}"));
        assert_eq!(
            untrusted(trust, unheeded, &project),
            expected,
            "{trust:?} {unheeded:?}"
        );
    }
}
