#![expect(clippy::indexing_slicing, reason = "a failed index fails the test")]

use std::path::Path;
use std::slice;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::grant::Expiry;
use crate::host_pattern::NetworkPattern;
use crate::resource_limits::{Bound, Memory};
use crate::rule::{Effect, Pattern};

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn context() -> Context {
    Context {
        home: path("/home/u"),
        project: None,
        origin: Origin::Written,
    }
}

fn problems(text: &str, expected: &Expect) {
    let lines: Vec<String> = parse(text, &context())
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

const FULL: &str = r#"# mine
preset = "moderate"
auto_approve = ["read", "execute"]
identity = "synthetic"

[questions]
timeout = "90s"
default_expiry = "2h"

[network]
block_lists = ["~/lists/ads.txt"]
upstream_proxy = "http://proxy.example.com:3128"
upstream_resolve = "proxy"

[sandbox]
nested_sandbox = true
debugger = false

[limits]
memory = "50%"
cpus = 1.5
processes = 4096
open_files = "none"
run_time = "2h"
tmp = "1G"
disk = "20G"

# the office
[[rule]]
effect = "allow" # always
network = "nas.example.com:443"
address = "10.1.2.3"
project = "~/src/app"
expires = 2030-01-01T02:00:00+02:00
note = "it's \"fine\""

# secrets
[[rule]]
effect = "deny"
read = "~/src/**/.env"
program = "/usr/bin/git"
expires = "2030-01-01T00:00:00Z"
"#;

#[test]
fn a_full_file_parses() {
    let file = parse(FULL, &context()).unwrap();
    let mut network = NetworkPattern::parse("nas.example.com:443").unwrap();
    network.address = Some("10.1.2.3".parse().unwrap());
    let end = Some(Expiry::at_wall(1_893_456_000_000));
    let expected = PolicyFile {
        preset: Some(Preset::Moderate),
        auto_approve: Some(vec![Kind::Read, Kind::Execute]),
        identity: Some(Identity::Synthetic),
        switches: crate::SwitchChoices {
            nested_sandbox: Some(true),
            debugger: Some(false),
        },
        question_timeout_ms: Some(90_000),
        default_expiry_ms: Some(7_200_000),
        block_lists: vec![path("/home/u/lists/ads.txt")],
        upstream_proxy: Some(UpstreamProxy::Url(
            "http://proxy.example.com:3128".parse().unwrap(),
        )),
        upstream_resolve: Some(UpstreamResolve::Proxy),
        limits: LimitChoices {
            memory: Some(Bound::At(Memory::Percent(50))),
            cpus: Some(Bound::At(1500)),
            processes: Some(Bound::At(4096)),
            open_files: Some(Bound::Off),
            run_time_ms: Some(Bound::At(7_200_000)),
            tmp: Some(Bound::At(1 << 30)),
            disk: Some(Bound::At(20 << 30)),
        },
        rules: vec![
            Rule {
                project: Some("/home/u/src/app".into()),
                expires: end.clone(),
                note: Some("it's \"fine\"".to_owned()),
                ..Rule::new(Effect::Allow, Pattern::Network(network), Origin::Written)
            }
            .named(),
            Rule {
                program: Some("/usr/bin/git".parse().unwrap()),
                expires: end,
                ..Rule::new(
                    Effect::Deny,
                    Pattern::Read("/home/u/src/**/.env".parse().unwrap()),
                    Origin::Written,
                )
            }
            .named(),
        ],
    };
    assert_eq!(file, expected);
    assert_eq!(parse("", &context()), Ok(PolicyFile::default()));
}

#[test]
fn every_problem_is_reported_with_its_place() {
    problems(
        r#"preset = "open"
auto_approve = ["read", "delete", 3]
identity = 7
colour = "red"

[questions]
timeout = "soon"
default_expiry = "90 days"
sound = true

[network]
block_lists = ["ads.txt", "~/*.txt"]

[[rule]]
effect = "permit"
network = "exa mple.com"

[[rule]]
read = "~/a"
write = "~/a"

[[rule]]
effect = "allow"

[[rule]]
effect = "allow"
execute = "~/../x"
program = "/usr/bin/git"
expires = "tomorrow"

[[rule]]
effect = "ask"
network = "*.example.com"
address = "10.1.2.3"

[[rule]]
effect = "deny"
network = "example.com"
address = "10.1.2"
projekt = "/p"
note = 3
"#,
        &expect![[r#"
            line 1, column 1: a preset is `minimal`, `moderate` or `development`
            line 2, column 25: a kind of request is `network`, `read`, `write`, `execute`, `profile`, `neighbour` or `growth`
            line 2, column 35: a kind is a text (hint: auto_approve = ["read"])
            line 3, column 1: a text is needed here, this is integer
            line 4, column 1: unknown key `colour` (hint: known here: preset, auto_approve, identity, [questions], [network], [sandbox], [limits], [[rule]])
            line 7, column 1: not a duration (hint: write it as "60s", "5m" or "1h 30m")
            line 8, column 1: must be between 1s and 30days
            line 9, column 1: unknown key `sound` (hint: known here: timeout, default_expiry)
            line 12, column 16: a path starts with `/`, `~/` or `{project}`
            line 12, column 27: one path is needed here, without wildcards or `=`
            line 15, column 1: an effect is `allow`, `ask` or `deny`
            line 16, column 1: "exa mple.com" is not a host: a host cannot contain ' '
            line 18, column 1: the rule has no effect (hint: effect = "allow", "ask" or "deny")
            line 20, column 1: a rule is about one of network, read, write, execute, profile, neighbour, growth (hint: write a rule of its own for each)
            line 22, column 1: the rule does not say what it is about (hint: exactly one of network, read, write, execute, profile, neighbour, growth)
            line 27, column 1: `..` is not allowed in a path
            line 28, column 1: `program` cannot narrow an allow rule (hint: a program can pretend to be any other; `program` narrows ask and deny only)
            line 29, column 1: not a moment: date, time and offset are needed (hint: write it as 2030-12-31T23:59:59Z)
            line 34, column 1: `address` needs one host by its name (hint: network = "host.example.com:443" beside it)
            line 39, column 1: not an IP address (hint: address = "10.1.2.3")
            line 40, column 1: unknown key `projekt` (hint: known here: effect, network, address, read, write, execute, profile, neighbour, growth, project, program, expires, note)
            line 41, column 1: a text is needed here, this is integer"#]],
    );
}

#[test]
fn a_file_that_is_no_toml_says_where() {
    problems(
        "preset = \"minimal\"\n[[rule]\neffect = 1",
        &expect!["line 2, column 8: unclosed array table, expected `]`"],
    );
    problems(
        "preset = \"minimal\"\npreset = \"moderate\"\n",
        &expect!["line 2, column 1: duplicate key"],
    );
    problems(
        "rule = 1\nquestions = 2\nnetwork = 3\n",
        &expect![[r#"
        line 1, column 1: a rule starts with `[[rule]]` (hint: effect = "allow")
        line 2, column 1: `questions` is a table (hint: [questions])
        line 3, column 1: `network` is a table (hint: [network])"#]],
    );
}

#[test]
fn a_file_beyond_all_measure_is_refused() {
    let long = "#".repeat(limits::POLICY_FILE_BYTES + 1);
    assert_eq!(parse(&long, &context()).unwrap_err().len(), 1);
    let wrong = "[[rule]]\n".repeat(1000);
    assert_eq!(parse(&wrong, &context()).unwrap_err().len(), limits::PROBLEMS);
}

#[test]
fn appending_leaves_the_rest_as_it_was() {
    let rule = Rule::new(
        Effect::Deny,
        Pattern::Network(NetworkPattern::parse("**.example.com:443").unwrap()),
        Origin::Answered,
    );
    let changed = append_rules(FULL, slice::from_ref(&rule), &context()).unwrap();
    let added = changed.strip_prefix(FULL).unwrap();
    expect![[r#"

        [[rule]]
        effect = "deny"
        network = "**.example.com:443"
    "#]]
    .assert_eq(added);
    let alone = append_rules("", slice::from_ref(&rule), &context()).unwrap();
    assert!(alone.starts_with("[[rule]]\n"));
    let after_comment = append_rules("# only this", slice::from_ref(&rule), &context()).unwrap();
    assert!(after_comment.starts_with("# only this\n\n[[rule]]\n"));
}

#[test]
fn removing_leaves_the_rest_as_it_was() {
    let file = parse(FULL, &context()).unwrap();
    let changed = remove_rule(FULL, &file.rules[0].id, &context()).unwrap().unwrap();
    let start = FULL.find("[[rule]]").unwrap();
    let end = FULL.find("\n# secrets").unwrap();
    assert_eq!(changed, format!("{}{}", &FULL[..start], &FULL[end..]));
    assert_eq!(parse(&changed, &context()).unwrap().rules, file.rules[1..]);
    let twice = remove_rule(&changed, &file.rules[1].id, &context())
        .unwrap()
        .unwrap();
    assert!(twice.contains("# the office") && twice.contains("# secrets"));
    assert_eq!(remove_rule(&twice, &file.rules[1].id, &context()), Ok(None));
}

#[test]
fn a_rule_is_replaced_where_it_stands_and_its_comments_stay() {
    let text = r#"# first
[[rule]] # a rule
effect = "allow" # yes
# the office
network = "a.example.com" # at noon
note = "n" # and a note

# second
[[rule]]
effect = "deny"
read = "/a"

[[rule]]
network = "a.example.com"
effect = "allow"
"#;
    let file = parse(text, &context()).unwrap();
    let check = |old: usize, rule: &Rule, expected: Expect| {
        let changed = replace_rule(text, &file.rules[old].id, rule, &context()).unwrap();
        expected.assert_eq(&changed.unwrap());
    };
    let wider = Pattern::Network(NetworkPattern::parse("*.example.com").unwrap());
    check(
        0,
        &Rule::new(Effect::Allow, wider, Origin::Written),
        expect![[r#"
            # first
            [[rule]] # a rule
            # and a note
            effect = "allow" # yes
            # the office
            network = "*.example.com" # at noon

            # second
            [[rule]]
            effect = "deny"
            read = "/a"

        "#]],
    );
    let other = Rule {
        note: Some("why \"not\"".into()),
        expires: Some(Expiry::at_wall(1_900_000_000_000)),
        ..Rule::new(
            Effect::Ask,
            Pattern::Write("/b".parse().unwrap()),
            Origin::Written,
        )
    }
    .named();
    check(
        1,
        &other,
        expect![[r#"
            # first
            [[rule]] # a rule
            effect = "allow" # yes
            # the office
            network = "a.example.com" # at noon
            note = "n" # and a note

            # second
            [[rule]]
            effect = "ask"
            write = "/b"
            expires = 2030-03-17T17:46:40.000Z
            note = 'why "not"'

            [[rule]]
            network = "a.example.com"
            effect = "allow"
        "#]],
    );
    assert_eq!(replace_rule(text, &other.id, &other, &context()), Ok(None));
}

#[test]
fn a_broken_file_is_not_changed() {
    let rule = Rule::new(
        Effect::Ask,
        Pattern::Read("/a".parse().unwrap()),
        Origin::Answered,
    );
    for text in ["preset = 1", "[[rule]", "rule = []"] {
        assert!(
            matches!(
                append_rules(text, slice::from_ref(&rule), &context()),
                Err(EditError::Broken(_))
            ),
            "{text}"
        );
        assert!(
            matches!(remove_rule(text, &rule.id, &context()), Err(EditError::Broken(_))),
            "{text}"
        );
        assert!(
            matches!(
                replace_rule(text, &rule.id, &rule, &context()),
                Err(EditError::Broken(_))
            ),
            "{text}"
        );
    }
    // A rule that no file may hold.
    let narrowed = Rule {
        effect: Effect::Allow,
        program: Some("/a".parse().unwrap()),
        ..rule
    };
    assert_eq!(
        append_rules("", &[narrowed], &context()),
        Err(EditError::Misplaced)
    );
}

#[test]
fn a_rule_of_udp_has_no_address_and_asks_nobody() {
    problems(
        r#"
[[rule]]
effect = "allow"
network = "game.test:5000/udp"

[[rule]]
effect = "allow"
network = "game.test:5000/udp"
address = "10.1.2.3"

[[rule]]
effect = "allow"
network = "game.test:53/udp"

[[rule]]
effect = "ask"
network = "game.test:5000/udp"

[[rule]]
effect = "deny"
network = "game.test:5000/udp"
"#,
        &expect![[r#"
            line 9, column 1: `address` belongs to rules for TCP (hint: a second rule with network = "10.1.2.3:5000/udp")
            line 13, column 1: "game.test:53/udp" can open nothing: at port 53 Askbox answers by UDP itself, whatever rules say
            line 15, column 1: nobody can be asked about UDP (hint: effect = "allow" or "deny")"#]],
    );
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let effect = prop::sample::select(vec![Effect::Allow, Effect::Ask, Effect::Deny]);
    let network = (
        "(\\*\\.|\\*\\*\\.)?[a-z]{1,8}\\.example\\.com(:[1-9][0-9]{2,3}(/udp)?)?",
        any::<Option<[u8; 4]>>(),
    )
        .prop_map(|(text, address)| {
            let mut network = NetworkPattern::parse(&text).unwrap();
            if !text.starts_with('*') && !text.ends_with("/udp") {
                network.address = address.map(Into::into);
            }
            Pattern::Network(network)
        });
    let file =
        "=?/[a-zäß \"'#\n\u{202e}]{1,8}/[a-z]{1,4}".prop_filter_map("a pattern", |text| text.parse().ok());
    let pattern = prop_oneof![network, file.prop_map(Pattern::Write)];
    let note = prop::option::of("[\\PC\n\"'\\\\#]{0,20}");
    let end = prop::option::of(0..200_000_000_000_000_u64);
    let said = (effect, pattern).prop_filter("nobody is asked about UDP", |(effect, pattern)| {
        *effect != Effect::Ask || !pattern.to_string().ends_with("/udp")
    });
    (said, note, end, any::<bool>(), any::<bool>()).prop_map(
        |((effect, pattern), note, end, project, program)| {
            Rule {
                project: project.then(|| "/home/u/a b*".into()),
                program: (program && effect != Effect::Allow).then(|| "/usr/**/git".parse().unwrap()),
                expires: end.map(Expiry::at_wall),
                note,
                ..Rule::new(effect, pattern, Origin::Written)
            }
            .named()
        },
    )
}

proptest! {
    #[test]
    fn a_rule_survives_being_written_and_removed(rule in any_rule()) {
        let text = append_rules(FULL, slice::from_ref(&rule), &context()).unwrap();
        let rules = parse(&text, &context()).unwrap().rules;
        prop_assert_eq!(rules.last(), Some(&rule));
        prop_assert_eq!(rules.len(), 3);
        let back = remove_rule(&text, &rule.id, &context()).unwrap().unwrap();
        prop_assert_eq!(back.trim_end(), FULL.trim_end());
    }

    #[test]
    fn a_rule_survives_being_put_in_the_place_of_another(old in any_rule(), new in any_rule()) {
        prop_assume!(old.id != new.id);
        let text = append_rules(FULL, &[old.clone(), new.clone()], &context()).unwrap();
        let changed = replace_rule(&text, &old.id, &new, &context()).unwrap().unwrap();
        let rules = parse(&changed, &context()).unwrap().rules;
        prop_assert_eq!(&rules[2..], &[new.clone(), new]);
        for comment in FULL.lines().filter(|line| line.starts_with('#')) {
            prop_assert!(changed.contains(comment));
        }
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_problems(text in "\\PC{0,80}") {
        prop_assert!(parse(&text, &context()).is_ok_and(|file| file == PolicyFile::default()) || parse(&text, &context()).is_err());
    }
}
