//! `askbox run -- true` with a warm daemon, against bare bwrap with the same mounts, and against the peer.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use askbox_tests::World;

use crate::Rounds;
use crate::table::{self, Bar, median};

pub(crate) fn measure(world: &World, rounds: Rounds) {
    world.sh(&[], "true").succeeded(); // Starts the daemon and makes the private homes.
    let mut askbox = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..rounds.starts {
        askbox.push(time(&mut world.askbox(&["run", "--", "true"])));
        bare.push(time(&mut bwrap(world)));
    }
    let peer: Vec<f64> = (0..rounds.peer_starts)
        .map(|_| time(&mut peer(world, &["true"])))
        .collect();
    let (askbox, bare, peer) = (median(askbox), median(bare), median(peer));
    let detail = format!("{askbox:.1} ms against {bare:.1} ms");
    table::line(
        "start against bare bwrap, same mounts",
        askbox / bare,
        "x",
        Bar::AtMost(2.0),
        &detail,
    );
    let detail = format!("{askbox:.1} ms against {peer:.0} ms");
    table::line(
        "start: how often faster than the peer",
        peer / askbox,
        "x",
        Bar::AtLeast(20.0),
        &detail,
    );
}

/// Milliseconds of a whole process.
fn time(command: &mut Command) -> f64 {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let start = Instant::now();
    let output = command.output().unwrap();
    let elapsed = start.elapsed().as_secs_f64() * 1000.0;
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    elapsed
}

/// The peer: its own options, then a command.
pub(crate) fn peer(world: &World, words: &[&str]) -> Command {
    let binaries = PathBuf::from(std::env::var_os("ASKBOX_TEST_BINARIES").unwrap());
    let mut command = world.host("node");
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command
        .arg(binaries.join("peer/node_modules/@anthropic-ai/sandbox-runtime/dist/cli.js"))
        .args(words);
    command
}

/// bwrap with the mounts of an askbox session and nothing else: no network rules, no filters, nobody to ask.
fn bwrap(world: &World) -> Command {
    let mut command = world.host("/usr/bin/bwrap");
    let home = world.home();
    command.args([
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--ro-bind",
        "/usr",
        "/usr",
    ]);
    for name in ["bin", "sbin", "lib", "lib64"] {
        command.args(["--symlink", &format!("usr/{name}"), &format!("/{name}")]);
    }
    for path in [
        "alternatives",
        "ca-certificates",
        "chromium.d",
        "fonts",
        "java-17-openjdk",
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "localtime",
        "login.defs",
        "magic",
        "mime.types",
        "os-release",
        "protocols",
        "services",
        "shells",
        "ssl",
        "terminfo",
        "timezone",
        "vim",
    ] {
        let path = format!("/etc/{path}");
        command.args(["--ro-bind-try", &path, &path]);
    }
    command.args(["--tmpfs", "/tmp", "--tmpfs"]).arg(&home);
    for private in std::fs::read_dir(world.root().join("data/homes")).unwrap() {
        let project = private.unwrap().path();
        for directory in std::fs::read_dir(&project).unwrap() {
            let directory = directory.unwrap();
            command
                .arg("--bind")
                .arg(directory.path())
                .arg(home.join(directory.file_name()));
        }
    }
    command.arg("--bind").arg(world.project()).arg(world.project());
    command
        .args(["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/", "--chdir"])
        .arg(world.project());
    command.args(["--", "true"]);
    command
}
