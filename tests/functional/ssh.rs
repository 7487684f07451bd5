//! git over ssh: a server that speaks first, a key and a list of hosts that only their exact paths open.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use askbox_tests::server::Server;
use askbox_tests::{Running, World};

/// A world with a repository behind an sshd of its own, which the key `~/.ssh/id_test` opens.
pub(crate) struct Forge {
    pub(crate) world: World,
    pub(crate) server: Server,
    url: String,
}

impl Forge {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let outside = world.outside();
        let at = |name: &str| outside.join(name).to_str().unwrap().to_owned();
        let key = world.home().join(".ssh/id_test");
        // A canary lies there, and ssh-keygen would ask.
        fs::remove_file(&key).unwrap();
        host(
            &world,
            &[
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-f",
                &at("host_key"),
            ],
        );
        host(
            &world,
            &[
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-f",
                key.to_str().unwrap(),
            ],
        );
        let config = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPidFile none\n",
            at("host_key"),
            key.with_extension("pub").display(),
        );
        fs::write(outside.join("sshd_config"), config).unwrap();
        fs::set_permissions(outside.join("host_key"), fs::Permissions::from_mode(0o600)).unwrap();
        let server = Server::program(&["/usr/sbin/sshd", "-i", "-f", &at("sshd_config")]);
        let host_key = fs::read_to_string(outside.join("host_key.pub")).unwrap();
        let known = format!("[git.test]:{} {host_key}", server.port());
        fs::write(world.home().join(".ssh/known_hosts"), known).unwrap();
        host(
            &world,
            &["git", "init", "-q", "--bare", "-b", "main", &at("shared.git")],
        );
        let user = nix::unistd::User::from_uid(nix::unistd::getuid())
            .unwrap()
            .unwrap();
        let url = format!(
            "ssh://{}@git.test:{}{}",
            user.name,
            server.port(),
            at("shared.git")
        );
        Self { world, server, url }
    }

    /// Commits a file and pushes it over ssh, in a sandbox with these options.
    fn push(&self, options: &[&str]) -> Running {
        let pin = self.server.pin("git.test");
        self.world.start_sh(
            &[&["--resolve", &pin], options].concat(),
            &self.script("-i ~/.ssh/id_test"),
        )
    }

    /// Clones, commits and pushes, with these options of ssh.
    pub(crate) fn script(&self, options: &str) -> String {
        let ssh = format!("ssh {options} -o UserKnownHostsFile=~/.ssh/known_hosts -o BatchMode=yes");
        format!(
            "export GIT_SSH_COMMAND='{ssh}'\n\
             rm -rf copy && git clone -q {} copy && cd copy || exit 1\n\
             git config user.name Ada && git config user.email ada@example.com\n\
             head -c 1000000 /dev/urandom > data && git add data && git commit -q -m 'Add data'\n\
             git push -q origin HEAD:main && git rev-parse HEAD",
            self.url
        )
    }

    /// What the shared repository has as its newest commit.
    pub(crate) fn newest(&self) -> String {
        let shared = self.world.outside().join("shared.git");
        host(
            &self.world,
            &["git", "-C", shared.to_str().unwrap(), "rev-parse", "main"],
        )
    }
}

const KEY: &[&str] = &[
    "--allow-read",
    "~/.ssh/id_test",
    "--allow-read",
    "~/.ssh/known_hosts",
    "--allow-read",
    "~/.gitconfig",
];

/// A program of the host to its end; it must succeed. Returns its standard output.
pub(crate) fn host(world: &World, words: &[&str]) -> String {
    let mut command = world.host(words[0]);
    command.args(&words[1..]);
    Running::start(command).finish().succeeded().stdout.clone()
}

#[test]
fn git_clones_and_pushes_over_ssh_with_a_key_that_an_exact_rule_opens() {
    let forge = Forge::new();
    let finished = forge
        .push(&[KEY, &["--allow-domain", "git.test"]].concat())
        .finish();
    assert_eq!(finished.succeeded().stdout, forge.newest());
}

#[test]
fn ssh_waits_for_an_answer_before_the_server_has_greeted() {
    let forge = Forge::new();
    let running = forge.push(KEY);
    let question = forge.world.wait_for_question();
    assert_eq!(
        question["targets"][0],
        format!("git.test:{}", forge.server.port())
    );
    assert_eq!(question["process"]["exe"], "/usr/bin/ssh");
    assert_eq!(forge.server.connections(), 0);
    forge
        .world
        .ok(&["allow", question["id"].as_str().unwrap(), "--for", "1h"]);
    assert_eq!(running.finish().succeeded().stdout, forge.newest());
}

#[test]
fn without_a_rule_for_the_key_ssh_is_not_let_in() {
    let forge = Forge::new();
    let known_hosts = &KEY[2..];
    let finished = forge
        .push(&[known_hosts, &["--allow-domain", "git.test"]].concat())
        .finish();
    finished.failed();
    assert!(finished.stderr.contains("Permission denied"), "{finished:#?}");
    assert_ne!(forge.server.connections(), 0);
    forge
        .push(&[KEY, &["--allow-domain", "git.test"]].concat())
        .finish()
        .succeeded();
}

#[test]
fn without_a_rule_for_the_host_ssh_reaches_nothing() {
    let forge = Forge::new();
    forge
        .push(&[KEY, &["--non-interactive"]].concat())
        .finish()
        .failed();
    assert_eq!(forge.server.connections(), 0);
}
