//! The project is mounted inside a file system of ours: it stays there, whatever becomes of what the kernel keeps of the
//! names around it and on the way to it.

use std::fs;
use std::time::{Duration, Instant};

use askbox_tests::{Running, World};

/// Three times as long as the kernel keeps a name that is not on the way to a mount.
const SEVERAL_TIMES_KEPT: Duration = Duration::from_secs(3);

/// Looks at every name around the project, again and again until the file `over` is in it, and then uses it.
const LOOKS: &str = "python3 -c '
import os
project = os.getcwd()
os.chdir(\"/\")
ways = [os.path.expanduser(\"~\"), os.path.expanduser(\"~/work\"), os.path.expanduser(\"~/work/deep\")]
looks = 0
open(project + \"/begun\", \"w\").close()
while not os.path.exists(project + \"/over\"):
    for way in ways:
        for name in os.listdir(way):
            try: os.stat(way + \"/\" + name)
            except FileNotFoundError: pass
    looks += 1
assert project in open(\"/proc/self/mountinfo\").read()
assert open(project + \"/over\").read() == \"over\"
open(project + \"/made\", \"w\").write(\"inside\")
assert 1 < looks'";

/// A session in a project three directories deep that looks around, while the host does something again and again.
fn while_it_looks(world: &World, mut host: impl FnMut()) {
    let project = world.home().join("work/deep/project");
    fs::create_dir_all(&project).unwrap();
    fs::create_dir_all(world.home().join("work/deep/sibling/below")).unwrap();
    fs::create_dir_all(world.home().join("work/beside")).unwrap();
    let mut command = world.askbox(&["run", "--allow-read", "~", "--", "sh", "-c", LOOKS]);
    command.current_dir(&project);
    let running = Running::start(command);
    world.eventually("it looks", || project.join("begun").exists());
    let end = Instant::now() + SEVERAL_TIMES_KEPT;
    world.eventually("the host is done", || {
        host();
        end < Instant::now()
    });
    // Whole from the moment in which it is there.
    fs::write(project.join("ending"), "over").unwrap();
    fs::rename(project.join("ending"), project.join("over")).unwrap();
    running.finish().succeeded();
    assert_eq!(fs::read_to_string(project.join("made")).unwrap(), "inside");
}

#[test]
fn the_project_is_there_when_names_beside_it_and_on_the_way_are_renamed_on_the_host() {
    let world = World::new();
    let work = world.home().join("work");
    while_it_looks(&world, || {
        for (name, other) in [
            ("deep/sibling", "deep/moved"),
            ("beside", "deep/moved"),
            ("../notes", "notes"),
        ] {
            fs::rename(work.join(name), work.join(other)).unwrap();
            fs::rename(work.join(other), work.join(name)).unwrap();
        }
    });
}

#[test]
fn the_project_is_there_when_a_directory_on_the_way_is_gone_from_the_host_for_a_while() {
    let world = World::new();
    let work = world.home().join("work");
    while_it_looks(&world, || {
        fs::rename(work.join("deep"), work.join("elsewhere")).unwrap();
        fs::create_dir(work.join("deep")).unwrap();
        fs::remove_dir(work.join("deep")).unwrap();
        fs::rename(work.join("elsewhere"), work.join("deep")).unwrap();
    });
}
