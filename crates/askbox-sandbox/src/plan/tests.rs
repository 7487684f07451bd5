use askbox_wire::OsText;

use askbox_policy::policy::Identity;

use super::*;
use crate::environment::Variable;
use crate::guards::{Guard, Guards, Held, Obeyed};
use crate::host_facts::{Found, Place, Present, ProjectFacts, RootEntry, User};

const ONE: ObjectId = ObjectId { device: 1, inode: 1 };

fn facts() -> HostFacts {
    HostFacts {
        user: User {
            name: "ada".into(),
            uid: 1000,
            gid: 1000,
            group: "ada".into(),
            home: "/home/ada".into(),
            shell: "/bin/bash".into(),
        },
        root_entries: vec![RootEntry {
            path: "/bin".into(),
            link: Some("usr/bin".into()),
        }],
        etc: vec!["/etc/ssl".into()],
        has_nss_systemd: true,
        asking: Vec::new(),
        toolchains: vec!["/home/ada/.rustup".into()],
        project: ProjectFacts {
            path: "/home/ada/work".into(),
            object: ONE,
            outside_git: None,
            guards: Guards {
                guards: vec![
                    Guard {
                        path: "/home/ada/work/.git".into(),
                        access: Access::ReadWrite,
                    },
                    Guard {
                        path: "/home/ada/work/.git/config".into(),
                        access: Access::ReadOnly,
                    },
                ],
                git_config: Some("/home/ada/work/.git/config".into()),
                ..Guards::default()
            },
        },
        opened: Vec::new(),
        listed_present: Vec::new(),
        denied_present: Vec::new(),
        obeyed: Vec::new(),
        programs: Vec::new(),
        hidden: None,
        sockets: Vec::new(),
        init: "/usr/lib/askbox/askbox-init".into(),
    }
}

fn request() -> PlanRequest {
    let listed = |path: &str, directory, list| Listed {
        path: path.into(),
        directory,
        list,
    };
    PlanRequest {
        session: "s1".into(),
        argv: vec!["true".into()],
        cwd: "/home/ada/work".into(),
        environment: vec![
            "TERM".into(),
            "AWS_SECRET_ACCESS_KEY".into(),
            "LD_PRELOAD".into(),
            "LC_TIME".into(),
        ],
        keep: Vec::new(),
        set: Vec::new(),
        proxy_login: "askbox:token".into(),
        listed: vec![
            listed("/home/ada/.ssh", true, List::Credential),
            listed("/home/ada/.netrc", false, List::Credential),
            listed("/home/ada/.config/gh", true, List::Credential),
            listed("/home/ada/.config/autostart", true, List::Startup),
        ],
        denied: Vec::new(),
        identity: Identity::Userdb,
        switches: askbox_policy::Switches::default(),
        limits: askbox_policy::ResourceLimits {
            tmp_bytes: 2 << 30,
            ..askbox_policy::ResourceLimits::default()
        },
        homes: "/data/homes/1".into(),
        sockets: Vec::new(),
    }
}

fn opened(path: &str, access: Access, directory: bool) -> Opened {
    let found = Found {
        canonical: path.into(),
        object: ONE,
        directory,
    };
    Opened {
        path: path.into(),
        access,
        by: By::Flag,
        found: Some(found),
    }
}

fn present(path: &str) -> Present {
    present_link(path, path)
}

fn present_link(path: &str, target: &str) -> Present {
    Present {
        path: path.into(),
        place: Place {
            path: target.into(),
            object: ONE,
        },
    }
}

fn binds(plan: &Plan, path: &str) -> Vec<Access> {
    let on = |mount: &Mount| match mount {
        Mount::Bind { target, access, .. } if target == Path::new(path) => Some(*access),
        _ => None,
    };
    plan.mounts.iter().filter_map(on).collect()
}

#[test]
fn the_project_is_writable_and_its_guards_come_after_it() {
    let plan = plan(&request(), &facts()).unwrap();
    let project = plan
        .mounts
        .iter()
        .position(|mount| matches!(mount, Mount::Bind { target, .. } if target.ends_with("work")));
    let guards: Vec<usize> = (0..plan.mounts.len())
        .filter(|at| matches!(plan.mounts[*at], Mount::Guard { .. }))
        .collect();
    assert_eq!(binds(&plan, "/home/ada/work"), [Access::ReadWrite]);
    assert_eq!(guards.len(), 2);
    assert!(guards.iter().all(|guard| project < Some(*guard)));
    assert!(
        matches!(&plan.notices[..], [fuse, _git] if fuse == NO_FUSE),
        "{:?}",
        plan.notices
    );
}

/// A machine with FUSE.
fn asking() -> HostFacts {
    HostFacts {
        asking: vec!["/opt".into(), "/home/ada".into()],
        ..facts()
    }
}

#[test]
fn the_asking_file_system_takes_the_place_of_closed_files_and_comes_before_what_lies_on_it() {
    let made = plan(&request(), &asking()).unwrap();
    let is_asking = |mount: &Mount| matches!(mount, Mount::Asking { .. });
    let served = made.mounts.iter().filter(|mount| is_asking(mount)).count();
    assert_eq!(served, 2);
    let on_it = |mount: &Mount| match mount {
        Mount::Bind { target, .. } | Mount::Private { target, .. } => target.starts_with("/home/ada"),
        Mount::Asking { .. } | Mount::Guard { .. } | Mount::Cover { .. } => false,
    };
    let last = made.mounts.iter().rposition(is_asking);
    assert!(last < made.mounts.iter().position(on_it), "{:?}", made.mounts);
    let in_it = made.nodes.iter().filter(|node| match node {
        Node::Directory { path, .. }
        | Node::File { path, .. }
        | Node::Temporary { path, .. }
        | Node::Link { path, .. } => path.starts_with("/home/ada"),
    });
    assert_eq!(in_it.count(), 0, "it would be made on the host");
    assert!(!made.notices.iter().any(|notice| notice == NO_FUSE));
}

#[test]
fn what_is_opened_is_asked_there_and_mounted_where_something_native_hides_it() {
    for (path, expected) in [
        ("/home/ada/notes", &[][..]),
        ("/opt/tool", &[]),
        ("/home/ada/.cargo/registry", &[Access::ReadWrite]),
        ("/home/ada/.rustup/x", &[Access::ReadWrite]),
        ("/data/x", &[Access::ReadWrite]),
    ] {
        let mut facts = asking();
        facts.opened = vec![opened(path, Access::ReadWrite, true)];
        let made = plan(&request(), &facts).unwrap();
        assert_eq!(binds(&made, path), expected, "{path}");
    }
}

#[test]
fn a_directory_that_holds_credentials_can_be_opened_only_where_each_file_is_asked() {
    let mut facts = asking();
    facts.opened = vec![opened("/home/ada/.config", Access::ReadOnly, true)];
    plan(&request(), &facts).unwrap();
    facts.asking.clear();
    facts.opened = vec![opened("/home/ada/.ssh", Access::ReadOnly, true)];
    plan(&request(), &facts).unwrap_err();
}

#[test]
fn what_a_program_may_make_need_not_be_there_where_it_is_asked() {
    let missing = |access| Opened {
        found: None,
        ..opened("/home/ada/new", access, false)
    };
    let refused = |facts: &HostFacts, access| {
        let facts = HostFacts {
            opened: vec![missing(access)],
            ..facts.clone()
        };
        plan(&request(), &facts).is_err()
    };
    assert!(!refused(&asking(), Access::ReadWrite));
    assert!(refused(&asking(), Access::ReadOnly));
    assert!(refused(&facts(), Access::ReadWrite));
}

#[test]
fn the_notice_names_the_git_configuration_that_is_guarded() {
    let check = |config: &str, cwd: &str, flag: &str| {
        let mut facts = facts();
        facts.project.guards.git_config = Some(config.into());
        let request = PlanRequest {
            cwd: cwd.into(),
            ..request()
        };
        let notices = plan(&request, &facts).unwrap().notices;
        let [_fuse, git] = &notices[..] else {
            panic!("{notices:?}")
        };
        assert!(git.contains(flag), "{git}");
    };
    let own = "/home/ada/work/.git/config";
    check(own, "/home/ada/work", "`--allow-write .git/config`");
    check(
        own,
        "/home/ada/work/deep",
        "`--allow-write /home/ada/work/.git/config`",
    );
    let module = "/home/ada/main/.git/modules/work/config";
    check(
        module,
        "/home/ada/work",
        "`--allow-write /home/ada/main/.git/modules/work/config`",
    );
}

#[test]
fn credentials_are_closed_whether_they_exist_or_not() {
    let plan = plan(&request(), &facts()).unwrap();
    assert!(plan.nodes.contains(&Node::Directory {
        path: "/home/ada/.ssh".into(),
        mode: 0
    }));
    assert!(plan.nodes.contains(&Node::File {
        path: "/home/ada/.netrc".into(),
        mode: 0,
        content: String::new()
    }));
    assert!(plan.nodes.contains(&Node::File {
        path: "/etc/shadow".into(),
        mode: 0,
        content: String::new()
    }));
}

#[test]
fn a_file_opened_by_its_exact_path_can_be_reached_but_not_listed() {
    let mut facts = facts();
    facts.opened = vec![opened("/home/ada/.ssh/id_test", Access::ReadOnly, false)];
    let plan = plan(&request(), &facts).unwrap();
    assert!(plan.nodes.contains(&Node::Directory {
        path: "/home/ada/.ssh".into(),
        mode: 0o100
    }));
    assert_eq!(binds(&plan, "/home/ada/.ssh/id_test"), [Access::ReadOnly]);
}

#[test]
fn a_listed_path_below_an_opened_directory_is_covered() {
    let mut facts = facts();
    facts.opened = vec![opened("/home/ada/.config", Access::ReadOnly, true)];
    facts.listed_present = vec![present("/home/ada/.config/gh")];
    let plan = plan(&request(), &facts).unwrap();
    assert!(plan.mounts.contains(&Mount::Cover {
        path: "/home/ada/.config/gh".into(),
        object: Some(ONE),
    }));
}

#[test]
fn a_link_to_a_listed_path_opens_nothing() {
    let link = |access| Opened {
        path: "/home/ada/data".into(),
        ..opened("/home/ada/.ssh/id_test", access, false)
    };
    let mut facts = facts();
    facts.listed_present = vec![present("/home/ada/.ssh")];
    facts.opened = vec![link(Access::ReadOnly)];
    let refusal = plan(&request(), &facts).unwrap_err();
    assert!(matches!(refusal, Refusal::LeadsTo { .. }), "{refusal}");
    facts
        .opened
        .push(opened("/home/ada/.ssh/id_test", Access::ReadOnly, false));
    plan(&request(), &facts).unwrap();
    facts.opened[0] = link(Access::ReadWrite);
    assert!(matches!(plan(&request(), &facts), Err(Refusal::LeadsTo { .. })));
}

#[test]
fn a_rule_that_must_not_open_its_path_leaves_it_closed_and_says_so() {
    let by_rule = |opened: Opened| Opened {
        by: By::Rule,
        ..opened
    };
    let good = by_rule(opened("/home/ada/notes", Access::ReadOnly, true));
    let link = |target: &str| Opened {
        path: "/home/ada/data\u{1b}".into(),
        ..by_rule(opened(target, Access::ReadOnly, true))
    };
    let missing = Opened {
        found: None,
        ..by_rule(opened("/home/ada/gone", Access::ReadOnly, false))
    };
    for bad in [
        link("/home/ada/.ssh/keys"),
        link("/home/ada/private"),
        link("/proc"),
        missing,
        by_rule(opened("/home/ada/.ssh", Access::ReadOnly, true)),
        by_rule(opened("/home/ada/.config", Access::ReadWrite, true)),
    ] {
        let mut facts = facts();
        facts.listed_present = vec![present("/home/ada/.ssh")];
        facts.opened = vec![bad.clone(), good.clone()];
        let request = PlanRequest {
            denied: vec!["/home/ada/private".into()],
            ..request()
        };
        let made = plan(&request, &facts).unwrap();
        assert_eq!(binds(&made, "/home/ada/notes"), [Access::ReadOnly], "{bad:?}");
        let found = bad.found.clone().map(|found| found.canonical).unwrap_or_default();
        assert_eq!(binds(&made, found.to_str().unwrap()), [], "{bad:?}");
        let [notice, _fuse, _git] = &made.notices[..] else {
            panic!("{:?}", made.notices)
        };
        assert!(
            notice.starts_with("a rule's path stays closed: ") && !notice.contains('\u{1b}'),
            "{notice}"
        );

        facts.opened[0].by = By::Flag;
        plan(&request, &facts).unwrap_err();
    }
}

#[test]
fn a_refused_rule_for_a_credential_directory_does_not_uncover_it() {
    let mut facts = facts();
    facts.listed_present = vec![present("/home/ada/.ssh")];
    facts.opened = ["/home/ada", "/home/ada/.ssh"]
        .map(|path| Opened {
            by: By::Rule,
            ..opened(path, Access::ReadOnly, true)
        })
        .to_vec();
    let cover = Mount::Cover {
        path: "/home/ada/.ssh".into(),
        object: Some(ONE),
    };
    assert!(plan(&request(), &facts).unwrap().mounts.contains(&cover));
}

#[test]
fn a_credential_directory_is_not_opened_as_a_whole() {
    for path in ["/home/ada/.ssh", "/home/ada/.ssh/keys"] {
        let mut facts = facts();
        facts.opened = vec![opened(path, Access::ReadOnly, true)];
        let refusal = plan(&request(), &facts).unwrap_err();
        assert!(matches!(refusal, Refusal::HoldsCredentials(_)), "{refusal}");
    }
}

#[test]
fn a_link_to_a_denied_path_opens_nothing() {
    let mut facts = facts();
    facts.opened = vec![Opened {
        path: "/home/ada/data".into(),
        ..opened("/home/ada/private/x", Access::ReadOnly, false)
    }];
    plan(&request(), &facts).unwrap();
    let request = PlanRequest {
        denied: vec!["/home/ada/private".into()],
        ..request()
    };
    assert!(matches!(plan(&request, &facts), Err(Refusal::LeadsTo { .. })));
}

fn offering(target: &str) -> PlanRequest {
    PlanRequest {
        sockets: vec![OfferedSocket {
            source: "/run/user/1/askbox/neighbours/s1/0".into(),
            target: target.into(),
        }],
        ..request()
    }
}

#[test]
fn a_socket_of_ours_is_bound_over_the_one_that_it_stands_for_and_others_stay_covered() {
    let mut facts = facts();
    facts.sockets = vec![
        "/home/ada/work/db.sock".into(),
        "/home/ada/work/other.sock".into(),
    ];
    let plan = plan(&offering("/home/ada/work/db.sock"), &facts).unwrap();
    let bind = Mount::Bind {
        source: "/run/user/1/askbox/neighbours/s1/0".into(),
        target: "/home/ada/work/db.sock".into(),
        access: Access::ReadOnly,
        object: None,
    };
    assert!(plan.mounts.contains(&bind));
    let covers = plan.mounts.iter().filter_map(|mount| match mount {
        Mount::Cover { path, .. } => path.to_str(),
        _ => None,
    });
    assert_eq!(covers.collect::<Vec<_>>(), ["/home/ada/work/other.sock"]);
}

#[test]
fn no_socket_is_offered_where_a_session_has_its_own_or_a_mount_point_would_stay() {
    for target in [
        "/run/askbox/x",
        "/dev/log",
        "/proc/x",
        "/usr/x.sock",
        "/home/ada/.cache/x.sock",
    ] {
        let refused = plan(&offering(target), &facts());
        assert_eq!(refused, Err(Refusal::Reserved(target.into())), "{target}");
    }
    for target in ["/run/postgresql/x", "/tmp/x", "/home/ada/x.sock", "/var/lib/x"] {
        assert!(plan(&offering(target), &facts()).is_ok(), "{target}");
    }
}

#[test]
fn nothing_is_covered_below_a_cover() {
    let mut facts = facts();
    facts.opened = vec![opened("/home/ada", Access::ReadOnly, true)];
    facts.listed_present = vec![present("/home/ada/.ssh")];
    facts.sockets = vec!["/home/ada/.ssh/agent".into()];
    let plan = plan(&request(), &facts).unwrap();
    let covers = |mount: &&Mount| matches!(mount, Mount::Cover { .. });
    assert_eq!(plan.mounts.iter().filter(covers).count(), 1);
}

#[test]
fn behind_a_link_what_it_leads_to_is_covered_unless_the_session_stands_on_it() {
    let check = |target: &str, expected: &[&str]| {
        let mut facts = facts();
        facts.opened = vec![opened("/home/ada/dotfiles", Access::ReadOnly, true)];
        facts.denied_present = vec![present_link("/home/ada/work/secrets", target)];
        let plan = plan(&request(), &facts).unwrap();
        let covers = plan.mounts.iter().filter_map(|mount| match mount {
            Mount::Cover { path, .. } => path.to_str(),
            _ => None,
        });
        assert_eq!(covers.collect::<Vec<_>>(), expected, "{target}");
    };
    check("/home/ada/work/other", &["/home/ada/work/other"]);
    check("/home/ada/dotfiles/x", &["/home/ada/dotfiles/x"]);
    check("/home/ada/elsewhere", &[]);
    for target in ["/home/ada/work", "/home/ada", "/", "/usr", "/usr/bin", "/etc/ssl"] {
        check(target, &[]);
    }
}

#[test]
fn a_start_up_file_that_is_a_link_keeps_its_directory_from_being_opened_for_writing() {
    let mut facts = facts();
    facts.opened = vec![opened("/home/ada/.config", Access::ReadWrite, true)];
    facts.listed_present = vec![present_link(
        "/home/ada/.config/autostart",
        "/home/ada/dotfiles/autostart",
    )];
    assert!(matches!(
        plan(&request(), &facts),
        Err(Refusal::OpensListed { .. })
    ));
}

#[test]
fn reading_a_start_up_file_does_not_open_it_for_writing() {
    let mut facts = facts();
    facts.opened = vec![
        opened("/home/ada/.config", Access::ReadWrite, true),
        opened("/home/ada/.config/autostart", Access::ReadOnly, true),
    ];
    facts.listed_present = vec![present("/home/ada/.config/autostart")];
    let guard = Mount::Guard {
        path: "/home/ada/.config/autostart".into(),
        access: Access::ReadOnly,
    };
    assert!(plan(&request(), &facts).unwrap().mounts.contains(&guard));
    facts.opened[1].access = Access::ReadWrite;
    assert!(!plan(&request(), &facts).unwrap().mounts.contains(&guard));
}

#[test]
fn a_directory_where_a_start_up_file_could_be_made_is_not_opened_for_writing() {
    let mut facts = facts();
    facts.opened = vec![opened("/home/ada/.config", Access::ReadWrite, true)];
    let refusal = plan(&request(), &facts).unwrap_err();
    assert!(matches!(refusal, Refusal::OpensListed { .. }), "{refusal}");
    facts.listed_present = vec![present("/home/ada/.config/autostart")];
    let plan = plan(&request(), &facts).unwrap();
    let guard = Mount::Guard {
        path: "/home/ada/.config/autostart".into(),
        access: Access::ReadOnly,
    };
    assert!(plan.mounts.contains(&guard));
}

#[test]
fn a_guard_is_lifted_by_its_exact_path_alone() {
    let mut facts = facts();
    facts.opened = vec![opened("/home/ada/work/.git/config", Access::ReadWrite, false)];
    let plan = plan(&request(), &facts).unwrap();
    let guards: Vec<&Mount> = plan
        .mounts
        .iter()
        .filter(|mount| matches!(mount, Mount::Guard { .. }))
        .collect();
    assert_eq!(
        guards,
        [&Mount::Guard {
            path: "/home/ada/work/.git".into(),
            access: Access::ReadWrite
        }]
    );
}

#[test]
fn host_sockets_are_covered_where_they_are_visible() {
    let mut facts = facts();
    facts.sockets = vec![
        "/home/ada/work/agent.sock".into(),
        "/run/user/1000/bus".into(),
        "/tmp/.X11-unix/X0".into(),
    ];
    let plan = plan(&request(), &facts).unwrap();
    let covers: Vec<&Mount> = plan
        .mounts
        .iter()
        .filter(|mount| matches!(mount, Mount::Cover { .. }))
        .collect();
    assert_eq!(
        covers,
        [&Mount::Cover {
            path: "/home/ada/work/agent.sock".into(),
            object: None,
        }]
    );
}

#[test]
fn a_gitdir_outside_is_opened_with_its_guards() {
    let mut facts = facts();
    facts.project.outside_git = Some(Place {
        path: "/home/ada/main/.git".into(),
        object: ONE,
    });
    let plan = plan(&request(), &facts).unwrap();
    assert_eq!(binds(&plan, "/home/ada/main/.git"), [Access::ReadWrite]);
}

#[test]
fn secrets_and_loader_variables_stay_out_of_the_environment() {
    let plan = plan(&request(), &facts()).unwrap();
    let kept: Vec<&OsText> = plan
        .environment
        .iter()
        .filter_map(|variable| match variable {
            Variable::Keep(name) => Some(name),
            Variable::Set(..) | Variable::ByProxy(..) => None,
        })
        .collect();
    assert_eq!(kept, [&OsText::from("TERM"), &OsText::from("LC_TIME")]);
}

#[test]
fn a_working_directory_outside_the_project_is_refused() {
    let request = PlanRequest {
        cwd: "/home/ada".into(),
        ..request()
    };
    assert!(matches!(
        plan(&request, &facts()),
        Err(Refusal::OutsideProject { .. })
    ));
}

#[test]
fn places_of_the_session_itself_cannot_be_opened() {
    for path in ["/", "/proc", "/dev/mem", "/run/user/1000", "/sys"] {
        let mut facts = facts();
        facts.opened = vec![opened(path, Access::ReadOnly, true)];
        assert!(
            matches!(plan(&request(), &facts), Err(Refusal::Reserved(_))),
            "{path}"
        );
    }
}

#[test]
fn a_plan_survives_the_wire_with_any_bytes_in_its_paths() {
    use std::os::unix::ffi::OsStringExt;
    let mut facts = facts();
    let odd = std::ffi::OsString::from_vec(b"/home/ada/\xff\n x".to_vec());
    facts.project.path = odd.clone().into();
    let request = PlanRequest {
        cwd: odd.into(),
        ..request()
    };
    let mut plan = plan(&request, &facts).unwrap();
    let json = serde_json::to_string(&plan).unwrap();
    plan.notices.clear(); // They go to the person, not to the launch child.
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
}

/// A policy in the project's `askbox` directory.
fn obeying() -> HostFacts {
    let mut facts = facts();
    let file = PathBuf::from("/home/ada/.config/askbox/policy.toml");
    let directory = PathBuf::from("/home/ada/work/askbox");
    facts.obeyed = vec![Obeyed {
        path: file.clone(),
        names: vec![file.clone(), directory.join("policy.toml")],
        passed: Vec::new(),
        linked_on: None,
    }];
    facts.project.guards.held.directories = vec![(directory, file)];
    facts
}

#[test]
fn a_directory_with_what_askbox_obeys_is_told_and_cannot_be_opened() {
    let with = |path: &str| {
        let mut facts = obeying();
        facts.opened = vec![opened(path, Access::ReadWrite, true)];
        plan(&request(), &facts)
    };
    let notice = "askbox is read-only inside, since Askbox itself obeys /home/ada/.config/askbox/policy.toml, which leads there";
    let notices = with("/home/ada/work").unwrap().notices;
    assert!(notices.contains(&notice.to_owned()), "{notices:?}");
    assert!(with("/home/ada/work/other").is_ok());
    for path in [
        "/home/ada/work/askbox",
        "/home/ada/work/askbox/policy.toml",
        "/home/ada/.config/askbox",
    ] {
        let refused = with(path);
        assert!(
            matches!(refused, Err(Refusal::Obeyed { .. })),
            "{path}: {refused:?}"
        );
    }
}

#[test]
fn a_project_in_which_what_askbox_obeys_cannot_be_held_is_refused() {
    let mut facts = facts();
    let name = PathBuf::from("/home/ada/work/policy.toml");
    facts.project.guards.held = Held {
        open: vec![(name, "/home/ada/.config/askbox/policy.toml".into())],
        ..Held::default()
    };
    assert!(matches!(plan(&request(), &facts), Err(Refusal::Obeyed { .. })));
}

#[test]
fn other_names_of_what_askbox_obeys_are_told_where_the_project_may_hold_one() {
    for (device, is_told) in [(ONE.device, true), (ONE.device + 1, false)] {
        let mut facts = facts();
        facts.obeyed = vec![Obeyed {
            path: "/home/ada/.config/askbox/policy.toml".into(),
            names: vec!["/home/ada/.config/askbox/policy.toml".into()],
            passed: Vec::new(),
            linked_on: Some(device),
        }];
        let notices = plan(&request(), &facts).unwrap().notices;
        let told = notices.iter().any(|notice| notice.contains("hard links"));
        assert_eq!(told, is_told, "{notices:?}");
    }
}
