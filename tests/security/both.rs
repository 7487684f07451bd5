//! The same words on the host and inside: what an attack needs to prove something.

use askbox_tests::{Finished, Running, World};

/// Runs a script on the host, as the user without a sandbox.
pub(crate) fn outside(world: &World, script: &str) -> Finished {
    Running::start(world.host_script(script)).finish()
}

/// The script succeeds on the host and fails inside. Returns what was seen inside.
pub(crate) fn works_only_outside(world: &World, options: &[&str], script: &str) -> Finished {
    outside(world, script).succeeded();
    let finished = world.sh(options, script);
    assert!(
        finished.code.is_some_and(|code| code != 0 && code != 125),
        "{script}: {finished:#?}"
    );
    finished
}

/// The script succeeds in both places.
pub(crate) fn works_everywhere(world: &World, options: &[&str], script: &str) -> Finished {
    outside(world, script).succeeded();
    let finished = world.sh(options, script);
    assert_eq!(finished.code, Some(0), "{script}: {finished:#?}");
    finished
}

/// The sandbox refused it to the program, and started.
pub(crate) fn was_refused_inside(finished: &Finished, what: &str) {
    let is_refused = finished.code.is_some_and(|code| code != 0 && code != 125);
    assert!(is_refused, "{what}: {finished:#?}");
}
