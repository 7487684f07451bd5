use super::super::shells::{SCRIPT, Shells};
use super::*;

fn tree(root: u32) -> Tree {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(ProcessView::new().tree(root))
}

#[test]
fn what_runs_inside_is_listed_and_what_askbox_started_is_not() {
    let shells = Shells::start(3);
    let tree = tree(shells.root());
    let [payload, last] = tree.processes.as_slice() else {
        panic!("{tree:?}")
    };
    assert!(!tree.is_cut);
    assert_eq!((payload.parent, last.parent), (None, Some(payload.pid)));
    assert_eq!(payload.command, ["sh", "-c", SCRIPT, "shell1"]);
    assert_eq!(last.command, ["sh", "-c", SCRIPT, "shell0"]);
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
