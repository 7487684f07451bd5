//! What programs of every day do in a granted directory, which the asking file system serves.

use std::fs;

use askbox_tests::{Finished, World};

fn granted(world: &World, script: &str) -> Finished {
    let opened = ["--allow-read", "~/notes", "--allow-write", "~/notes"];
    world.sh(&opened, &format!("cd ~/notes && {script}"))
}

/// Two processes add to one counter of a database, in transactions.
fn counts_twice(mode: &str) {
    let world = World::new();
    let script = format!(
        "cat > count.py <<'END'
import sqlite3, sys
base = sqlite3.connect(\"base\", timeout=60, isolation_level=None)
base.execute(\"pragma synchronous=off\")
for _ in range(100):
    base.execute(\"begin immediate\")
    (n,) = base.execute(\"select n from t\").fetchone()
    base.execute(\"update t set n = ?\", (n + 1,))
    base.execute(\"commit\")
END
python3 -c 'import sqlite3
base = sqlite3.connect(\"base\")
print(base.execute(\"pragma journal_mode={mode}\").fetchone()[0])
base.executescript(\"create table t(n); insert into t values(0)\")'
python3 count.py & python3 count.py; first=$?; wait $! && test $first = 0 &&
python3 -c 'import sqlite3
base = sqlite3.connect(\"base\")
print(*base.execute(\"select n from t\").fetchone(), *base.execute(\"pragma integrity_check\").fetchone())'"
    );
    let finished = granted(&world, &script);
    assert_eq!(finished.succeeded().stdout, format!("{mode}\n200 ok\n"));
}

#[test]
fn two_processes_write_one_database_with_a_journal() {
    counts_twice("delete");
}

#[test]
fn two_processes_write_one_database_with_a_shared_log() {
    counts_twice("wal");
}

#[test]
fn an_archive_of_a_tree_is_the_tree() {
    let world = World::new();
    let script = "mkdir -p t/d && echo text > t/d/file && chmod 640 t/d/file && ln -s d/file t/link && truncate -s 5G t/sparse && \
                  touch -d @1 t/d/file && tar -S -cf t.tar t && mkdir out && tar -C out -xf t.tar && \
                  tar -C out -df t.tar && diff -r --no-dereference t/d out/t/d && readlink out/t/link";
    let finished = granted(&world, script);
    assert_eq!(finished.succeeded().stdout, "d/file\n");
}

#[test]
fn an_editor_saves() {
    let world = World::new();
    let script =
        "vim.tiny -u NONE -es -c '%s/.*/edited/' -c 'set backup backupdir=.' -c wq spec.md; cat spec.md";
    assert!(granted(&world, script).succeeded().stdout.starts_with("edited\n"));
    let text = fs::read_to_string(world.home().join("notes/spec.md")).unwrap();
    assert!(text.starts_with("edited\n"), "{text}");
}

#[test]
fn a_repository_is_committed_to_and_packed() {
    let world = World::new();
    let script = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a.test GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a.test && \
                  git init -q r && cd r && for n in 1 2 3; do echo $n > f; git add f; git commit -qm $n; done && \
                  git gc -q && git fsck --strict && git log --format=%s && git status --short";
    let finished = granted(&world, script);
    assert_eq!(finished.succeeded().stdout, "3\n2\n1\n");
}
