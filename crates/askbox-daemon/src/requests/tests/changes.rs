use askbox_policy::GrantId;
use askbox_wire::RuleView;

use super::*;

const MINE: &str = "# Mine.\n[[rule]]\neffect = \"allow\" # for work\nnetwork = \"ok.test\"\n\n# Last.\n";

fn listed(client: &mut askbox_wire::Client) -> Vec<RuleView> {
    match client.call(Request::Rules).unwrap() {
        Response::Rules(rules) => rules,
        other => panic!("{other:?}"),
    }
}

fn patterns(rules: &[RuleView]) -> Vec<&str> {
    rules.iter().map(|rule| rule.pattern.as_str()).collect()
}

#[test]
fn several_rules_are_written_at_once_and_those_that_are_there_stay_once() {
    let world = World::with_policy(MINE);
    let mut client = world.client();
    let allow = NewRule {
        effect: Effect::Allow,
        ..deny("ok.test")
    };
    let new = vec![deny("a.test"), allow, deny("b.test"), deny("a.test")];
    let Response::Rules(written) = client.call(Request::AddRules(new)).unwrap() else {
        panic!("no rules")
    };
    assert_eq!(patterns(&written), ["a.test", "b.test"]);
    assert_eq!(patterns(&listed(&mut client)), ["ok.test", "a.test", "b.test"]);
    assert!(world.policy_text().starts_with(MINE));
}

#[test]
fn the_list_says_how_often_a_rule_decided_and_which_are_redundant() {
    let world = World::with_policy(MINE);
    let mut client = world.client();
    let session = world.open_session("s");
    drop(world.outcome(world.ask(&session, "ok.test")).unwrap());
    let wider = NewRule {
        effect: Effect::Allow,
        ..deny("*.test")
    };
    client.call(Request::AddRule(wider)).unwrap();
    let rules = listed(&mut client);
    assert_eq!((rules[0].hits, rules[1].hits), (1, 0));
    assert!(rules[0].last_used.is_some() && rules[1].last_used.is_none());
    assert_eq!(rules[0].redundant_beside.as_ref(), Some(&rules[1].id));
    assert_eq!(rules[1].redundant_beside, None);

    // Counts outlive the daemon.
    let world = world.end().start();
    assert_eq!(listed(&mut world.client())[0].hits, 1);
}

#[test]
fn one_wrong_rule_of_several_keeps_all_of_them_out_and_is_named() {
    let world = World::with_policy(MINE);
    let mut client = world.client();
    let before = world.log();
    let wide = NewRule {
        address: Some([10, 0, 0, 1].into()),
        ..deny("*.b.test")
    };
    for (wrong, said) in [
        (deny("a b"), "rule 2: a b: "),
        (wide, "rule 2: an address belongs to one host by its name"),
        (
            NewRule {
                project: Some("relative".into()),
                ..deny("b.test")
            },
            "rule 2: a project is an absolute path",
        ),
    ] {
        let new = vec![deny("a.test"), wrong];
        let error = refusal(client.call(Request::AddRules(new)));
        assert_eq!(error.code, ErrorCode::Refused);
        assert!(error.message.starts_with(said), "{error}");
    }
    assert_eq!(world.policy_text(), MINE);
    assert_eq!(world.log(), before);
}

#[test]
fn a_rule_is_replaced_in_its_place_and_what_it_allowed_is_decided_anew() {
    let world = World::with_policy(MINE);
    let mut client = world.client();
    let session = world.open_session("s");
    let permit = world.outcome(world.ask(&session, "ok.test")).unwrap();
    let id = listed(&mut client)[0].id.clone();
    let replace = |id: &str, rule| Request::ReplaceRule { id: id.into(), rule };

    let Response::RuleAdded(rule) = client.call(replace(&id, deny("*.test"))).unwrap() else {
        panic!("no rule")
    };
    assert!(permit.is_revoked());
    assert_eq!(
        world.policy_text(),
        "# Mine.\n[[rule]]\neffect = \"deny\" # for work\nnetwork = \"*.test\"\n\n# Last.\n"
    );
    assert_eq!(patterns(&listed(&mut client)), ["*.test"]);
    let log = world.log();
    assert_eq!(
        log[log.len() - 2..],
        [
            "rule removed network ok.test allow",
            "rule added network *.test deny"
        ]
        .map(str::to_owned)
    );

    assert_eq!(
        refusal(client.call(replace(&id, deny("x.test")))).code,
        ErrorCode::NotFound
    );
    assert_eq!(
        refusal(client.call(replace(&rule.id, deny("a b")))).code,
        ErrorCode::Refused
    );
    client.call(Request::AddRule(deny("other.test"))).unwrap();
    let twice = refusal(client.call(replace(&rule.id, deny("other.test"))));
    assert_eq!(twice.code, ErrorCode::Refused);
    assert!(twice.message.ends_with("says that already"), "{twice}");
}

#[test]
fn a_rule_that_somebody_else_took_out_is_not_found_and_its_change_is_undone_in_the_log() {
    for request in [(|id| Request::RemoveRule { id }) as fn(String) -> Request, |id| {
        Request::ReplaceRule {
            id,
            rule: deny("a.test"),
        }
    }] {
        let world = World::with_policy(MINE);
        let mut client = world.client();
        let id = listed(&mut client)[0].id.clone();
        fs::write(world.paths.policy(), "# Nothing.\n").unwrap();
        let error = refusal(client.call(request(id)));
        assert_eq!(error.code, ErrorCode::NotFound, "{error}");
        assert_eq!(world.policy_text(), "# Nothing.\n");
        assert_eq!(patterns(&listed(&mut client)), [""; 0]);
        let count = |line: &str| world.log().iter().filter(|logged| *logged == line).count();
        let (removed, added) = (
            "rule removed network ok.test allow",
            "rule added network ok.test allow",
        );
        assert_eq!(count(removed), count(added));
    }
}

#[test]
fn a_policy_that_is_longer_than_a_message_is_exported_whole() {
    let long = MINE.to_owned() + &"# Müßig.\n".repeat(askbox_wire::limits::MAX_FRAME / 8);
    let world = World::with_policy(&long);
    let exported = world.client().call(Request::ExportPolicy).unwrap();
    assert!(exported == Response::PolicyText(long));
}

#[test]
fn a_rule_is_not_replaced_in_a_broken_file() {
    let world = World::with_policy(MINE);
    let mut client = world.client();
    let id = listed(&mut client)[0].id.clone();
    let broken = format!("{MINE}[[rule]]\n");
    fs::write(world.paths.policy(), &broken).unwrap();
    let error = refusal(client.call(Request::ReplaceRule {
        id,
        rule: deny("a.test"),
    }));
    assert_eq!(error.code, ErrorCode::Policy);
    assert!(error.message.contains("line 7"), "{error}");
    assert_eq!(world.policy_text(), broken);
}

#[test]
fn the_rules_of_another_policy_are_imported_and_settings_are_not() {
    let world = World::with_policy(MINE);
    let mut client = world.client();
    assert_eq!(
        client.call(Request::ExportPolicy).unwrap(),
        Response::PolicyText(MINE.into())
    );
    let text =
        "preset = \"development\"\n".to_owned() + MINE + "[[rule]]\neffect = \"deny\"\nread = \"~/x\"\n";
    let import = || Request::ImportPolicy { text: text.clone() };
    let Response::Imported(imported) = client.call(import()).unwrap() else {
        panic!("no import")
    };
    assert_eq!((imported.added.len(), imported.known), (1, 1));
    assert!(imported.added[0].pattern.ends_with("/x"));
    assert!(world.policy_text().starts_with(MINE) && !world.policy_text().contains("preset"));
    let Response::Imported(again) = client.call(import()).unwrap() else {
        panic!("no import")
    };
    assert_eq!((again.added, again.known), (vec![], 2));
}

#[test]
fn an_import_with_any_mistake_writes_nothing_and_names_each() {
    let world = World::with_policy(MINE);
    let mut client = world.client();
    let before = world.log();
    let text = "[[rule]]\neffect = \"deny\"\nread = \"/x\"\n\n[[rule]]\neffect = \"no\"\n".to_owned();
    let error = refusal(client.call(Request::ImportPolicy { text }));
    assert_eq!(error.code, ErrorCode::Policy);
    let first = "nothing is imported: line 5, column 1: the rule does not say";
    assert!(error.message.starts_with(first), "{error}");
    let [second] = error.details.as_slice() else {
        panic!("{error:?}")
    };
    assert!(second.starts_with("line 6, column 1: an effect is"), "{second}");
    assert_eq!((world.policy_text().as_str(), world.log()), (MINE, before));

    let broken = "nonsense";
    fs::write(world.paths.policy(), broken).unwrap();
    let text = MINE.replace("ok.test", "other.test");
    let error = refusal(client.call(Request::ImportPolicy { text }));
    assert_eq!(
        (error.code, world.policy_text().as_str()),
        (ErrorCode::Policy, broken)
    );
}

#[test]
fn the_end_of_a_remembered_answer_is_moved() {
    let world = World::new();
    let mut client = world.client();
    let _permit = allowed_for_an_hour(&world, &mut client);
    let ends = |client: &mut askbox_wire::Client| match client.call(Request::Grants).unwrap() {
        Response::Grants(grants) => (grants[0].id.clone(), grants[0].expires.clone().unwrap()),
        other => panic!("{other:?}"),
    };
    let (grant, before) = ends(&mut client);
    let set = |grant: &GrantId, after_ms| Request::SetExpiry {
        grant: grant.clone(),
        after_ms,
    };
    assert_eq!(client.call(set(&grant, 7_200_000)).unwrap(), Response::Done);
    assert!(before < ends(&mut client).1);
    assert_eq!(
        refusal(client.call(set(&grant, u64::MAX))).code,
        ErrorCode::Refused
    );
    assert_eq!(
        refusal(client.call(set(&GrantId("gone".into()), 1))).code,
        ErrorCode::NotFound
    );
}
