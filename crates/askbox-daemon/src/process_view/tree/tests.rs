use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

/// Four shells, each started by the one before: the first stands for bwrap, the second for init. The last one is there.
struct Shells(Child);

const ROOT: &str = "sh -c \"$INIT\" init; :";
const INIT: &str = "sh -c \"$PAYLOAD\" payload; :";
const PAYLOAD: &str = "sh -c \"$LAST\" last; :";
const LAST: &str = "echo ready; read end";

impl Shells {
    fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the test looks at processes of its own")]
        let mut command = Command::new("sh");
        let scripts = [("INIT", INIT), ("PAYLOAD", PAYLOAD), ("LAST", LAST)];
        let mut child = command
            .args(["-c", ROOT])
            .envs(scripts)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
    }
}

impl Drop for Shells {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

fn tree(root: u32) -> Tree {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(ProcessView::new().tree(root))
}

#[test]
fn what_runs_inside_is_listed_and_what_askbox_started_is_not() {
    let shells = Shells::start();
    let tree = tree(shells.0.id());
    let [payload, last] = tree.processes.as_slice() else {
        panic!("{tree:?}")
    };
    assert!(!tree.is_cut);
    assert_eq!((payload.parent, last.parent), (None, Some(payload.pid)));
    assert_eq!(payload.command, ["sh", "-c", PAYLOAD, "payload"]);
    assert_eq!(last.command, ["sh", "-c", LAST, "last"]);
    assert_eq!((payload.name.as_str(), last.name.as_str()), ("sh", "sh"));
    assert!(0 < payload.started && payload.started <= last.started);
}

#[test]
fn a_session_whose_processes_are_not_known_yet_has_none() {
    assert_eq!(tree(0), Tree::default());
}

#[test]
fn what_is_not_found_in_time_is_said_to_be_missing() {
    assert!(session(std::process::id(), Instant::now()).is_cut);
}
