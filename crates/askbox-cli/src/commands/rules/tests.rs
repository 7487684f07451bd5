use askbox_policy::SessionId;
use expect_test::{Expect, expect};

use super::*;
use crate::fixtures;

fn check(lists: &Lists, expected: &Expect) {
    expected.assert_eq(&render(lists, fixtures::now(), Style::plain()));
}

#[test]
fn rules_and_remembered_answers_are_listed() {
    let local = RuleView {
        created: None,
        hits: 12,
        last_used: Some("2026-05-01T11:00:00.000Z".into()),
        redundant_beside: Some("0f3a9c2b1d".into()),
        preceded_by: Vec::new(),
        id: "44d48b0025".into(),
        effect: Effect::Allow,
        kind: askbox_policy::Kind::Network,
        pattern: "printer.test:631".into(),
        address: Some([192, 168, 1, 5].into()),
        project: None,
        program: None,
        expires: None,
        note: None,
        origin: Origin::Answered,
    };
    let session = SessionId("a1b2".into());
    let grants = [
        ScopeView::Once {
            session: session.clone(),
            pid: 4711,
        },
        ScopeView::Once {
            session: session.clone(),
            pid: 0,
        },
        ScopeView::Session(session),
        ScopeView::Project("/home/ada/app".into()),
        ScopeView::Everywhere,
    ];
    let grants = grants.into_iter().map(fixtures::grant).collect();
    check(
        &Lists {
            rules: vec![fixtures::rule(), local],
            grants,
        },
        &expect![[r#"
        0f3a9c2b1d  deny  read    ~/notes/\u{1b}[2J
                    policy.toml, in /home/ada/app, for /usr/bin/git, until 2026-12-31T23:59:59.000Z
                    "not for\nprograms"
        44d48b0025  allow network printer.test:631 at 192.168.1.5 on your local network
                    policy.toml, from an answer, used 12 times, last 2026-05-01T11:00:00.000Z, redundant beside 0f3a9c2b1d
        remembered answers (end one with askbox revoke ID):
        3f          allow network registry.example.com:443
                    once, for process 4711 of session a1b2
        3f          allow network registry.example.com:443
                    once, in session a1b2
        3f          allow network registry.example.com:443
                    until session a1b2 ends
        3f          allow network registry.example.com:443
                    for 59m, in /home/ada/app
        3f          allow network registry.example.com:443
                    for 59m, in every project
    "#]],
    );
}

#[test]
fn no_rules_are_said_to_be_none() {
    check(
        &Lists {
            rules: Vec::new(),
            grants: Vec::new(),
        },
        &expect![[r#"
        no rules; everything beyond the preset asks
    "#]],
    );
}

#[test]
fn who_adds_a_rule_hears_how_to_take_it_back_and_for_udp_which_sessions_have_it() {
    let rule = |effect, pattern: &str| RuleView {
        effect,
        kind: Kind::Network,
        pattern: pattern.into(),
        ..fixtures::rule()
    };
    let said = "sessions that run and had no rule for its port are to be started anew";
    for (effect, pattern, is_said) in [
        (Effect::Allow, "game.test:5000/udp", true),
        (Effect::Allow, "game.test:5000", false),
        (Effect::Deny, "game.test:5000/udp", false),
    ] {
        let text = render_added(&rule(effect, pattern), None, Style::plain());
        assert_eq!(text.contains(said), is_said, "{text}");
        assert!(
            text.ends_with("   take it back: askbox rules remove 0f3a9c2b1d\n"),
            "{text}"
        );
    }
}

#[test]
fn who_adds_a_rule_hears_which_one_goes_before_it() {
    let before = RuleView {
        id: "44d48b0025".into(),
        effect: Effect::Allow,
        pattern: "~/notes/a".into(),
        ..fixtures::rule()
    };
    let check = |preceded_by: &[&str], before: Option<&RuleView>, expected: Option<&str>| {
        let added = RuleView {
            preceded_by: preceded_by.iter().map(ToString::to_string).collect(),
            ..fixtures::rule()
        };
        let text = render_added(&added, before, Style::plain());
        let line = text.lines().find(|line| line.contains("goes before it"));
        assert_eq!(line.map(str::trim), expected, "{text}");
    };
    check(&[], None, None);
    check(
        &["44d48b0025"],
        Some(&before),
        Some("rule 44d48b0025 goes before it: allow read ~/notes/a in /home/ada/app for /usr/bin/git"),
    );
    let everywhere = RuleView {
        project: None,
        program: None,
        ..before
    };
    check(
        &["44d48b0025", "a", "b"],
        Some(&everywhere),
        Some("rule 44d48b0025 goes before it: allow read ~/notes/a, and so do 2 more"),
    );
}
