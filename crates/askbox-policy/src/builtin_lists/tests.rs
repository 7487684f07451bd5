use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::aliases::{Alias, AliasKind};

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn lists() -> Lists {
    Lists::for_home(
        &path("/home/u"),
        &[path("/home/u/.config/askbox"), path("/run/user/1000/askbox")],
        &[path("/home/u/tools/bin"), path("/usr/bin"), path("/home/u")],
    )
}

#[test]
fn every_line_parses_and_says_why() {
    let lists = lists();
    let count = |wanted| lists.entries().filter(|(list, _)| *list == wanted).count();
    assert!(60 <= count(List::Credential), "{}", count(List::Credential));
    assert!(60 <= count(List::Startup), "{}", count(List::Startup));
    for (list, entry) in lists.entries() {
        assert!(!entry.reason.is_empty(), "{entry:?}");
        let has_wildcard = entry.pattern.to_string().contains('*');
        assert_eq!(has_wildcard, entry.path().is_none(), "{list:?} {entry:?}");
    }
}

#[test]
fn no_line_stands_twice_on_a_list() {
    let mut seen = BTreeSet::new();
    for (list, entry) in lists().entries() {
        assert!(
            seen.insert((list, entry.pattern.to_string())),
            "{list:?} {}",
            entry.pattern
        );
    }
}

#[test]
fn credentials_are_found_at_and_below_their_entry() {
    let lists = lists();
    let check = |at: &str, expected: bool| {
        assert_eq!(lists.credential(&path(at)).is_some(), expected, "{at}");
    };
    for at in [
        "/home/u/.ssh",
        "/home/u/.ssh/id_test",
        "/home/u/.aws/credentials",
        "/home/u/.config/gcloud/x",
        "/home/u/.gnupg/x",
        "/home/u/.kube/config",
        "/home/u/.docker/config.json",
        "/home/u/.azure/x",
        "/home/u/.config/gh/hosts.yml",
        "/home/u/.netrc",
        "/home/u/.git-credentials",
        "/home/u/.pgpass",
        "/home/u/.my.cnf",
        "/home/u/.vault-token",
        "/home/u/.pypirc",
        "/home/u/.cargo/credentials",
        "/home/u/.cargo/credentials.toml",
        "/home/u/.m2/settings.xml",
        "/home/u/.gradle/gradle.properties",
        "/home/u/.gem/credentials",
        "/home/u/.cache/huggingface/token",
        "/home/u/.claude/.credentials.json",
        "/home/u/.codex/auth.json",
        "/home/u/.gemini/oauth_creds.json",
        "/home/u/.mozilla/firefox/x/logins.json",
        "/home/u/.config/Code/User/globalStorage/state.vscdb",
        "/home/u/.bash_history",
        "/home/u/.bitcoin/wallet.dat",
        "/home/u/.config/askbox/policy.toml",
        "/run/user/1000/askbox/socket",
        "/etc/passwd",
        "/etc/shadow",
        "/etc/gshadow",
        "/etc/sudoers",
        "/etc/sudoers.d/x",
    ] {
        check(at, true);
    }
    for at in [
        "/home/u",
        "/home/u/.sshx",
        "/home/u/.cargo/config.toml",
        "/home/u/.npmrc",
        "/etc/hosts",
        "/home/v/.ssh",
    ] {
        check(at, false);
    }
}

#[test]
fn startup_files_are_found_at_and_below_their_entry() {
    let lists = lists();
    let check = |at: &str, expected: bool| {
        assert_eq!(lists.startup(&path(at)).is_some(), expected, "{at}");
    };
    for at in [
        "/home/u/.bashrc",
        "/home/u/.zprofile",
        "/home/u/.config/autostart/x.desktop",
        "/home/u/.config/systemd/user/x.service",
        "/home/u/.local/share/dbus-1/services/x.service",
        "/home/u/.local/share/applications/x.desktop",
        "/home/u/.gitconfig",
        "/home/u/.config/git/config",
        "/home/u/.config/Code/User/settings.json",
        "/home/u/.claude/settings.json",
        "/home/u/.codex/config.toml",
        "/home/u/tools/bin/ls",
        "/usr/bin/ls",
        "/home/u/.config/askbox/policy.toml",
    ] {
        check(at, true);
    }
    for at in [
        "/home/u/docs",
        "/usr/lib/ls",
        "/home/u/.config",
        "/home/u/.claude/projects/x",
    ] {
        check(at, false);
    }
}

#[test]
fn a_directory_that_holds_an_entry_is_known() {
    let lists = lists();
    for at in [
        "/",
        "/home",
        "/home/u",
        "/home/u/.config",
        "/home/u/.local/share",
        "/etc",
        "/run/user",
        "/home/u/.cargo",
    ] {
        assert!(lists.held_by(&path(at)).is_some(), "{at}");
    }
    for at in ["/home/u/src", "/home/u/.npmrc", "/home/u/.cargo/registry", "/tmp"] {
        assert!(lists.held_by(&path(at)).is_none(), "{at}");
    }
}

#[test]
fn a_project_is_refused_where_it_would_hold_or_be_an_entry() {
    let lists = lists();
    let check = |at: &str, expected: Option<&str>| {
        let refused = lists
            .project_refused(&path(at))
            .map(|refusal| refusal.to_string());
        assert_eq!(refused.as_deref(), expected, "{at}");
    };
    check("/", Some("it is the root directory"));
    check("/home", Some("it is the home directory or holds it"));
    check("/home/u", Some("it is the home directory or holds it"));
    check(
        "/home/u/.ssh",
        Some("it lies in /home/u/.ssh (SSH keys and known hosts)"),
    );
    check(
        "/home/u/.ssh/x",
        Some("it lies in /home/u/.ssh (SSH keys and known hosts)"),
    );
    for at in [
        "/home/u/.config",
        "/home/u/.local",
        "/home/u/.local/share",
        "/run/user/1000",
        "/etc",
        "/proc/self",
        "/dev/shm/x",
        "/tmp",
        "/usr",
    ] {
        assert!(lists.project_refused(&path(at)).is_some(), "{at}");
    }
    for at in ["/home/u/src/app", "/tmp/x", "/home/u/.config/other", "/srv/app"] {
        check(at, None);
    }
    for at in ["/home/u/tools", "/home/u/tools/bin", "/home/u/tools/bin/plugins"] {
        check(at, None);
    }
}

#[test]
fn more_directories_of_the_path_are_learnt_where_they_are_not_listed_yet() {
    let lists = lists();
    let known = [".local/bin", "tools/bin", "tools/bin/below"].map(|name| path(&format!("/home/u/{name}")));
    assert!(lists.with_search(&known).is_none());
    assert!(
        lists
            .with_search(&[path("/"), path("/home"), path("/home/u")])
            .is_none()
    );
    let elsewhere = lists.with_search(&[path("/srv/app/bin")]).unwrap();
    assert!(elsewhere.startup(&path("/srv/app/bin/ls")).is_some());
    assert!(elsewhere.startup(&path("/srv/app/ls")).is_none());
    let environment = path("/home/u/app/.venv/bin");
    let more = lists.with_search(std::slice::from_ref(&environment)).unwrap();
    let python = path("/home/u/app/.venv/bin/python");
    assert!(lists.startup(&python).is_none());
    assert!(more.startup(&python).is_some());
    let within = |lists: &Lists, at: &str| lists.search_within(&path(at)).collect::<Vec<_>>();
    assert_eq!(within(&more, "/home/u/app"), [environment]);
    assert_eq!(within(&more, "/home/u/app/.venv/bin"), []);
    assert_eq!(within(&lists, "/home/u/app"), []);
}

#[test]
fn names_by_which_we_find_what_we_obey_are_not_written_and_no_rule_opens_them() {
    let names = || vec![path("/home/u/dots/link"), path("/home/u/dots/files/policy.toml")];
    let lists = lists().with_names(names(), Aliases::default()).unwrap();
    assert!(lists.with_names(names(), Aliases::default()).is_none());
    let check = |at: &str, expected: Option<Barrier>| {
        let found = lists.protects(&Target::Write(path(at)));
        let found = found.map(|protection| protection.barrier);
        assert_eq!(found, expected, "{at}");
        assert_eq!(lists.protects(&Target::Read(path(at))), None, "{at}");
    };
    check("/home/u/dots/link", Some(Barrier::Final));
    check("/home/u/dots/files/policy.toml", Some(Barrier::Final));
    // They hold one: a rule may open them for what else is there.
    check("/home/u/dots/files", Some(Barrier::Refusal));
    check("/home/u/dots", Some(Barrier::Refusal));
    for at in ["/home/u/dots/files/other", "/home/u/dots/linked", "/home/u/notes"] {
        check(at, None);
    }
}

#[test]
fn what_a_bind_mount_shows_is_protected_by_its_other_name() {
    let aliases = [
        ("/srv/v", "/home/u"),
        ("/home/u/view", "/home/u/dots"),
        ("/srv/p/data", "/home/u/.aws"),
        ("/srv/p2/home", "/home"),
        ("/srv/free/x", "/home/u/notes"),
    ];
    let aliases = Aliases::new(aliases.map(|(name, of)| Alias {
        name: path(name),
        of: path(of),
        kind: AliasKind::Mount,
    }));
    let obeyed = vec![path("/home/u/dots/conf/policy.toml")];
    let lists = lists().with_names(obeyed, aliases).unwrap();
    let refused = |target: Target| {
        lists
            .protects(&target)
            .map(|protection| protection.barrier != Barrier::Question)
    };
    for (at, read, write) in [
        ("/srv/v/.ssh/id_test", Some(true), Some(true)),
        ("/srv/v/.config/askbox/policy.toml", Some(true), Some(true)),
        ("/srv/v/.ssh/known_hosts", Some(false), Some(true)),
        ("/srv/v/.bashrc", None, Some(false)),
        ("/srv/v/.config", None, Some(false)),
        ("/srv/v/tools/bin/x", None, Some(false)),
        ("/srv/p/data/credentials", Some(true), Some(true)),
        ("/home/u/view/conf/policy.toml", None, Some(true)),
        ("/home/u/view/conf", None, Some(true)),
        ("/srv/v/dots/conf", None, Some(true)),
        ("/srv/v/notes", None, None),
        ("/srv/v2/.ssh", None, None),
    ] {
        assert_eq!(refused(Target::Read(path(at))), read, "{at}");
        assert_eq!(refused(Target::Write(path(at))), write, "{at}");
    }
    assert!(lists.redaction(&path("/srv/v/.npmrc")).is_some());
    let search = |at: &str| lists.search_within(&path(at)).collect::<Vec<_>>();
    assert_eq!(search("/srv/v/tools"), [path("/srv/v/tools/bin")]);
    let is_project = |at: &str| lists.project_refused(&path(at)).is_none();
    for at in [
        "/srv/v",
        "/srv",
        "/srv/v/.ssh",
        "/srv/v/.config",
        "/srv/p",
        "/srv/p2",
    ] {
        assert!(!is_project(at), "{at}");
    }
    for at in ["/srv/v/code", "/home/u/code", "/home/u/view", "/srv/free"] {
        assert!(is_project(at), "{at}");
    }
}

#[test]
fn what_a_listed_link_leads_to_is_protected_and_may_lie_in_a_project() {
    let links = [
        ("/home/u/.ssh", "/home/u/dots/ssh"),
        ("/home/u/.bashrc", "/home/u/dots/shell/bashrc"),
    ];
    let links = Aliases::new(links.map(|(name, of)| Alias {
        name: path(name),
        of: path(of),
        kind: AliasKind::Link,
    }));
    let lists = lists().with_names(Vec::new(), links).unwrap();
    let refused = |target: Target| {
        lists
            .protects(&target)
            .map(|protection| protection.barrier != Barrier::Question)
    };
    for (at, read, write) in [
        ("/home/u/dots/ssh", Some(true), Some(true)),
        ("/home/u/dots/ssh/id_test", Some(true), Some(true)),
        ("/home/u/dots/shell/bashrc", None, Some(false)),
        // They hold one, and would take it with them.
        ("/home/u/dots/shell", None, Some(false)),
        ("/home/u/dots", None, Some(false)),
        ("/home/u/dots/shell/other", None, None),
        ("/home/u/dots/sshd", None, None),
    ] {
        assert_eq!(refused(Target::Read(path(at))), read, "{at}");
        assert_eq!(refused(Target::Write(path(at))), write, "{at}");
    }
    assert_eq!(lists.project_refused(&path("/home/u/dots")), None);
    assert!(lists.project_refused(&path("/home/u/dots/ssh")).is_some());
}

#[test]
fn programs_of_ours_start_outside_too_and_may_lie_in_a_project() {
    let program = path("/home/u/src/askbox/target/release/askbox");
    let lists = lists().with_programs(&[program.clone(), path("/usr/bin/askbox")]);
    let lists = lists.unwrap();
    assert!(lists.with_programs(std::slice::from_ref(&program)).is_none());
    let found = lists.startup(&program).unwrap();
    assert!(found.may_be_in_project() && !found.is_search_path());
    assert!(lists.startup(&path("/usr/bin/askbox")).unwrap().is_search_path());
    assert!(
        lists
            .startup(&path("/home/u/src/askbox/target/release/other"))
            .is_none()
    );
    assert_eq!(lists.project_refused(&path("/home/u/src/askbox")), None);
    let protection = lists
        .protects(&Target::Write(path("/home/u/src/askbox")))
        .unwrap();
    assert_eq!(
        (protection.list, protection.barrier),
        (List::Startup, Barrier::Question)
    );
}

#[test]
fn what_a_list_protects_depends_on_what_is_asked_for() {
    let lists = lists();
    let check = |target: Target, expected: Option<(List, Barrier)>| {
        let found = lists.protects(&target);
        let found = found.map(|protection| (protection.list, protection.barrier));
        assert_eq!(found, expected, "{target:?}");
    };
    let credential = Some((List::Credential, Barrier::Refusal));
    let read = |text: &str| Target::Read(path(text));
    let write = |text: &str| Target::Write(path(text));
    check(read("/home/u/.ssh/id"), credential);
    check(write("/home/u/.ssh/id"), credential);
    check(Target::Execute(path("/home/u/.ssh/id")), credential);
    // ssh may ask for it, and change nothing.
    check(
        read("/home/u/.ssh/known_hosts"),
        Some((List::Credential, Barrier::Question)),
    );
    check(write("/home/u/.ssh/known_hosts"), credential);
    check(read("/home/u/.ssh/known_hosts/x"), credential);
    check(read("/home/u/.bashrc"), None);
    check(write("/home/u/.bashrc"), Some((List::Startup, Barrier::Question)));
    // It holds ~/.cargo/credentials.
    check(read("/home/u/.cargo"), None);
    check(
        write("/home/u/.cargo"),
        Some((List::Credential, Barrier::Question)),
    );
    check(write("/home/u/.cargo/x"), None);
    check(write("/home/u/notes"), None);
    let own = Some((List::Credential, Barrier::Final));
    check(read("/home/u/.config/askbox/policy.toml"), own);
}
