//! Work in the project, which is native inside, against the same outside: `git status` of a large one, a compile, and
//! `npm ci` without a network.

use std::process::{Command, Stdio};

use askbox_tests::World;

use crate::Rounds;
use crate::own::numbers;
use crate::table::{self, Bar, median};

/// Times that both sides are measured, in turn.
const TURNS: usize = 7;

/// Files of the large project: as many as a project with its packages has.
const FILES: usize = 20_000;

/// Packages that npm unpacks, each with fifty files.
const PACKAGES: usize = 60;

/// Files of C that are compiled, each with the headers of the system that programs usually have.
const UNITS: usize = 40;

/// What work in the project may cost.
const BAR: Bar = Bar::AtMost(1.03);

pub(crate) fn measure(world: &World, rounds: Rounds) {
    // As many in one process each as hide the start of it.
    let times = rounds.starts / 5;
    let make = format!(
        "git init -q; mkdir -p large; cd large
        for d in $(seq {}); do mkdir $d; for f in $(seq 100); do echo $d $f > $d/$f; done; done
        git add .; git -c user.name=a -c user.email=a@b.test commit -qm all; git status --porcelain",
        FILES / 100
    );
    prepare(world, &make);
    let script = format!("for i in $(seq {times}); do git status --porcelain; done");
    compare(world, "git status of 20,000 files", &script, BAR);
    prepare(world, "rm -rf large .git");

    let make = format!(
        "mkdir -p compiled; cd compiled
        for u in $(seq {UNITS}); do
            echo '#include <stdio.h>' > $u.c; echo '#include <stdlib.h>' >> $u.c; echo '#include <string.h>' >> $u.c
            echo '#include <sys/socket.h>' >> $u.c; echo '#include <math.h>' >> $u.c
            for f in $(seq 200); do echo \"int f${{u}}_$f(int a) {{ return printf(\\\"%d\\\", a * $f); }}\" >> $u.c; done
        done"
    );
    prepare(world, &make);
    let script = "cd compiled; rm -f *.o; for u in *.c; do cc -O1 -c $u; done";
    compare(world, "a compile of 40 files", script, BAR);
    prepare(world, "rm -rf compiled");

    let make = format!(
        "mkdir -p packages; cd packages
        for p in $(seq {PACKAGES}); do
            mkdir -p p$p/package/lib; echo '{{\"name\":\"p'$p'\",\"version\":\"1.0.0\"}}' > p$p/package/package.json
            for f in $(seq 50); do echo \"module.exports = $f\" > p$p/package/lib/$f.js; done
            tar -czf p$p.tgz -C p$p package; rm -r p$p
        done
        echo '{{\"name\":\"bench\",\"version\":\"1.0.0\"}}' > package.json
        npm install --offline --no-audit --no-fund --silent ./*.tgz"
    );
    prepare(world, &make);
    let script = "cd packages; npm ci --offline --no-audit --no-fund --silent";
    compare(world, "npm ci of 60 packages, offline", script, BAR);
    prepare(world, "rm -rf packages");
}

/// The same script inside and outside, in turn, against a bar.
pub(crate) fn compare(world: &World, what: &str, script: &str, bar: Bar) {
    let script = timed(script);
    let (mut outside, mut inside) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        outside.push(time(shell(world).args(["-c", &script])));
        inside.push(time(
            world
                .askbox(&["run", "--quiet", "--"])
                .args(["sh", "-c", &script]),
        ));
    }
    let (outside, inside) = (median(outside), median(inside));
    let detail = format!("{inside:.2} s against {outside:.2} s");
    table::line(
        &format!("{what}, against outside"),
        inside / outside,
        "x",
        bar,
        &detail,
    );
}

/// Prints how long a script takes, in microseconds, without what it says. One that fails prints nothing.
fn timed(script: &str) -> String {
    format!(
        "set -e; start=$(date +%s%N); ({script}) > /dev/null; end=$(date +%s%N); echo $(( (end - start) / 1000 ))"
    )
}

/// Seconds that a command which prints microseconds says.
fn time(command: &mut Command) -> f64 {
    numbers(command)[0] / 1e6
}

fn shell(world: &World) -> Command {
    let mut shell = world.host("sh");
    // Where the package manager lies is the machine's affair.
    shell.env("PATH", std::env::var_os("PATH").unwrap());
    shell
}

/// Runs a script outside.
pub(crate) fn prepare(world: &World, script: &str) {
    let made = shell(world).args(["-ec", script]).stdout(Stdio::null()).status();
    assert!(made.unwrap().success(), "{script}");
}
