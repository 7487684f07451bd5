//! Git in a project, a worktree and a submodule, with its guards, and a push over ssh to a server of the test.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use askbox_tests::{Finished, Running, Terminal, World};

/// What a day with git looks like; run in `$PWD` on branch main with a remote `origin`.
const DAY: &str = "set -e
git status --short
echo one > one; git add one; git commit -qm one
git checkout -qb topic; echo two > two; git add two; git commit -qm two
git checkout -q main; echo three > three; git add three; git commit -qm three
git checkout -q topic; git rebase -q main
test -f one; test -f two; test -f three
git branch other; git branch -d other
git stash list; git log --oneline --all | wc -l
test -z \"$(git status --porcelain)\"
git push -q origin topic:pushed";

/// A world with repositories and an ssh server.
struct Forge {
    world: World,
    sshd: Running,
    port: u16,
}

impl Forge {
    fn new() -> Self {
        let world = World::new();
        let outside = world.outside();
        let at = |name: &str| outside.join(name).to_str().unwrap().to_owned();
        let keygen = |file: &str| {
            std::fs::remove_file(file).ok();
            host(
                &world,
                &outside,
                "ssh-keygen",
                &["-q", "-t", "ed25519", "-N", "", "-f", file],
            );
        };
        let key = world.home().join(".ssh/id_test");
        keygen(&at("host_key"));
        keygen(key.to_str().unwrap());
        let port = free_port();
        let public = |name: &str| std::fs::read_to_string(format!("{name}.pub")).unwrap();
        std::fs::write(at("authorized"), public(key.to_str().unwrap())).unwrap();
        let known = format!("[git.test]:{port} {}", public(&at("host_key")));
        std::fs::write(world.home().join(".ssh/known_hosts"), known).unwrap();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PidFile none\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n",
            at("host_key"),
            at("authorized")
        );
        std::fs::write(at("sshd_config"), config).unwrap();
        let mut sshd = world.host("/usr/sbin/sshd");
        sshd.args(["-D", "-e", "-f", &at("sshd_config")]);
        let sshd = Running::start(sshd);
        world.eventually("sshd listens", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        let forge = Self { world, sshd, port };
        forge.git(&outside, &["init", "-q", "--bare", "remote.git"]);
        forge
    }

    /// Git on the host, which must succeed.
    fn git(&self, directory: &Path, words: &[&str]) -> String {
        let always = [
            "-c",
            "init.defaultBranch=main",
            "-c",
            "protocol.file.allow=always",
        ];
        host(&self.world, directory, "git", &[&always, words].concat())
    }

    /// A repository with one commit and the remote.
    fn repository(&self, directory: &Path) {
        std::fs::create_dir_all(directory).unwrap();
        self.git(directory, &["init", "-q"]);
        std::fs::write(directory.join("first"), "first\n").unwrap();
        self.git(directory, &["add", "."]);
        self.git(directory, &["commit", "-qm", "first"]);
        self.git(directory, &["remote", "add", "origin", &self.url()]);
    }

    fn url(&self) -> String {
        let user = nix::unistd::User::from_uid(nix::unistd::getuid())
            .unwrap()
            .unwrap()
            .name;
        let path = self.world.outside().join("remote.git");
        format!("ssh://{user}@git.test:{}{}", self.port, path.display())
    }

    /// The words that open what a push needs, and nothing else: key, known hosts, git's settings, the server.
    fn opened(&self) -> Vec<String> {
        let ssh = self.world.home().join(".ssh");
        let (key, known) = (ssh.join("id_test"), ssh.join("known_hosts"));
        let command = format!(
            "ssh -F none -i {} -o UserKnownHostsFile={}",
            key.display(),
            known.display()
        );
        let domain = format!("git.test:{}", self.port);
        [
            ("--allow-read", key.display().to_string()),
            ("--allow-read", known.display().to_string()),
            ("--allow-read", "~/.gitconfig".to_owned()),
            ("--allow-domain", domain.clone()),
            ("--resolve", format!("{domain}:127.0.0.1")),
            ("--env", format!("GIT_SSH_COMMAND={command}")),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect()
    }

    /// A script in a session.
    fn session(&self, directory: &Path, options: &[String], script: &str) -> Finished {
        let mut command = self.world.askbox(&["run"]);
        command
            .args(options)
            .args(["--", "sh", "-c", script])
            .current_dir(directory);
        Running::start(command).finish()
    }

    /// The day succeeds inside, and its work is there outside.
    fn check_day(&self, directory: &Path) {
        self.session(directory, &self.opened(), DAY).succeeded();
        let here = self.git(directory, &["rev-parse", "topic"]);
        let there = self.git(&self.world.outside().join("remote.git"), &["rev-parse", "pushed"]);
        assert_eq!(here, there);
        assert_eq!(self.git(directory, &["status", "--porcelain"]), "");
        self.git(directory, &["fsck", "--strict"]);
    }
}

/// A program on the host to its end; it must succeed.
fn host(world: &World, directory: &Path, program: &str, words: &[&str]) -> String {
    let mut command = world.host(program);
    command.args(words).current_dir(directory);
    Running::start(command).finish().succeeded().stdout.clone()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_day_with_git_in_a_project() {
    let forge = Forge::new();
    let project = forge.world.project();
    forge.repository(&project);
    forge.check_day(&project);
}

#[test]
fn a_day_with_git_in_a_worktree() {
    let forge = Forge::new();
    let main = forge.world.home().join("main");
    forge.repository(&main);
    let project = forge.world.project();
    forge.git(&main, &["checkout", "-q", "--detach"]);
    forge.git(
        &main,
        &["worktree", "add", "-q", project.to_str().unwrap(), "main"],
    );
    forge.check_day(&project);
    // Of the repository only its git directory is there.
    let list = format!("ls {0} {0}/.git/HEAD", main.display());
    let seen = forge.session(&project, &[], &list);
    assert!(
        seen.stdout.contains("HEAD") && !seen.stdout.contains("first"),
        "{seen:#?}"
    );
}

#[test]
fn a_day_with_git_in_a_submodule() {
    let forge = Forge::new();
    let world = &forge.world;
    let (library, main) = (world.home().join("library"), world.home().join("main"));
    forge.repository(&library);
    forge.repository(&main);
    forge.git(
        &main,
        &["submodule", "--quiet", "add", library.to_str().unwrap(), "module"],
    );
    let module = main.join("module");
    forge.git(&module, &["remote", "set-url", "origin", &forge.url()]);
    forge.check_day(&module);
}

#[test]
fn a_push_needs_the_key_to_be_opened() {
    let forge = Forge::new();
    let project = forge.world.project();
    forge.repository(&project);
    let closed: Vec<String> = forge.opened().split_off(2);
    let finished = forge.session(&project, &closed, "git push origin main");
    finished.failed();
    assert!(
        finished.stderr.contains("Permission denied (publickey)"),
        "{finished:#?}"
    );
    forge
        .session(&project, &forge.opened(), "git push -q origin main")
        .succeeded();
}

#[test]
fn a_commit_needs_the_users_git_settings_to_be_opened() {
    let world = World::new();
    let start = |options: &[&str]| {
        let commit = ["--", "git", "commit", "-q", "--allow-empty", "-m", "empty"];
        Running::start(world.askbox(&[&["run"], options, &commit[..]].concat()))
    };
    host(&world, &world.project(), "git", &["init", "-q"]);
    world.write_policy("");
    let finished = start(&["--non-interactive"]).finish();
    finished.failed();
    assert!(finished.stderr.contains("tell me who you are"), "{finished:#?}");
    let running = start(&[]);
    let question = world.wait_for_question();
    assert_eq!(question["targets"], serde_json::json!(["git"]));
    world.ok(&["allow", question["id"].as_str().unwrap(), "--session"]);
    running.finish().succeeded();
    assert_eq!(
        host(&world, &world.project(), "git", &["log", "--format=%an"]),
        "Ada\n"
    );
}

/// `command` is refused in `directory`, one line on the terminal says which flag lets it, and that flag does.
fn check_refused(world: &World, directory: &Path, config: &Path, command: &str) {
    let before = std::fs::read_to_string(config).unwrap();
    let run = |options: &[&str]| {
        let mut askbox = world.askbox(&["run", "--allow-read", "~/.gitconfig"]);
        askbox
            .args(options)
            .args(["--", "sh", "-c", command])
            .current_dir(directory);
        Terminal::start(&askbox).finish()
    };
    let left = run(&[]);
    assert_ne!(left.code, Some(0), "{left:#?}");
    assert_eq!(std::fs::read_to_string(config).unwrap(), before);
    let notices: Vec<&str> = left
        .shown
        .lines()
        .filter(|line| line.starts_with("askbox: "))
        .collect();
    let [notice] = notices[..] else {
        panic!("not one notice: {left:#?}")
    };
    let (_, flag) = notice.split_once("`--allow-write ").expect(notice);
    let (path, _) = flag.split_once('`').expect(notice);
    let left = run(&["--allow-write", path]);
    assert_eq!(left.code, Some(0), "{left:#?}");
    assert_ne!(std::fs::read_to_string(config).unwrap(), before);
}

#[test]
fn git_settings_are_refused_in_a_project_with_one_line_that_names_the_flag() {
    let world = World::new();
    host(&world, &world.project(), "git", &["init", "-q"]);
    let config = world.project().join(".git/config");
    for command in ["git config some.key value", "git remote add new ssh://new.test/x"] {
        check_refused(&world, &world.project(), &config, command);
    }
}

#[test]
fn git_settings_are_refused_in_a_worktree_with_one_line_that_names_the_flag() {
    let forge = Forge::new();
    let main = forge.world.home().join("main");
    forge.repository(&main);
    let project = forge.world.project();
    forge.git(&main, &["worktree", "add", "-q", project.to_str().unwrap()]);
    check_refused(
        &forge.world,
        &project,
        &main.join(".git/config"),
        "git config some.key value",
    );
}

#[test]
fn git_settings_are_refused_in_a_submodule_with_one_line_that_names_the_flag() {
    let forge = Forge::new();
    let world = &forge.world;
    let (library, main) = (world.home().join("library"), world.home().join("main"));
    forge.repository(&library);
    forge.repository(&main);
    forge.git(
        &main,
        &["submodule", "--quiet", "add", library.to_str().unwrap(), "module"],
    );
    let config: PathBuf = main.join(".git/modules/module/config");
    check_refused(world, &main.join("module"), &config, "git config some.key value");
}

#[test]
fn a_git_directory_that_does_not_point_back_stays_closed() {
    let forge = Forge::new();
    let other = forge.world.home().join("other");
    forge.repository(&other);
    let project = forge.world.project();
    forge
        .world
        .write(".git", &format!("gitdir: {}/.git\n", other.display()));
    forge.git(&project, &["log", "--format=%s"]);
    let finished = forge.session(&project, &[], "git log --format=%s");
    finished.failed();
    assert!(finished.stderr.contains("not a git repository"), "{finished:#?}");
}

#[test]
fn signing_is_off_inside() {
    let world = World::new();
    host(&world, &world.project(), "git", &["init", "-q"]);
    host(
        &world,
        &world.project(),
        "git",
        &["config", "commit.gpgsign", "true"],
    );
    host(
        &world,
        &world.project(),
        "git",
        &["config", "gpg.program", "/bin/false"],
    );
    let commit = ["commit", "-q", "--allow-empty", "-m", "empty"];
    Running::start({
        let mut outside = world.host("git");
        outside.args(commit);
        outside
    })
    .finish()
    .failed();
    let inside = [&["run", "--allow-read", "~/.gitconfig", "--", "git"], &commit[..]].concat();
    world.ok(&inside);
}

impl Drop for Forge {
    fn drop(&mut self) {
        self.sshd.signal(nix::sys::signal::Signal::SIGTERM);
    }
}
