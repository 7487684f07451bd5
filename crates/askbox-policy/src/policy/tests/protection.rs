//! Lists, presets, ceilings, ends: what protects without a rule for the target.

use super::*;
use crate::builtin_lists::{List, Node};

#[test]
fn credentials_are_refused_in_every_preset_and_opened_by_the_exact_path_alone() {
    let key = || read("/home/u/.ssh/id_test");
    let open = || {
        Case::new()
            .preset(Preset::Development)
            .auto_approve(&[Kind::Read, Kind::Write, Kind::Execute])
            .flags(&[
                "allow read ~",
                "allow read ~/.ssh",
                "allow write ~",
                "allow execute ~",
            ])
            .grant("allow read ~/.ssh")
            .grant("allow write ~/.ssh")
    };
    open()
        .says(key(), "deny credential list")
        .says(write("/home/u/.ssh/id_test"), "deny credential list")
        .says(execute("/home/u/.ssh/id_test"), "deny credential list")
        .says(read("/etc/passwd"), "deny credential list");
    open()
        .rules(&["allow read ~/.ssh/*"])
        .says(key(), "deny credential list");
    open()
        .rules(&["allow read ~/.ssh/id_test"])
        .says(key(), "allow rule");
    open()
        .grant("allow read =~/.ssh/id_test")
        .says(key(), "allow grant");
    open()
        .rules(&["ask read ~/.ssh/id_test"])
        .says(key(), "ask credential list");
    open()
        .rules(&["ask read ~/.ssh"])
        .says(key(), "deny credential list");
    open()
        .project(&["allow read ~/.ssh/id_test"], true)
        .says(key(), "deny credential list");
    open()
        .managed(&["deny read ~/.ssh"])
        .rules(&["allow read ~/.ssh/id_test"])
        .says(key(), "deny managed");
    // The directory itself may be opened by its exact path; that opens nothing below.
    open()
        .says(read("/home/u/.ssh"), "allow flag")
        .says(key(), "deny credential list");
}

/// How many entries the two lists have here, Askbox's own directory among them. Whoever adds or removes one says so here too: what is
/// not on a list any more is missed by no other test.
const LISTED: [(List, usize); 2] = [(List::Credential, 433), (List::Startup, 367)];

#[test]
fn every_entry_of_the_lists_protects_what_it_stands_for_and_says_why() {
    let open = Case::new()
        .preset(Preset::Development)
        .auto_approve(&[Kind::Read, Kind::Write, Kind::Execute])
        .flags(&["allow read /", "allow write /", "allow execute /"]);
    let lists = open.policy.lists();
    let mut wrong = Vec::new();
    let mut check = |target: Target, expected: &Verdict| {
        let verdict = open.decide(target.clone());
        if verdict != *expected {
            wrong.push(format!("{target:?}: {verdict:?}, not {expected:?}"));
        }
    };
    for (list, entry) in lists.entries() {
        let it = match entry.path() {
            Some(path) => path.clone(),
            None => path(&entry.pattern.to_string().replace('*', "any")),
        };
        let below = CanonicalPath::new(&it.as_path().join("below"));
        let within = below.filter(|_| entry.node == Node::Directory);
        let reason = entry.reason.to_owned();
        for path in [Some(it), within].into_iter().flatten() {
            match list {
                List::Credential => {
                    let refused = Verdict::Deny(Basis::Credential(reason.clone()));
                    check(Target::Read(path.clone()), &refused);
                    check(Target::Write(path.clone()), &refused);
                    check(Target::Execute(path), &refused);
                }
                // What stands on both lists is a credential.
                List::Startup if lists.credential(&path).is_some() => {}
                List::Startup => check(Target::Write(path), &Verdict::Ask(Basis::Startup(reason.clone()))),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let count = |wanted| lists.entries().filter(|(list, _)| *list == wanted).count();
    assert_eq!(LISTED.map(|(list, _)| (list, count(list))), LISTED);
    // Beside them the same flags open what they name.
    open.clone()
        .says(read("/home/u/.bashrc"), "allow flag")
        .says(write("/home/u/notes"), "allow flag");
}

#[test]
fn known_hosts_are_a_question_and_opened_by_the_exact_path_alone() {
    let known = || read("/home/u/.ssh/known_hosts");
    let open = || {
        Case::new()
            .preset(Preset::Development)
            .auto_approve(&[Kind::Read, Kind::Write])
            .flags(&["allow read ~", "allow write ~", "allow read ~/.ssh"])
    };
    open()
        .says(known(), "ask credential list")
        .says(write("/home/u/.ssh/known_hosts"), "deny credential list")
        .grant("allow read =~/.ssh/known_hosts")
        .says(known(), "allow grant")
        .says(read("/home/u/.ssh/id_test"), "deny credential list");
    open().rules(&["deny read ~/.ssh"]).says(known(), "deny rule");
    open().alone().says(known(), "deny credential list");
}

#[test]
fn threat_6_startup_files_ask_in_every_preset_and_yield_to_the_exact_path_alone() {
    let bashrc = || write("/home/u/.bashrc");
    let open = || {
        Case::new()
            .preset(Preset::Development)
            .auto_approve(&[Kind::Write])
            .rules(&["allow write ~", "allow write ~/.*"])
            .grant("allow write ~")
    };
    open()
        .says(bashrc(), "ask start-up list")
        .says(read("/home/u/.bashrc"), "allow preset");
    open().alone().says(bashrc(), "deny start-up list");
    open()
        .rules(&["deny write ~/.bashrc"])
        .says(bashrc(), "deny rule");
    open()
        .grant("allow write =~/.bashrc")
        .says(bashrc(), "allow grant");
    open()
        .flags(&["allow write ~/.bashrc"])
        .says(bashrc(), "allow flag");
    open().says(
        write("/home/u/.config/askbox/policy.toml"),
        "deny credential list",
    );
    open().says(
        write("/home/u/.config/systemd/user/x.service"),
        "ask start-up list",
    );
    // Whoever may rename a directory may put another in its place.
    open()
        .says(write("/home/u/.config"), "ask credential list")
        .says(write("/home/u/docs"), "allow rule");
}

#[test]
fn presets_are_the_three_levels_of_the_guide() {
    let minimal = || Case::new().preset(Preset::Minimal);
    minimal()
        .says(network("github.com:443"), "ask no rule")
        .says(read("/home/u/docs/a"), "ask no rule")
        .says(read("/home/u/.config/x"), "deny preset")
        .rules(&["allow read ~/.config/x"])
        .says(read("/home/u/.config/x"), "allow rule");
    Case::new()
        .preset(Preset::Moderate)
        .says(network("a.github.com:443"), "allow preset")
        .says(network("example.com:443"), "ask no rule")
        .says(read("/home/u/docs/a"), "allow preset")
        .says(write("/home/u/docs/a"), "ask no rule")
        .says(execute("/home/u/docs/a"), "ask no rule");
    Case::new()
        .preset(Preset::Development)
        .says(network("example.com:443"), "allow preset")
        .says(network("8.8.8.8:443"), "allow preset")
        .says(network("10.1.2.3:443"), "ask no rule")
        .says(network("127.0.0.1:443"), "ask no rule")
        .says(local("nas.example.com:443", "10.1.2.3"), "ask no rule")
        .says(write("/home/u/docs/a"), "allow preset")
        .says(execute("/home/u/docs/a"), "allow preset");
    Case::new()
        .auto_approve(&[Kind::Network])
        .says(network("example.com:443"), "allow auto_approve")
        .says(local("nas.example.com:443", "10.1.2.3"), "ask no rule")
        .says(read("/home/u/docs/a"), "ask no rule");
}

#[test]
fn the_local_network_is_a_persons_decision() {
    let nas = || local("nas.example.com:443", "10.1.2.3");
    Case::new()
        .rules(&["allow network *"])
        .flags(&["allow network nas.example.com"])
        .says(nas(), "ask no rule");
    Case::new()
        .grant("allow network nas.example.com:443 at 10.1.2.3")
        .says(nas(), "allow grant")
        // It answers the second question alone.
        .says(network("nas.example.com:443"), "ask no rule");
    Case::new()
        .grant("allow network nas.example.com:443 at 10.1.2.4")
        .says(nas(), "ask no rule");
    Case::new()
        .rules(&["deny network 10.0.0.0/8"])
        .says(nas(), "deny rule");
}

#[test]
fn a_program_narrows_questions_and_denials_alone() {
    let narrowed = |text: &str, program: &str| {
        let rule = Rule {
            program: Some(program.parse().unwrap()),
            ..rule(text, Origin::Written)
        }
        .named();
        let file = PolicyFile {
            rules: vec![rule],
            ..PolicyFile::default()
        };
        Case {
            policy: Case::new().policy.with_user_file(file),
            ..Case::new()
        }
    };
    narrowed("deny network a.test", "/usr/bin/git").says(network("a.test:443"), "deny rule");
    narrowed("deny network a.test", "/usr/bin/npm").says(network("a.test:443"), "ask no rule");
    narrowed("allow network a.test", "/usr/bin/git").says(network("a.test:443"), "ask no rule");
    let mut unknown = request(network("a.test:443"));
    unknown.process = Process::unknown();
    let case = narrowed("deny network a.test", "/usr/bin/npm");
    let verdict = case
        .policy
        .decide(&unknown, &case.session, &case.grants, &now(), 0);
    assert!(matches!(verdict, Verdict::Deny(Basis::Rule(_))));
}

#[test]
fn a_process_matters_where_a_rule_or_a_once_is_for_one() {
    let depends = |rules: &[Rule], grants: Vec<Grant>, path: &str| {
        let file = PolicyFile {
            rules: rules.to_vec(),
            ..PolicyFile::default()
        };
        let policy = Case::new().policy.with_user_file(file);
        let request = request(Target::Read(self::path(path)));
        policy.depends_on_process(&request, &SessionRules::default(), &grants.into())
    };
    let plain = rule("deny read /home/u/notes", Origin::Written);
    let narrowed = Rule {
        program: Some("/usr/bin/git".parse().unwrap()),
        ..plain.clone()
    };
    let grant = |scope: Scope| Grant {
        id: GrantId("g".to_owned()),
        effect: Effect::Deny,
        pattern: plain.pattern.clone(),
        scope,
        expires: None,
        given: now(),
    };
    let once = |session: &str| {
        grant(Scope::Once {
            session: SessionId(session.to_owned()),
            process: Process::unknown(),
        })
    };
    assert!(!depends(
        std::slice::from_ref(&plain),
        vec![grant(Scope::Everywhere)],
        "/home/u/notes/a"
    ));
    assert!(depends(
        std::slice::from_ref(&narrowed),
        vec![],
        "/home/u/notes/a"
    ));
    assert!(!depends(&[narrowed], vec![], "/home/u/other"));
    assert!(depends(&[], vec![once("s")], "/home/u/notes/a"));
    assert!(!depends(&[], vec![once("other")], "/home/u/notes/a"));
}

#[test]
fn a_rule_ends_when_it_says() {
    let mut ending = rule("allow network a.test", Origin::Written);
    ending.expires = Some(Expiry::at_wall(now().wall_ms + 10));
    let file = PolicyFile {
        rules: vec![ending.named()],
        ..PolicyFile::default()
    };
    let case = Case {
        policy: Case::new().policy.with_user_file(file),
        ..Case::new()
    };
    let at = |wall_ms, high_water_ms| {
        let now = Moment { wall_ms, ..now() };
        let request = request(network("a.test:443"));
        case.policy
            .decide(&request, &case.session, &case.grants, &now, high_water_ms)
    };
    assert!(matches!(at(now().wall_ms, 0), Verdict::Allow(_)));
    assert!(matches!(at(now().wall_ms + 10, 0), Verdict::Ask(_)));
    assert!(matches!(
        at(now().wall_ms - 1_000_000, now().wall_ms),
        Verdict::Ask(_)
    ));
}

#[test]
fn what_an_administrator_sets_is_the_ceiling() {
    let file = |preset, kinds: &[Kind]| PolicyFile {
        preset,
        auto_approve: Some(kinds.to_vec()),
        ..PolicyFile::default()
    };
    let policy = Policy::builtin(&path("/home/u"))
        .with_managed_files(vec![file(Some(Preset::Moderate), &[Kind::Read])])
        .with_user_file(file(Some(Preset::Development), &[Kind::Read, Kind::Write]));
    assert_eq!(policy.settings().preset, Preset::Moderate);
    assert_eq!(policy.settings().auto_approve, [Kind::Read]);
    let session = |preset| SessionRules {
        preset,
        ..SessionRules::default()
    };
    assert_eq!(
        policy.preset_of(&session(Some(Preset::Development))),
        Preset::Moderate
    );
    assert_eq!(policy.preset_of(&session(Some(Preset::Minimal))), Preset::Minimal);
    assert_eq!(policy.preset_of(&session(None)), Preset::Moderate);
    let untrusted =
        session(None).with_project_file(file(Some(Preset::Development), &[]), &path("/p"), false, &policy);
    assert_eq!(untrusted.preset, Some(Preset::Moderate));
}

#[test]
fn no_rule_opens_our_own_directories() {
    let rules = [
        "allow read ~/.config/askbox/policy.toml",
        "allow write ~/.config/askbox/policy.toml",
        "allow read ~/.config/other/policy.toml",
    ];
    Case::new()
        .rules(&rules)
        .says(read("/home/u/.config/askbox/policy.toml"), "deny credential list")
        .says(
            write("/home/u/.config/askbox/policy.toml"),
            "deny credential list",
        )
        .says(read("/home/u/.config/other/policy.toml"), "allow rule");
}

#[test]
fn settings_are_shown_as_a_copy_unless_the_exact_path_is_opened_or_closed() {
    let settings = || read("/home/u/.npmrc");
    Case::new().says(settings(), "allow copy");
    Case::new().alone().says(settings(), "allow copy");
    Case::new()
        .preset(Preset::Development)
        .auto_approve(&[Kind::Read])
        .flags(&["allow read ~"])
        .grant("allow read ~")
        .says(settings(), "allow copy")
        .says(read("/home/u/notes"), "allow flag");
    Case::new()
        .rules(&["allow read ~/.npmrc"])
        .says(settings(), "allow rule");
    Case::new()
        .flags(&["allow read ~/.npmrc"])
        .says(settings(), "allow flag");
    Case::new()
        .grant("allow read =~/.npmrc")
        .says(settings(), "allow grant");
    Case::new().rules(&["deny read ~"]).says(settings(), "deny rule");
    Case::new().flags(&["deny read ~"]).says(settings(), "deny flag");
    Case::new().rules(&["ask read ~"]).says(settings(), "ask rule");
    Case::new()
        .project(&["allow read ~/.npmrc"], true)
        .says(settings(), "allow copy");
    Case::new().says(write("/home/u/.npmrc"), "ask start-up list");
    Case::new()
        .preset(Preset::Minimal)
        .says(read("/home/u/.config/pip/pip.conf"), "deny preset")
        .flags(&["allow read ~/.config/pip"])
        .says(read("/home/u/.config/pip/pip.conf"), "allow copy");
}
