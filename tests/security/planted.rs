//! What a program inside leaves in the way of the next launch: links, and files that are none.

use std::fs;
use std::os::unix::fs::symlink;

use askbox_tests::{MARKER, Running, Terminal, World};

use crate::both::outside;

/// `askbox run -- sh -c SCRIPT` on a terminal, where notices are shown.
fn shown(world: &World, script: &str) -> (Option<i32>, String) {
    let left = Terminal::start(&world.askbox(&["run", "--", "sh", "-c", script])).finish();
    (left.code, left.shown)
}

#[test]
fn threat_2_a_link_planted_where_a_rule_allows_stops_no_launch() {
    let world = World::new();
    world.write_policy(
        "[[rule]]\neffect = \"allow\"\nwrite = \"~/shared\"\n\n[[rule]]\neffect = \"allow\"\nread = \"~/shared/data\"\n\n\
         [[rule]]\neffect = \"deny\"\nread = \"~/private\"\n",
    );
    fs::create_dir_all(world.home().join("shared/data")).unwrap();
    fs::create_dir(world.home().join("private")).unwrap();
    fs::write(world.home().join("private/x"), MARKER).unwrap();
    fs::write(world.home().join("shared/data/x"), "twin").unwrap();
    let read = "cat ~/shared/data/x ~/shared/data/id_test 2>&-; test -e ~/shared/data/x";
    assert_eq!(world.sh(&[], read).succeeded().stdout, "twin");
    for target in ["~/.ssh", "~/private", "/proc/self", "/run"] {
        let plant = format!("rm -rf ~/shared/data; ln -sfn {target} ~/shared/data && readlink ~/shared/data");
        world.sh(&[], &plant).succeeded();
        let (code, text) = shown(&world, read);
        assert_ne!(code, Some(125), "{text}");
        assert!(!text.contains(MARKER), "{text}");
        assert!(
            text.contains("askbox: a rule's path stays closed: cannot open "),
            "{text}"
        );
        assert!(text.contains("shared/data"), "{text}");
        // Another project and another place are as they were.
        let other = world.home().join("notes");
        let mut command = world.askbox(&["run", "--", "sh", "-c", "cat spec.md && touch ~/shared/works"]);
        command.current_dir(other);
        Running::start(command).finish().succeeded();
    }
    let data = world.home().join("shared/data");
    // A flag of this run is another matter.
    fs::remove_file(&data).unwrap();
    symlink(world.home().join(".ssh"), &data).unwrap();
    let by_flag = world.sh(&["--allow-read", "~/shared/data"], "true");
    assert_eq!(by_flag.code, Some(125), "{by_flag:#?}");
    assert!(outside(&world, read).stdout.contains(MARKER));
}

#[test]
fn threat_1_credentials_behind_a_link_are_closed_also_where_the_list_has_wildcards() {
    let world = World::new();
    for name in [
        "google-chrome/Cookies",
        "google-chrome-beta/Cookies",
        "gh/hosts.yml",
    ] {
        let path = world.home().join(".config").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, MARKER).unwrap();
    }
    fs::write(world.home().join(".config/ordinary"), "twin").unwrap();
    symlink(world.home().join(".config"), world.home().join("data")).unwrap();
    let read = "cat ~/data/google-chrome/Cookies ~/data/google-chrome-beta/Cookies ~/data/gh/hosts.yml; cat ~/data/ordinary";
    assert_eq!(outside(&world, read).stdout.matches(MARKER).count(), 3);
    for place in ["~/data", "~/.config"] {
        let inside = world.sh(&["--allow-read", place, "--allow-read", "~/data"], read);
        assert_eq!(inside.succeeded().stdout, "twin", "{place}");
    }
}

#[test]
fn threat_1_credentials_behind_links_into_a_project_are_closed_there() {
    let world = World::new();
    let (home, dot) = (world.home(), world.home().join("dot"));
    fs::create_dir_all(home.join(".config/google-chrome/Default")).unwrap();
    fs::write(home.join(".config/google-chrome/Default/Cookies"), MARKER).unwrap();
    fs::write(home.join(".config/ordinary"), "twin").unwrap();
    fs::create_dir(&dot).unwrap();
    for name in [".config", ".ssh", ".netrc"] {
        fs::rename(home.join(name), dot.join(&name[1..])).unwrap();
        symlink(dot.join(&name[1..]), home.join(name)).unwrap();
    }
    let script = "cat ssh/id_rsa config/gh/hosts.yml config/gcloud/credentials.db netrc \
                  config/google-chrome/Default/Cookies; cat config/ordinary && echo written > mine";
    let run = |mut command: std::process::Command| {
        command.current_dir(&dot);
        Running::start(command).finish()
    };
    assert_eq!(run(world.host_script(script)).stdout.matches(MARKER).count(), 5);
    let inside = run(world.askbox(&["run", "--", "sh", "-c", script]));
    assert_eq!(inside.succeeded().stdout, "twin", "{inside:#?}");
    assert_eq!(
        inside.stderr.matches("Permission denied").count(),
        5,
        "{inside:#?}"
    );
}

#[test]
fn threat_23_a_link_planted_at_a_denied_path_stops_no_launch_and_hides_what_it_leads_to() {
    let world = World::new();
    let project = world.project();
    let denied = project.join("secrets");
    world.write_policy(&format!(
        "[[rule]]\neffect = \"deny\"\nread = \"{}\"\n",
        denied.display()
    ));
    world.write("real/x", MARKER);
    world.write("open", "twin");
    for target in ["/usr", ".", "..", "nowhere", "secrets"] {
        world.sh(&[], &format!("ln -sfn {target} secrets")).succeeded();
        assert_eq!(
            world.sh(&[], "ls /usr/bin/env && cat open").succeeded().stdout,
            "/usr/bin/env\ntwin"
        );
    }
    assert_eq!(world.sh(&[], "cat real/x").succeeded().stdout, MARKER);
    world.sh(&[], "ln -sfn real secrets").succeeded();
    let inside = world.sh(&[], "cat open; cat secrets/x real/x");
    assert_eq!(inside.stdout, "twin", "{inside:#?}");
    assert!(outside(&world, "cat secrets/x").stdout.contains(MARKER));
}

#[test]
fn threat_21_a_project_file_that_is_no_file_is_refused_by_name_and_never_waited_for() {
    let world = World::new();
    for plant in [
        "mkfifo .askbox.toml",
        "mkdir .askbox.toml",
        "ln -s /dev/zero .askbox.toml",
        "touch other.toml && ln -s other.toml .askbox.toml",
        "/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\".askbox.toml\")'",
    ] {
        let planted = world.sh(&[], plant);
        let said = "askbox: made in this session, runs outside: .askbox.toml; ";
        assert!(planted.succeeded().stderr.contains(said), "{planted:#?}");
        let refused = world.sh(&[], "true");
        assert_eq!(refused.code, Some(125), "{plant}: {refused:#?}");
        for part in ["project/.askbox.toml: it is not an ordinary file", "hint: "] {
            assert!(refused.stderr.contains(part), "{plant}: {refused:#?}");
        }
        outside(&world, "rm -r .askbox.toml").succeeded();
        world.sh(&[], "true").succeeded();
    }
}
