//! A file that standard input, output or error was redirected to cannot be opened again inside for more than that.

use std::fs;

use askbox_tests::{Running, World};

/// Writes to what it may only read, reads what it may only append to, and empties that.
const ATTACK: &str = "import os\n\
    def attempt(number, flags, act):\n\
    \x20   try:\n\
    \x20       return act(os.open(f'/proc/self/fd/{number}', flags | os.O_NONBLOCK))\n\
    \x20   except OSError:\n\
    \x20       return b''\n\
    attempt(0, os.O_WRONLY, lambda file: os.write(file, b'changed'))\n\
    found = attempt(1, os.O_RDONLY, lambda file: os.read(file, 100))\n\
    attempt(2, os.O_WRONLY | os.O_TRUNC, os.fsync)\n\
    open('found', 'wb').write(found)\n";

/// What the three files and the attack's findings hold afterwards.
fn after(world: &World, prefix: &str) -> [String; 4] {
    world.write("attack.py", ATTACK);
    let outside = world.outside();
    let files = ["in", "out", "err"].map(|name| outside.join(name));
    for file in &files {
        fs::write(file, "before\n").unwrap();
    }
    let [input, output, errors] = files.each_ref().map(|file| file.display());
    let script = format!("{prefix} python3 attack.py < {input} >> {output} 2>> {errors}");
    Running::start(world.host_script(&script)).finish().succeeded();
    let [input, output, errors] = files;
    [input, output, errors, world.project().join("found")].map(|file| fs::read_to_string(file).unwrap())
}

#[test]
fn a_redirected_file_is_open_inside_for_nothing_more() {
    let world = World::new();
    assert_eq!(
        after(&world, "\"$ASKBOX\" run --quiet --"),
        ["before\n", "before\n", "before\n", ""]
    );
    assert_eq!(after(&world, "exec"), ["changed", "before\n", "", "before\n"]);
}
