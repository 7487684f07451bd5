//! Which programs start by preset, which cannot work inside, and what goes before both.

use super::*;

fn decided(target: &str, preset: Preset, interactive: bool, flags: &[&str]) -> String {
    let home = path("/home/u");
    let policy = Policy::builtin(&home);
    let session = SessionRules {
        preset: Some(preset),
        programs: ["/usr", "/home/u/.rustup", "/home/u/p"].map(path).to_vec(),
        flags: flags.iter().map(|text| rule(text, Origin::Flag)).collect(),
        interactive,
        ..SessionRules::default()
    };
    let request = request(Target::Execute(path(target)));
    match policy.decide(&request, &session, &GrantSet::default(), &now(), 0) {
        Verdict::Allow(allowed) => format!("allow by {}", allowed.basis()),
        Verdict::Deny(basis) => format!("deny by {basis}"),
        Verdict::Ask(basis) => format!("ask by {basis}"),
    }
}

#[test]
fn programs_of_the_system_toolchains_and_the_project_start_by_preset() {
    for program in ["/usr/bin/sh", "/home/u/.rustup/bin/x", "/home/u/p/build.sh"] {
        for interactive in [true, false] {
            assert_eq!(
                decided(program, Preset::Minimal, interactive, &[]),
                "allow by preset"
            );
        }
    }
    for program in ["/home/u/bin/tool", "/tmp/x", "/home/u/pp/x", "/memfd:x"] {
        assert_eq!(decided(program, Preset::Minimal, true, &[]), "ask by no rule");
        assert_eq!(decided(program, Preset::Moderate, true, &[]), "ask by no rule");
        assert_eq!(
            decided(program, Preset::Minimal, false, &[]),
            "deny by non-interactive"
        );
        assert_eq!(
            decided(program, Preset::Development, true, &[]),
            "allow by preset"
        );
    }
}

#[test]
fn what_cannot_work_inside_is_denied_with_its_reason_in_every_preset() {
    let denied = "deny by cannot work inside: nothing inside can become another user";
    for preset in Preset::ALL {
        assert_eq!(decided("/usr/bin/sudo", preset, true, &[]), denied);
        assert_eq!(
            decided("/home/u/p/sudo", preset, true, &[]),
            "allow by preset",
            "the project's own is another program"
        );
    }
    let allowed = decided(
        "/usr/bin/sudo",
        Preset::Minimal,
        true,
        &["allow execute /usr/bin/sudo"],
    );
    assert!(allowed.starts_with("allow by flag"), "{allowed}");
}

#[test]
fn a_rule_goes_before_the_preset() {
    let denied = decided(
        "/usr/bin/nc",
        Preset::Minimal,
        true,
        &["deny execute /usr/bin/nc"],
    );
    assert!(denied.starts_with("deny by flag"), "{denied}");
    let asked = decided("/home/u/p/x", Preset::Minimal, true, &["ask execute /home/u/p/x"]);
    assert!(asked.starts_with("ask by flag"), "{asked}");
}
