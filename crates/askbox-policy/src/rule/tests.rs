use super::*;
use crate::host_pattern::NetworkPattern;

fn network(text: &str) -> Pattern {
    Pattern::Network(NetworkPattern::parse(text).unwrap())
}

#[test]
fn a_name_follows_from_content_and_nothing_else() {
    let rule = Rule::new(Effect::Allow, network("example.com:443"), Origin::Written);
    // Written down: the names of rules must be the same in every version, since scripts hold them.
    assert_eq!(rule.id.to_string(), "681abf7b8b");
    let same = Rule {
        note: Some("x".to_owned()),
        origin: Origin::Answered,
        ..rule.clone()
    }
    .named();
    assert_eq!(same.id, rule.id);
    let others = [
        Rule {
            effect: Effect::Deny,
            ..rule.clone()
        },
        Rule {
            pattern: network("example.com"),
            ..rule.clone()
        },
        Rule {
            pattern: network("example.com:443 at 10.1.2.3"),
            ..rule.clone()
        },
        Rule {
            project: Some("/p".into()),
            ..rule.clone()
        },
        Rule {
            program: Some("/p".parse().unwrap()),
            ..rule.clone()
        },
        Rule {
            expires: Some(Expiry::at_wall(1)),
            ..rule.clone()
        },
        Rule {
            pattern: Pattern::Read("/p".parse().unwrap()),
            ..rule.clone()
        },
        Rule {
            pattern: Pattern::Write("/p".parse().unwrap()),
            ..rule.clone()
        },
    ];
    let names: std::collections::BTreeSet<_> = others
        .into_iter()
        .map(|rule| rule.named().id)
        .chain([rule.id])
        .collect();
    assert_eq!(names.len(), 9);
}

#[test]
fn a_pattern_covers_the_narrower_one_of_its_kind() {
    let check = |outer: &Pattern, inner: &Pattern, expected: bool| {
        assert_eq!(outer.covers(inner), expected, "{outer} covers {inner}");
    };
    check(&network("**.example.com"), &network("a.example.com:443"), true);
    check(&network("a.example.com:443"), &network("**.example.com"), false);
    check(&network("*"), &network("nas.example.com:443 at 10.1.2.3"), true);
    check(
        &network("nas.example.com"),
        &network("nas.example.com:443 at 10.1.2.3"),
        true,
    );
    check(
        &network("10.0.0.0/8"),
        &network("nas.example.com:443 at 10.1.2.3"),
        true,
    );
    check(
        &network("nas.example.com at 10.1.2.4"),
        &network("nas.example.com:443 at 10.1.2.3"),
        false,
    );
    let (read, write) = (
        Pattern::Read("/a".parse().unwrap()),
        Pattern::Write("/a/b".parse().unwrap()),
    );
    check(&read, &write, false);
    check(&read, &Pattern::Read("/a/b".parse().unwrap()), true);
}
