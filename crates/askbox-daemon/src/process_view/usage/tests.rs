use std::time::Duration;

use super::super::shells::Shells;
use super::*;

fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

#[test]
fn askboxs_own_processes_are_left_out() {
    let shells = Shells::start(3);
    let found = usage(shells.root(), in_a_minute());
    assert_eq!(found.processes, 2);
    assert!(
        100 << 10 < found.memory_bytes && found.memory_bytes < 100 << 20,
        "{found:?}"
    );
}

#[test]
fn a_process_of_our_own_has_memory_of_which_it_shares_some() {
    let pid = std::process::id();
    let whole = proc::stat(pid).unwrap().pages * host_facts::page_bytes();
    let part = proc::proportional_memory(pid).unwrap();
    assert!(0 < part && part <= whole + (8 << 20), "{part} of {whole}");
}

#[test]
fn a_look_without_time_is_cut() {
    assert!(usage(std::process::id(), Instant::now()).is_cut);
}
