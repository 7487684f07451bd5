//! Work that starts many programs, each of which the gate hears of, against the same outside: a configure script, and a rebase.

use askbox_tests::World;

use crate::project::{compare, prepare};
use crate::table::Bar;

/// Checks of the configure script; each starts five programs and a compiler, which starts two more.
const CHECKS: usize = 60;

/// Commits that are rebased.
const COMMITS: usize = 200;

/// What starts of programs may cost all together.
const BAR: Bar = Bar::AtMost(1.15);

pub(crate) fn measure(world: &World) {
    // As autoconf writes it: a small program for each question, compiled, and its name edited into a header.
    let make = format!(
        "mkdir -p configured; cd configured
        for c in $(seq {CHECKS}); do cat >> configure <<END
as_name=\\`echo have-$c | sed 'y/abcdefghijklmnopqrstuvwxyz-/ABCDEFGHIJKLMNOPQRSTUVWXYZ_/'\\`
cat > conftest.c <<END_C
#include <stdio.h>
int main(void) {{ return printf(\"%d\", $c) < 0; }}
END_C
if cc -c conftest.c 2> conftest.err && expr $c : '.*' > /dev/null; then
    echo \"#define \\$as_name 1\" >> confdefs.h
fi
grep \"\\$as_name\" confdefs.h > /dev/null
rm -f conftest.c conftest.o conftest.err
END
        done"
    );
    prepare(world, &make);
    let script = "cd configured; rm -f confdefs.h; sh ./configure";
    compare(
        world,
        &format!("a configure script of {CHECKS} checks"),
        script,
        BAR,
    );
    prepare(
        world,
        &format!("test $(wc -l < configured/confdefs.h) = {CHECKS}; rm -rf configured"),
    );

    let make = format!(
        "git init -q -b main rebased; cd rebased
        git config user.name a; git config user.email a@b.test; git config gc.auto 0
        for f in $(seq 500); do echo $f > file$f; done
        git add .; git commit -qm first; git checkout -qb topic
        for c in $(seq {COMMITS}); do echo $c >> file$c; git commit -qam $c; done
        git tag before; git checkout -q main; echo more > more; git add more; git commit -qm more"
    );
    prepare(world, &make);
    let script = "cd rebased; git checkout -q -B topic before; git rebase -q main";
    compare(world, &format!("git rebase of {COMMITS} commits"), script, BAR);
    prepare(
        world,
        &format!(
            "cd rebased; git merge-base --is-ancestor main topic
            test $(git rev-list --count main..topic) = {COMMITS}; cd ..; rm -rf rebased"
        ),
    );
}
