use super::*;

/// The rules of the user's and the administrator's file that go before this one.
fn before(rule_: &Rule, own: &[&str], managed: &[&str]) -> Vec<String> {
    let file = |texts: &[&str]| PolicyFile {
        rules: texts.iter().map(|text| rule(text, Origin::Written)).collect(),
        ..PolicyFile::default()
    };
    let policy = Policy::builtin(&path("/home/u"))
        .with_managed_files(vec![file(managed)])
        .with_user_file(file(own));
    let told = |rule: &Rule| format!("{} {}", rule.effect, rule.pattern);
    policy.before(rule_).into_iter().map(told).collect()
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
    assert_eq!(policy(here("/p")).before(&all), [&here("/p")]);
    assert_eq!(policy(all).before(&here("/p")).len(), 0);
    let other = Rule {
        effect: Effect::Deny,
        ..here("/q")
    };
    assert_eq!(policy(other).before(&here("/p")).len(), 0);
}
