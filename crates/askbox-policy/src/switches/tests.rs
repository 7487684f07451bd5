use super::*;
use crate::path_pattern::CanonicalPath;
use crate::policy_file::PolicyFile;
use crate::{Policy, SessionRules};

const SAID: [Option<bool>; 3] = [None, Some(false), Some(true)];

fn both(value: Option<bool>) -> SwitchChoices {
    SwitchChoices {
        nested_sandbox: value,
        debugger: value,
    }
}

fn file(value: Option<bool>) -> PolicyFile {
    PolicyFile {
        switches: both(value),
        ..PolicyFile::default()
    }
}

fn home() -> CanonicalPath {
    CanonicalPath::new("/home/u".as_ref()).unwrap()
}

/// Whether a wall is down after everybody has spoken; `project` with whether its file is trusted.
fn is_down(
    managed: Option<bool>,
    user: Option<bool>,
    flag: Option<bool>,
    project: (Option<bool>, bool),
) -> bool {
    let policy = Policy::builtin(&home())
        .with_managed_files(vec![file(managed)])
        .with_user_file(file(user));
    let session = SessionRules {
        switches: both(flag),
        ..SessionRules::default()
    };
    let session = session.with_project_file(file(project.0), &home(), project.1, &policy);
    let Switches {
        nested_sandbox,
        debugger,
    } = policy.switches_of(&session);
    assert_eq!(nested_sandbox, debugger);
    nested_sandbox
}

#[test]
fn all_walls_stand_where_nobody_says_anything() {
    assert!(!is_down(None, None, None, (None, false)));
    let policy = Policy::builtin(&home());
    assert_eq!(policy.settings().switches, Switches::default());
}

#[test]
fn a_wall_that_an_administrator_wants_up_stands() {
    for user in SAID {
        for flag in SAID {
            for project in SAID {
                for trusted in [false, true] {
                    assert!(!is_down(Some(false), user, flag, (project, trusted)));
                }
            }
        }
    }
    assert!(is_down(Some(true), None, None, (None, false)));
    assert!(!is_down(Some(true), Some(false), None, (None, false)));
}

#[test]
fn a_run_says_more_than_the_user_s_file() {
    for user in SAID {
        assert!(is_down(None, user, Some(true), (None, false)), "{user:?}");
        assert!(!is_down(None, user, Some(false), (None, false)), "{user:?}");
    }
    assert!(is_down(None, Some(true), None, (None, false)));
}

#[test]
fn a_project_takes_no_wall_down_unless_it_is_trusted() {
    for user in [None, Some(false)] {
        assert!(!is_down(None, user, None, (Some(true), false)));
        assert!(is_down(None, user, None, (Some(true), true)));
    }
    for flag in SAID {
        assert!(!is_down(None, Some(true), flag, (Some(false), false)));
    }
    assert!(is_down(None, None, Some(true), (Some(false), true)));
}

#[test]
fn each_is_a_switch_of_its_own() {
    let one = SwitchChoices {
        debugger: Some(true),
        ..SwitchChoices::default()
    };
    let expected = Switches {
        debugger: true,
        ..Switches::default()
    };
    assert_eq!(one.settled(), expected);
    assert_eq!(one.within(both(None)).settled(), expected);
    assert_eq!(SwitchChoices::default().or(one).settled(), expected);
}
