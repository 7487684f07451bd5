use expect_test::expect;

use super::*;
use crate::builtin_lists::{List, Lists};
use crate::host::HostName;
use crate::host_pattern::HostPattern;

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn of(program: &str) -> Option<&'static str> {
    Profile::of_command(Path::new(program)).map(|profile| profile.name.as_str())
}

#[test]
fn every_data_file_is_read_whole() {
    assert_eq!(Profile::all().len(), data::FILES.len());
    let home = path("/home/u");
    for ((name, text), profile) in data::FILES.iter().zip(Profile::all()) {
        assert_eq!(profile.name.as_str(), *name);
        assert!(
            !profile.programs.is_empty() && !profile.title.is_empty(),
            "{name}"
        );
        let known = [
            "title", "programs", "login", "settings", "state", "refused", "bundles", "domains",
        ];
        let document: toml_edit::DocumentMut = text.parse().unwrap();
        for (key, _) in document.iter() {
            assert!(known.contains(&key), "{name}: {key}");
        }
        let written = profile.login.len() + profile.state.len();
        let of_bundles: usize = profile.bundles().map(|bundle| bundle.paths.len()).sum();
        assert_eq!(profile.bundles().count(), profile.bundles.len(), "{name}");
        let all = profile.settings.len() + of_bundles + 2 * written + profile.domains.len();
        assert_eq!(
            profile.patterns(&home).len(),
            all,
            "{name}: some of it is no pattern"
        );
    }
    let keys = data::BUNDLES.matches("title = ").count();
    assert_eq!(bundles().len(), keys);
    for bundle in bundles() {
        assert_eq!(
            bundle.patterns(&home).len(),
            bundle.paths.len(),
            "{}",
            bundle.title
        );
    }
}

#[test]
fn no_program_has_two_profiles() {
    let mut programs: Vec<&String> = Profile::all()
        .iter()
        .flat_map(|profile| &profile.programs)
        .collect();
    let count = programs.len();
    programs.sort();
    programs.dedup();
    assert_eq!(programs.len(), count);
}

#[test]
fn domains_are_whole_families() {
    for profile in Profile::all() {
        for pattern in profile.patterns(&path("/home/u")) {
            if let Pattern::Network(network) = pattern {
                let HostPattern::Family(name) = &network.host else {
                    panic!("{}: {network}", profile.name);
                };
                assert_eq!(
                    HostName::registrable_domain(name),
                    Some(name.as_str()),
                    "{}",
                    profile.name
                );
            }
        }
    }
}

#[test]
fn a_profile_writes_nothing_that_runs_outside_and_reads_no_secret_but_its_login() {
    let home = path("/home/u");
    let lists = Lists::for_home(&home, &[], &[]);
    for profile in Profile::all() {
        let logins: Vec<CanonicalPath> = {
            let login = Profile {
                settings: vec![],
                refused: vec![],
                bundles: vec![],
                state: vec![],
                domains: vec![],
                ..profile.clone()
            };
            login
                .patterns(&home)
                .iter()
                .filter_map(|pattern| match pattern {
                    Pattern::Read(path) => Some(path.anchor().clone()),
                    Pattern::Network(_)
                    | Pattern::Write(_)
                    | Pattern::Execute(_)
                    | Pattern::Profile(_)
                    | Pattern::Neighbour(_)
                    | Pattern::Growth(_) => None,
                })
                .collect()
        };
        for pattern in profile.patterns(&home) {
            match pattern {
                Pattern::Write(written) => {
                    let at = written.anchor();
                    assert!(lists.startup(at).is_none(), "{}: {at}", profile.name);
                    assert!(lists.held_by(at).is_none(), "{}: {at}", profile.name);
                    assert_eq!(
                        lists.credential(at).is_some(),
                        logins.contains(at),
                        "{}: {at}",
                        profile.name
                    );
                }
                Pattern::Read(read) => {
                    let at = read.anchor();
                    assert!(
                        lists.credential(at).is_none() || logins.contains(at),
                        "{}: {at}",
                        profile.name
                    );
                }
                Pattern::Network(_)
                | Pattern::Execute(_)
                | Pattern::Profile(_)
                | Pattern::Neighbour(_)
                | Pattern::Growth(_) => {}
            }
        }
        for login in &logins {
            let listed = lists
                .entries()
                .any(|(list, entry)| list == List::Credential && entry.pattern.matches(login));
            assert!(listed, "{}: {login} is no credential", profile.name);
        }
    }
}

#[test]
fn a_command_is_known_by_the_name_of_its_file() {
    assert_eq!(of("claude"), Some("claude"));
    assert_eq!(of("/home/u/.local/bin/codex"), Some("codex"));
    assert_eq!(of("npx"), Some("npm"));
    assert_eq!(of("claude2"), None);
    assert_eq!(of("Claude"), None);
    assert_eq!(of(""), None);
    assert_eq!(of("/"), None);
}

#[test]
fn a_summary_says_what_and_how_much() {
    let all: Vec<String> = Profile::all()
        .iter()
        .map(|profile| format!("{}: {}\n", profile.title, profile.summary()))
        .collect();
    expect![[r"
        cargo: its own registry and git configuration (4 paths, 1 domain family)
        Claude Code: its own login and state, git configuration and shell start-up files (31 paths, 3 domain families)
        Codex: its own login and state and git configuration (14 paths, 2 domain families)
        Gemini CLI: its own login and state and git configuration (11 paths, 3 domain families)
        git: git configuration (4 paths)
        go: its own settings and git configuration (5 paths, 2 domain families)
        npm: its own settings and git configuration (5 paths, 1 domain family)
        pip: its own settings and git configuration (6 paths, 2 domain families)
        pnpm: its own settings and git configuration (6 paths, 1 domain family)
        uv: its own settings and git configuration (5 paths, 2 domain families)
    "]]
    .assert_eq(&all.concat());
}

#[test]
fn names_are_known_or_refused() {
    assert_eq!(
        "claude".parse::<ProfileName>().unwrap().profile().unwrap().title,
        "Claude Code"
    );
    let error = "clod".parse::<ProfileName>().unwrap_err().to_string();
    assert!(error.contains("claude, codex"), "{error}");
}

#[test]
fn bundles_hold_their_files_and_no_other() {
    let home = path("/home/u");
    let title = |text: &str| bundle_of(&path(text), &home).map(|bundle| bundle.title.as_str());
    assert_eq!(title("/home/u/.gitconfig"), Some("git configuration"));
    assert_eq!(title("/home/u/.config/git/ignore"), Some("git configuration"));
    assert_eq!(title("/home/u/.zshrc"), Some("shell start-up files"));
    for other in [
        "/home/u/.config/git/credentials",
        "/home/u/.config/git",
        "/home/v/.gitconfig",
        "/etc/gitconfig",
        "/home/u/.bashrc.d/x",
    ] {
        assert_eq!(title(other), None, "{other}");
    }
    let lists = Lists::for_home(&home, &[], &[]);
    for bundle in bundles() {
        for pattern in bundle.patterns(&home) {
            let Pattern::Read(read) = pattern else {
                panic!("{pattern}")
            };
            assert!(lists.credential(read.anchor()).is_none(), "{read}");
        }
    }
}
