use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;

/// A root, an init and a command of two processes.
struct Family(Child);

impl Family {
    fn start() -> Self {
        let script = "sh -c 'sh -c \"sleep 1000 & wait\"; :'; :";
        let child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        for pid in proc::family(self.0.id(), 16, in_a_minute()).into_iter().rev() {
            drop(Command::new("kill").args(["-9", &pid.to_string()]).status());
        }
        drop(self.0.wait());
    }
}

fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

#[test]
fn askboxs_own_processes_are_left_out() {
    let family = Family::start();
    let mut found = Usage::default();
    while found.processes < 2 {
        found = usage(family.0.id(), in_a_minute());
        std::thread::yield_now();
    }
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
