use super::*;
use crate::policy::Unheeded;
use crate::switches::SwitchChoices;

const DEBUGGER: SwitchChoices = SwitchChoices {
    nested_sandbox: None,
    debugger: Some(true),
};

const NO_DEBUGGER: SwitchChoices = SwitchChoices {
    nested_sandbox: None,
    debugger: Some(false),
};

#[test]
fn what_opens_something_is_not_heeded_without_trust_and_what_closes_it_is() {
    let nothing = || Unheeded::default();
    let rules = |rules: &[&str]| file(rules);
    let preset = |preset| PolicyFile {
        preset: Some(preset),
        ..PolicyFile::default()
    };
    let switches = |switches| PolicyFile {
        switches,
        ..PolicyFile::default()
    };
    let default = SessionRules::default;
    let wide = || SessionRules {
        preset: Some(Preset::Development),
        switches: DEBUGGER,
        ..SessionRules::default()
    };
    for (file, session, expected) in [
        (PolicyFile::default(), default(), nothing()),
        (rules(&["deny read ~", "ask read ~/x"]), default(), nothing()),
        (
            rules(&["allow read ~/x", "deny read ~", "allow read ~/y"]),
            default(),
            Unheeded {
                rules: 2,
                ..nothing()
            },
        ),
        (preset(Preset::Minimal), default(), nothing()),
        (
            preset(Preset::Development),
            default(),
            Unheeded {
                preset: true,
                ..nothing()
            },
        ),
        // A flag's preset counts, trusted or not.
        (preset(Preset::Development), wide(), nothing()),
        (
            switches(DEBUGGER),
            default(),
            Unheeded {
                switches: true,
                ..nothing()
            },
        ),
        (switches(NO_DEBUGGER), default(), nothing()),
        (switches(DEBUGGER), wide(), nothing()),
        // It says no to the flag, and that counts.
        (switches(NO_DEBUGGER), wide(), nothing()),
    ] {
        let policy = Policy::builtin(&path("/home/u"));
        assert_eq!(
            policy.unheeded(&file, &path("/home/u/p"), &session),
            expected,
            "{file:?} {session:?}"
        );
    }
}

#[test]
fn what_the_administrator_keeps_is_not_called_a_matter_of_trust() {
    let managed = PolicyFile {
        preset: Some(Preset::Moderate),
        switches: NO_DEBUGGER,
        ..PolicyFile::default()
    };
    let policy = Policy::builtin(&path("/home/u")).with_managed_files(vec![managed]);
    let wanted = PolicyFile {
        preset: Some(Preset::Development),
        switches: DEBUGGER,
        ..PolicyFile::default()
    };
    let session = SessionRules {
        preset: Some(Preset::Moderate),
        ..SessionRules::default()
    };
    assert_eq!(
        policy.unheeded(&wanted, &path("/home/u/p"), &session),
        Unheeded::default()
    );
}
