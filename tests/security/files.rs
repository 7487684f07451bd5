//! What of the user's files a program inside can reach: credentials, other files, and both by symbolic links.

use std::fs;
use std::os::unix::fs::symlink;

use askbox_tests::{MARKER, World};

use crate::both::{outside, works_everywhere, works_only_outside};

/// Threat 1, and every other credential file of the world.
const CREDENTIALS: &[&str] = &[
    ".ssh/id_rsa",
    ".ssh/id_test",
    ".aws/credentials",
    ".config/gcloud/credentials.db",
    ".config/gh/hosts.yml",
    ".gnupg/secring.gpg",
    ".kube/config",
    ".docker/config.json",
    ".netrc",
    ".git-credentials",
    ".bash_history",
];

/// Prints one line for each path that could be read.
fn read_all(paths: &[&str]) -> String {
    let one = |path: &&str| format!("cat ~/{path} && echo 'READ {path}'");
    paths.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[test]
fn threat_1_credential_files_are_denied() {
    let world = World::new();
    let script = read_all(CREDENTIALS);
    assert_eq!(
        outside(&world, &script).stdout.matches("READ").count(),
        CREDENTIALS.len()
    );
    let inside = world.sh(&[], &script);
    assert!(
        !inside.stdout.contains(MARKER) && !inside.stdout.contains("READ"),
        "{inside:#?}"
    );
    assert_eq!(
        inside.stderr.matches("Permission denied").count(),
        CREDENTIALS.len(),
        "{inside:#?}"
    );
}

#[test]
fn threat_1_each_denial_is_in_the_log_with_its_program_and_its_time() {
    let world = World::new();
    world.sh(&[], &read_all(CREDENTIALS));
    let text = world.ok(&["log", "--json", "--denied", "--limit", "100000"]);
    let events: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for file in CREDENTIALS {
        let path = world.home().join(file);
        let is_it = |event: &&serde_json::Value| {
            let target = event["target"].as_str().unwrap();
            target.ends_with(path.to_str().unwrap())
        };
        let event = events
            .iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("{file}: {text}"));
        // Long words are shortened in the middle.
        let words = event["process"]["command"].as_array().unwrap();
        assert_eq!(words[..2], ["/usr/bin/cat", "cat"], "{event}");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(words[2].as_str().unwrap().ends_with(name), "{event}");
        assert!(
            event["time"].as_str().is_some_and(|time| time.starts_with("20")),
            "{event}"
        );
    }
    assert!(
        !events
            .iter()
            .any(|event| event["target"].as_str().unwrap().contains("spec.md"))
    );
    world
        .sh(&["--allow-read", "~/notes"], "cat ~/notes/spec.md")
        .succeeded();
    assert!(world.log().iter().any(|event| {
        event["verdict"] == "allow"
            && event["target"]
                .as_str()
                .is_some_and(|target| target.ends_with("notes/spec.md"))
    }));
}

#[test]
fn threat_1_credential_files_of_tools_with_a_private_home_are_not_there() {
    let world = World::new();
    let inside = works_only_outside(&world, &[], &read_all(&[".cargo/credentials.toml"]));
    assert!(!inside.stdout.contains(MARKER), "{inside:#?}");
}

#[test]
fn threat_1_no_preset_and_no_automatic_approval_opens_a_credential_file() {
    let world = World::new();
    world.write_policy(
        "preset = \"development\"\nauto_approve = [\"read\", \"write\", \"execute\", \"network\"]\n",
    );
    for options in [&["--preset", "development"][..], &["--allow-read", "~"]] {
        let inside = world.sh(options, &read_all(CREDENTIALS));
        assert!(
            inside.code != Some(125) && !inside.stdout.contains(MARKER),
            "{options:?} {inside:#?}"
        );
    }
    let twin = world.sh(&["--allow-read", "~"], "cat ~/notes/spec.md");
    assert!(twin.succeeded().stdout.contains(MARKER));
}

#[test]
fn threat_1_a_rule_for_the_exact_path_opens_that_file_alone() {
    let world = World::new();
    let inside = world.sh(
        &["--allow-read", "~/.ssh/id_test"],
        "cat ~/.ssh/id_test; cat ~/.ssh/id_rsa; ls ~/.ssh",
    );
    assert_eq!(inside.stdout, format!("{MARKER} .ssh/id_test\n"), "{inside:#?}");
    inside.failed();
}

#[test]
fn threat_1_a_credential_that_may_be_written_alone_is_written_and_neither_read_nor_listed() {
    let world = World::new();
    world.write_policy("[[rule]]\neffect = \"allow\"\nwrite = \"~/.ssh/id_test\"\n");
    let script = "echo new > ~/.ssh/id_test && cat ~/.ssh/id_test";
    let inside = world.sh(&["--non-interactive"], script);
    assert!(inside.failed().stderr.contains("cat: "), "{inside:#?}");
    assert_eq!(inside.stdout, "");
    let file = world.home().join(".ssh/id_test");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "new\n");
    world
        .sh(&["--non-interactive"], "ls ~/.ssh || echo new > ~/.ssh/id_rsa")
        .failed();
    let twin = world.sh(&["--allow-read", "~/.ssh/id_test"], script);
    assert_eq!(twin.succeeded().stdout, "new\n");
}

#[test]
fn threat_16_a_rule_that_denies_writing_does_not_show_whether_a_listed_file_exists() {
    let look = |policy: &str| {
        let world = World::new();
        world.write_policy(policy);
        let script =
            "stat -c '%s %a %F' ~/.ssh ~/.netrc; stat ~/.ssh/id_rsa || stat ~/.ssh/none || echo closed";
        world.sh(&["--non-interactive"], script).stdout
    };
    let denied = look("[[rule]]\neffect = \"deny\"\nwrite = \"~/.ssh\"\n");
    assert_eq!(denied, look(""));
    assert!(denied.starts_with("0 0 directory\n"), "{denied}");
    assert!(denied.ends_with("closed\n"), "{denied}");
}

#[test]
fn threat_1_a_flag_for_a_credential_directory_opens_nothing_below() {
    let world = World::new();
    for directory in ["~/.ssh", "~/.config/gcloud", "~/.config", "~/.aws/"] {
        for option in ["--allow-read", "--allow-write"] {
            let inside = world.sh(&[option, directory], &read_all(CREDENTIALS));
            assert!(
                !inside.stdout.contains(MARKER),
                "{option} {directory} {inside:#?}"
            );
        }
    }
    let twin = world.sh(
        &["--allow-read", "~/.config/app"],
        "cat ~/.config/app/settings.json",
    );
    assert!(twin.succeeded().stdout.contains(MARKER));
}

#[test]
fn threat_1_credential_directories_can_be_neither_listed_nor_searched() {
    let world = World::new();
    works_only_outside(&world, &[], "ls ~/.ssh");
    works_only_outside(&world, &[], "ls -d ~/.ssh/*");
    works_only_outside(&world, &[], "cd ~/.ssh");
    works_only_outside(&world, &[], "find ~/.aws -type f | grep credentials");
    works_only_outside(&world, &[], "stat ~/.ssh/id_test");
    works_everywhere(&world, &[], "mkdir -p d && touch d/f && ls d/* && cd d && stat f");
}

#[test]
fn threat_16_a_listed_file_looks_the_same_whether_it_exists_or_not() {
    let world = World::new();
    assert!(!world.home().join(".vault-token").exists() && !world.home().join(".azure").exists());
    let look = "for name in \"$@\"; do
            stat -c '%F %a %U %s %h' ~/$name; cat ~/$name; ls ~/$name/; test -e ~/$name/id_test; echo $?
            stat ~/$name/id_test; : > ~/$name; rm ~/$name; mv ~/$name ~/x; chmod 700 ~/$name; cp ~/$name /tmp/x
        done 2>&1 | sed \"s#$1##g\"";
    let look_at = |name: &str| {
        let inside = world.sh(&[], &format!("set -- {name}\n{look}"));
        inside.succeeded().stdout.clone()
    };
    for (present, absent) in [(".netrc", ".vault-token"), (".ssh", ".azure")] {
        let seen = look_at(present);
        assert_eq!(seen, look_at(absent));
        assert!(seen.contains(" 0 "), "mode 000: {seen}");
        let host = |name| outside(&world, &format!("set -- {name}\nls -d ~/$1")).code;
        assert_ne!(host(present), host(absent));
    }
}

#[test]
fn threat_16_names_in_a_credential_directory_look_the_same_whether_they_exist_or_not() {
    let world = World::new();
    let look_at = |name: &str| {
        let script = format!(
            "stat ~/.ssh/{name}; cat ~/.ssh/{name}; ls ~/.ssh/{name}; test -e ~/.ssh/{name}; echo $?"
        );
        let inside = world.sh(&[], &format!("{{ {script}; }} 2>&1"));
        inside.succeeded().stdout.replace(name, "NAME")
    };
    let seen = look_at("id_test");
    assert_eq!(seen, look_at("id_none"));
    assert_eq!(seen.matches("Permission denied").count(), 3, "{seen}");
    assert_ne!(
        outside(&world, "stat ~/.ssh/id_test").code,
        outside(&world, "stat ~/.ssh/id_none").code
    );
}

#[test]
fn threat_16_other_files_of_the_home_directory_are_not_read_and_neither_size_nor_time_is_known() {
    let world = World::new();
    for command in [
        "ls ~",
        "ls ~/notes",
        "cat ~/notes/spec.md",
        "cat ~/.bashrc",
        "cat ~/.gitconfig",
    ] {
        works_only_outside(&world, &["--non-interactive"], command);
    }
    let seen = "stat -c '%F %s %Y' ~/notes/spec.md";
    let closed = world.sh(&["--non-interactive"], seen);
    assert_eq!(closed.succeeded().stdout, "regular empty file 0 0\n");
    let open = world.sh(&["--allow-read", "~/notes"], &format!("ls ~/notes && {seen}"));
    let names = format!("spec.md\n{}", outside(&world, seen).stdout);
    assert_eq!(open.succeeded().stdout, names);
}

#[test]
fn threat_2_links_in_the_project_lead_nowhere_new() {
    let world = World::new();
    let (home, project) = (world.home(), world.project());
    for (link, target) in [
        ("key", home.join(".ssh/id_test")),
        ("keys", home.join(".ssh")),
        ("home", home.clone()),
        ("up", "../.aws/credentials".into()),
        ("chain", project.join("key")),
        ("spec", home.join("notes/spec.md")),
        ("root", "/".into()),
    ] {
        symlink(target, project.join(link)).unwrap();
    }
    let through = format!(
        "cat key; cat keys/id_test; cat home/.aws/credentials; cat up; cat chain; cat spec; cat root{}/.netrc",
        home.display()
    );
    assert_eq!(outside(&world, &through).stdout.matches(MARKER).count(), 7);
    let inside = world.sh(&[], &through);
    assert!(!inside.stdout.contains(MARKER), "{inside:#?}");
    world.write("real", "inside\n");
    symlink("real", project.join("twin")).unwrap();
    assert_eq!(world.sh(&[], "cat twin").succeeded().stdout, "inside\n");
}

#[test]
fn threat_2_links_made_inside_lead_nowhere_new() {
    let world = World::new();
    let script = "ln -sfn ~/.ssh keys; mkdir -p own; ln -sfn ../../notes/spec.md own/spec; ln -sf ~/.netrc n; ln -sfn /proc/self/cwd/../.aws c
        cat keys/id_test; cat own/spec ~/project/../notes/spec.md; cat n; cat c/credentials; cat $(readlink -f keys)/id_rsa";
    assert_eq!(outside(&world, script).stdout.matches(MARKER).count(), 6);
    let inside = world.sh(&[], script);
    assert!(!inside.stdout.contains(MARKER), "{inside:#?}");
}

#[test]
fn threat_2_a_link_that_a_rule_or_a_flag_names_does_not_open_a_listed_place() {
    let world = World::new();
    let link = world.home().join("data");
    symlink(world.home().join(".ssh"), &link).unwrap();
    let read = "cat ~/data/id_test ~/.ssh/id_test";
    let by_flag = world.sh(&["--allow-read", "~/data"], read);
    assert!(!by_flag.stdout.contains(MARKER), "{by_flag:#?}");
    world.write_policy("[[rule]]\neffect = \"allow\"\nread = \"~/data\"\n");
    world.ok(&["daemon", "--stop"]);
    let by_rule = world.sh(&[], read);
    assert!(!by_rule.stdout.contains(MARKER), "{by_rule:#?}");
    fs::remove_file(&link).unwrap();
    symlink(world.home().join("notes"), &link).unwrap();
    // A link in a rule may be anybody's by now, so what it leads to is asked about; a flag means what it leads to today.
    world.sh(&["--non-interactive"], "cat ~/data/spec.md").failed();
    assert!(
        world
            .sh(&["--allow-read", "~/data"], "cat ~/data/spec.md")
            .succeeded()
            .stdout
            .contains(MARKER)
    );
}

/// What a list protects has its path; a directory that is moved would give it another.
#[test]
fn threat_6_what_a_list_protects_does_not_move_with_its_directory() {
    let world = World::new();
    let home = world.home();
    let settings = home.join(".claude/settings.json");
    for directory in [".claude", ".ansible", "data", "data/c", "data/other"] {
        fs::create_dir_all(home.join(directory)).unwrap();
    }
    fs::write(&settings, "{}").unwrap();
    fs::write(home.join(".ansible/vault_pw"), MARKER).unwrap();
    let options = ["~/.claude", "~/.ansible", "~/.qwen", "~/data"].map(|path| ["--allow-write", path]);
    let options = options.concat();
    let attempt = |script: &str| world.sh(&[&["--non-interactive"], &options[..]].concat(), script);
    for script in [
        "mv ~/.claude ~/data/moved && echo '{\"hooks\": 1}' > ~/data/moved/settings.json && mv ~/data/moved ~/.claude",
        "mkdir -p ~/data/q && echo '{}' > ~/data/q/settings.json && mv -T ~/data/q ~/.qwen",
        "mv ~/.ansible ~/data/a && cat ~/data/a/vault_pw",
        "python3 -c 'import ctypes, os; h = os.environ[\"HOME\"].encode(); \
            exit(ctypes.CDLL(None).renameat2(-100, h + b\"/.claude\", -100, h + b\"/data/c\", 2) != 0)'",
    ] {
        let inside = attempt(script);
        assert!(!inside.failed().stdout.contains(MARKER), "{script}: {inside:#?}");
        assert_eq!(fs::read_to_string(&settings).unwrap(), "{}", "{script}");
        assert!(!home.join(".qwen").exists());
    }
    attempt("mv ~/data/other ~/data/moved && echo text > ~/data/moved/a && cat ~/data/moved/a").succeeded();
}

#[test]
fn threat_3_nothing_of_the_accounts_of_the_machine_is_seen() {
    let world = World::new();
    let host = fs::read_to_string("/etc/passwd").unwrap();
    assert!(outside(&world, "cat /etc/passwd").stdout.contains("root:"));
    let own = outside(&world, "id -un").stdout;
    for policy in ["", "identity = \"synthetic\"\n"] {
        world.write_policy(policy);
        drop(world.ok(&["daemon", "--stop"]));
        let inside = world.sh(
            &[],
            "cat /etc/passwd /etc/passwd- /etc/shadow /etc/gshadow /etc/sudoers /etc/group /etc/shadow-; ls /etc/sudoers.d",
        );
        let leaked: Vec<&str> = host
            .lines()
            .filter(|line| inside.stdout.contains(line) && !line.starts_with(own.trim()))
            .collect();
        assert!(leaked.is_empty(), "{policy} {leaked:?} {inside:#?}");
        assert!(!inside.stdout.contains("root:"), "{policy} {inside:#?}");
        assert!(
            inside.stderr.contains("/etc/shadow: Permission denied"),
            "{inside:#?}"
        );
        let twin = world.sh(&[], "whoami && id -u && echo ~");
        assert!(twin.succeeded().stdout.starts_with(&own), "{policy} {twin:#?}");
    }
}

#[test]
fn threat_2_a_flag_that_names_a_link_in_the_project_opens_no_credential() {
    let world = World::new();
    symlink(
        world.home().join(".ssh/id_test"),
        world.project().join("innocent"),
    )
    .unwrap();
    symlink(world.home().join(".ssh"), world.project().join("directory")).unwrap();
    symlink(world.home().join("notes"), world.project().join("notes")).unwrap();
    for path in ["innocent", "./innocent", "directory/id_test", "directory"] {
        let finished = world.sh(&["--allow-read", path], "cat innocent directory/id_test");
        finished_without_marker(&finished);
    }
    let twin = world.sh(&["--allow-read", "notes/spec.md"], "cat notes/spec.md");
    assert!(twin.succeeded().stdout.contains(MARKER));
}

fn finished_without_marker(finished: &askbox_tests::Finished) {
    assert_ne!(finished.code, Some(0), "{finished:#?}");
    assert!(!finished.stdout.contains(MARKER), "{finished:#?}");
}

#[test]
fn threat_12_no_hard_link_leads_out_of_the_project_from_inside() {
    let world = World::new();
    let link = "ln ~/notes/spec.md linked && rm linked";
    works_only_outside(&world, &["--allow-write", "~/notes"], link);
    works_only_outside(&world, &[], "ln ~/.ssh/id_test linked && rm linked");
    works_everywhere(&world, &[], "echo x > own && ln own linked && rm own linked");
}

#[test]
fn threat_19_another_spelling_of_a_path_gets_the_same_answer() {
    let world = World::new();
    let spellings = |path: &str| {
        let (directory, file) = path.rsplit_once('/').unwrap();
        [
            format!("~//{directory}//{file}"),
            format!("~/./{directory}/./{file}"),
            format!("~/{directory}/../{directory}/{file}"),
            format!("/proc/self/root$HOME/{directory}/{file}"),
        ]
    };
    let read = |paths: &[String]| {
        let one = |path: &String| format!("cat {path} || true");
        paths.iter().map(one).collect::<Vec<_>>().join("\n")
    };
    for (path, options) in [
        (".ssh/id_test", &["--allow-read", "~"][..]),
        ("notes/spec.md", &["--non-interactive"]),
    ] {
        let script = read(&spellings(path));
        assert_eq!(outside(&world, &script).stdout.matches(MARKER).count(), 4);
        let denied = world.sh(options, &script);
        assert!(!denied.stdout.contains(MARKER), "{denied:#?}");
        assert_eq!(
            denied.stderr.matches("Permission denied").count(),
            4,
            "{denied:#?}"
        );
    }
    // A slash at the end makes a directory of it, and another case is another name, as on the host.
    let others = "cat ~/notes/spec.md/ ~/NOTES/spec.md ~/notes/SPEC.MD ~/.SSH/id_test";
    let options = ["--non-interactive", "--allow-read", "~//notes/./"];
    assert_eq!(world.sh(&options, others).failed().stdout, "");
    let allowed = world.sh(&options, &read(&spellings("notes/spec.md")));
    assert_eq!(
        allowed.succeeded().stdout.matches(MARKER).count(),
        4,
        "{allowed:#?}"
    );
}
