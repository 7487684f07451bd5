use proptest::prelude::*;

use super::oracle::{World, any_target, any_world, decided};
use super::*;
use crate::limits;

/// Numbers of the rules that are redundant, each with that of the rule beside which it is.
fn redundant(own: &[Rule], managed: &[Rule], grants: &[Grant]) -> Vec<(usize, usize)> {
    let file = |rules: &[Rule]| PolicyFile {
        rules: rules.to_vec(),
        ..PolicyFile::default()
    };
    let policy = Policy::builtin(&path("/home/u"))
        .with_managed_files(vec![file(managed)])
        .with_user_file(file(own));
    let number = |id| own.iter().position(|rule| rule.id == id).unwrap();
    let pairs = policy.redundant(grants).into_iter();
    pairs
        .map(|(inner, outer)| (number(inner), number(outer)))
        .collect()
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| rule(text, Origin::Written)).collect()
}

fn check(own: &[&str], expected: &[(usize, usize)]) {
    assert_eq!(redundant(&rules(own), &[], &[]), expected, "{own:?}");
}

#[test]
fn an_allowance_within_a_wider_one_is_redundant() {
    check(&["allow network *.a.test", "allow network b.a.test"], &[(1, 0)]);
    check(
        &["allow network b.a.test:443", "allow network b.a.test"],
        &[(0, 1)],
    );
    check(&["allow network *", "allow network **.a.test"], &[(1, 0)]);
    check(
        &["allow read ~/docs", "allow read ~/docs/a", "allow read ~/docs/*"],
        &[(1, 0), (2, 0)],
    );
    check(&["allow network *.a.test", "allow network a.test"], &[]);
    check(&["allow read ~/docs", "allow write ~/docs/a"], &[]);
    check(&["allow read =~/docs", "allow read ~/docs/a"], &[]);
    check(&["allow read ~/*/a", "allow read ~/docs/a"], &[]);
}

#[test]
fn what_may_come_between_keeps_an_allowance() {
    check(
        &[
            "allow network **.a.test",
            "allow network c.b.a.test",
            "deny network **.b.a.test",
        ],
        &[],
    );
    check(
        &[
            "allow network **.a.test",
            "allow network c.b.a.test",
            "ask network **.a.test:1-1000",
        ],
        &[],
    );
    check(
        &[
            "allow network **.a.test",
            "allow network c.b.a.test",
            "deny network *",
            "deny network b.test",
        ],
        &[(1, 0)],
    );
    check(
        &["allow read ~/docs", "allow read ~/docs/a/b", "deny read ~/docs/a"],
        &[],
    );
    check(
        &[
            "allow read ~/docs",
            "allow read ~/docs/a/b",
            "deny read ~",
            "deny read ~/docs/c",
        ],
        &[(1, 0)],
    );
    let own = rules(&["allow network **.a.test", "allow network c.b.a.test"]);
    let denied = grant("g", "deny network **.b.a.test", Scope::Everywhere);
    assert_eq!(redundant(&own, &[], &[denied]), []);
    assert_eq!(redundant(&own, &rules(&["ask network **.b.a.test"]), &[]), []);
}

#[test]
fn what_names_a_closed_place_is_not_redundant() {
    check(
        &["allow read ~", "allow read ~/.ssh/id", "allow read ~/.npmrc"],
        &[],
    );
}

#[test]
fn a_denial_within_a_wider_one_is_not_redundant_for_certain() {
    check(&["deny network *.a.test", "deny network b.a.test"], &[]);
    check(&["deny read ~/docs", "deny read ~/docs/a"], &[]);
}

#[test]
fn of_two_that_say_the_same_the_one_with_less_reach_is_redundant() {
    let all = rule("deny read ~/docs", Origin::Written);
    let ending = Rule {
        expires: Some(Expiry::at_wall(u64::MAX)),
        ..all.clone()
    }
    .named();
    let for_git = Rule {
        program: Some("/usr/bin/git".parse().unwrap()),
        ..all.clone()
    }
    .named();
    let here = Rule {
        project: Some("/home/u/p".into()),
        ..all.clone()
    }
    .named();
    assert_eq!(redundant(&[ending.clone(), all.clone()], &[], &[]), [(0, 1)]);
    assert_eq!(redundant(&[all.clone(), for_git], &[], &[]), [(1, 0)]);
    // It weighs more than what is for all.
    assert_eq!(redundant(&[all.clone(), here], &[], &[]), []);
    // An administrator's rule is none of the user's.
    assert_eq!(redundant(&[ending], &[all], &[]), []);
}

#[test]
fn very_many_rules_are_not_looked_at() {
    let mut own = rules(&["allow network *"]);
    own.extend(
        (0..limits::REDUNDANCY_RULES)
            .map(|number| rule(&format!("allow network a{number}.test"), Origin::Written)),
    );
    assert_eq!(redundant(&own, &[], &[]), []);
    own.pop();
    assert_eq!(redundant(&own, &[], &[]).len(), limits::REDUNDANCY_RULES - 1);
}

/// What a session has of its own may come between what allows; a denial or a question must hold against that too.
fn without_projects(world: World) -> World {
    World {
        trusted: Vec::new(),
        untrusted: Vec::new(),
        ..world
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn without_a_redundant_rule_every_verdict_is_as_before(
        world in any_world(),
        targets in prop::collection::vec(any_target(), 12),
    ) {
        for (number, _) in redundant(&world.user, &world.managed, &world.grants) {
            let is_allow = world.user.get(number).is_some_and(|rule| rule.effect == Effect::Allow);
            let before = if is_allow { without_projects(world.clone()) } else { world.clone() };
            let mut after = before.clone();
            let gone = after.user.remove(number).id;
            after.user.retain(|rule| rule.id != gone);
            for target in &targets {
                let request = request(target.clone());
                prop_assert_eq!(decided(&before, &request).0, decided(&after, &request).0, "{:?}", target);
            }
        }
    }
}
