use proptest::prelude::*;

use super::super::redundant;
use super::oracle::{BUILTIN, any_rule, any_target};
use super::*;

/// The rules of the user's and the administrator's file that go before this one.
fn before(new: &Rule, own: &[&str], managed: &[&str]) -> Vec<String> {
    let file = |texts: &[&str]| PolicyFile {
        rules: texts.iter().map(|text| rule(text, Origin::Written)).collect(),
        ..PolicyFile::default()
    };
    let policy = Policy::builtin(&path("/home/u"))
        .with_managed_files(vec![file(managed)])
        .with_user_file(file(own));
    let told = |rule: &Rule| format!("{} {}", rule.effect, rule.pattern);
    policy.before(new, &now()).into_iter().map(told).collect()
}

fn check(new: &str, own: &[&str], expected: &[&str]) {
    let new = rule(new, Origin::Written);
    assert_eq!(before(&new, own, &[]), expected, "{} {own:?}", new.pattern);
}

#[test]
fn a_closer_rule_goes_before_a_wider_one_and_not_the_reverse() {
    check(
        "deny network **.a.test",
        &["allow network b.a.test"],
        &["allow b.a.test"],
    );
    check("allow network b.a.test", &["deny network **.a.test"], &[]);
    check(
        "deny network a.test",
        &["allow network a.test:443"],
        &["allow a.test:443"],
    );
    check("deny read ~/x", &["allow read ~/x/y"], &["allow /home/u/x/y"]);
    check(
        "deny read ~/x",
        &["allow read ~/x/*.md"],
        &["allow /home/u/x/*.md"],
    );
    check("allow read ~/x/y", &["deny read ~/x"], &[]);
}

#[test]
fn of_two_for_the_same_the_stricter_goes_first() {
    check("allow network a.test", &["deny network a.test"], &["deny a.test"]);
    check("allow read ~/x", &["ask read ~/x"], &["ask /home/u/x"]);
    check(
        "deny network a.test",
        &["allow network a.test", "ask network a.test"],
        &[],
    );
    check("allow profile claude", &["deny profile claude"], &["deny claude"]);
}

#[test]
fn what_says_the_same_or_speaks_of_something_else_goes_before_nothing() {
    check("deny network **.a.test", &["deny network b.a.test"], &[]);
    check("deny network a.test", &["allow network b.test"], &[]);
    check("deny read ~/x", &["allow write ~/x/y"], &[]);
    check("deny read ~/x", &["allow read ~/xy"], &[]);
}

#[test]
fn an_administrators_denial_goes_before_all_and_all_of_it_comes_first() {
    let new = rule("allow network b.a.test", Origin::Written);
    assert_eq!(
        before(
            &new,
            &["deny network b.a.test:22"],
            &["deny network **.a.test", "ask network *"]
        ),
        ["deny **.a.test", "deny b.a.test:22"]
    );
}

#[test]
fn a_rule_for_one_project_goes_before_one_for_all() {
    let here = |project: &str| Rule {
        project: Some(project.into()),
        ..rule("allow network a.test", Origin::Written)
    };
    let all = rule("deny network a.test", Origin::Written);
    let policy = |own: Rule| {
        Policy::builtin(&path("/home/u")).with_user_file(PolicyFile {
            rules: vec![own],
            ..PolicyFile::default()
        })
    };
    assert_eq!(policy(here("/p")).before(&all, &now()), [&here("/p")]);
    assert_eq!(policy(all).before(&here("/p"), &now()).len(), 0);
    let other = Rule {
        effect: Effect::Deny,
        ..here("/q")
    };
    assert_eq!(policy(other).before(&here("/p"), &now()).len(), 0);
}

/// A policy of these rules of the user's.
fn of(rules: &[Rule]) -> Policy {
    BUILTIN.clone().with_user_file(PolicyFile {
        rules: rules.to_vec(),
        ..PolicyFile::default()
    })
}

#[test]
fn rules_for_different_programs_do_not_meet() {
    let of_program = |text: &str, program: &str| Rule {
        program: Some(program.parse().unwrap()),
        ..rule(text, Origin::Written)
    };
    let new = of_program("ask network a.test", "/usr/bin/git");
    for (program, expected) in [
        ("/usr/bin/npm", 0),
        ("/usr/bin/git", 1),
        ("/usr", 1),
        ("/usr/bin/git/x", 1),
    ] {
        let other = of_program("deny network a.test", program);
        assert_eq!(of(&[other]).before(&new, &now()).len(), expected, "{program}");
    }
    let all = rule("ask network a.test", Origin::Written);
    let for_git = of_program("deny network a.test:443", "/usr/bin/git");
    let here = Rule {
        project: Some("/home/u/p".into()),
        ..rule("deny network a.test", Origin::Written)
    };
    let whole = rule("deny network a.test", Origin::Written);
    // What is for every project and program comes first.
    let policy = of(&[for_git.clone(), here.clone(), whole.clone()]);
    assert_eq!(policy.before(&all, &now()), [&whole, &for_git, &here]);
}

#[test]
fn a_rule_that_has_ended_goes_before_nothing() {
    let new = rule("deny network a.test", Origin::Written);
    let until = |end| Rule {
        expires: Some(Expiry::at_wall(end)),
        ..rule("allow network a.test:443", Origin::Written)
    };
    let wall = now().wall_ms;
    for (end, expected) in [(wall - 1, 0), (wall, 0), (wall + 1, 1)] {
        assert_eq!(of(&[until(end)]).before(&new, &now()).len(), expected, "{end}");
    }
}

#[test]
fn what_opens_no_guarded_path_goes_before_nothing_there() {
    check("deny read ~/.ssh", &["allow read ~/.ssh/*.pem"], &[]);
    check(
        "deny read ~/.ssh",
        &["allow read ~/.ssh/id"],
        &["allow /home/u/.ssh/id"],
    );
    check(
        "deny read ~/docs",
        &["allow read ~/docs/*.md"],
        &["allow /home/u/docs/*.md"],
    );
}

/// What asks where both rules may speak: a program and a project of the first, or else of the second.
fn asking(target: &Target, both: [&Rule; 2]) -> Request {
    let program = both.iter().find_map(|rule| rule.program.as_ref());
    let project = both.iter().find_map(|rule| rule.project.clone());
    Request {
        project: Project(project.unwrap_or_else(|| "/home/u/p".into())),
        process: Process {
            exe: Some(program.map_or_else(
                || "/usr/bin/git".into(),
                |program| program.anchor().as_path().into(),
            )),
            ..Process::unknown()
        },
        ..request(target.clone())
    }
}

/// The effect that these rules come to, and whether one of them says so.
fn decided(rules: &[&Rule], request: &Request) -> (Effect, bool) {
    let rules: Vec<Rule> = rules.iter().map(|rule| (*rule).clone()).collect();
    let session = SessionRules {
        interactive: true,
        ..SessionRules::default()
    };
    let verdict = of(&rules).decide(request, &session, &GrantSet::default(), &now(), 0);
    let (effect, basis) = match &verdict {
        Verdict::Allow(allowed) => (Effect::Allow, allowed.basis()),
        Verdict::Ask(basis) => (Effect::Ask, basis),
        Verdict::Deny(basis) => (Effect::Deny, basis),
    };
    (effect, matches!(basis, Basis::Rule(_)))
}

/// Holds what goes before another rule against what the two come to where both speak.
fn compare(other: &Rule, new: &Rule, target: &Target) -> Result<(), TestCaseError> {
    let request = asking(target, [other, new]);
    let speaks = |one: &Rule| one.pattern.matches(target) && decided(&[one], &request) == (one.effect, true);
    if other.effect == new.effect || !speaks(other) || !speaks(new) {
        return Ok(());
    }
    let goes_before = !of(std::slice::from_ref(other)).before(new, &now()).is_empty();
    let (effect, _by_a_rule) = decided(&[other, new], &request);
    // It says so only where one covers the other.
    let is_certain =
        redundant::covers(&other.pattern, &new.pattern) || redundant::covers(&new.pattern, &other.pattern);
    prop_assert_eq!(
        goes_before,
        effect == other.effect && is_certain,
        "{:?} and {:?}",
        other,
        new
    );
    Ok(())
}

proptest! {
    #[test]
    fn what_goes_before_decides_where_both_speak(
        rules in prop::collection::vec(any_rule(Origin::Written), 8),
        targets in prop::collection::vec(any_target(), 8),
    ) {
        for (other, new) in rules.iter().flat_map(|other| rules.iter().map(move |new| (other, new))) {
            for target in &targets {
                compare(other, new, target)?;
            }
        }
    }
}
