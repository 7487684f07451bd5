//! Programs that a rule denies (threat 54), and what of that is guidance only.

use std::fs;

use askbox_tests::World;

const DENIED: &[&str] = &["--non-interactive", "--preset", "development"];

/// A world in which a rule denies starting `whoami`, and nothing else is asked.
fn world() -> World {
    let world = World::new();
    world.write_policy("[[rule]]\neffect = \"deny\"\nexecute = \"/usr/bin/whoami\"\n");
    world
}

fn memory(program: &str) -> String {
    format!(
        "python3 -c '
import os
fd = os.memfd_create(\"made\")
os.write(fd, open(\"{program}\", \"rb\").read())
os.execve(fd, [\"made\"], {{}})'"
    )
}

#[test]
fn threat_54_a_denied_program_does_not_start_by_any_name() {
    let world = world();
    for way in [
        "/usr/bin/whoami",
        "cd /usr; exec bin/../bin/./whoami",
        "ln -sf /usr/bin/whoami link; ./link",
        "printf '#!/usr/bin/whoami\\n' > script; chmod +x script; ./script",
        "env whoami",
        "find /usr/bin/env -exec whoami \\;",
        "exec 3< /usr/bin/whoami; exec /proc/self/fd/3",
        "python3 -c 'import os; os.execve(os.open(\"/usr/bin/whoami\", os.O_PATH), [\"x\"], {})'",
        "python3 -c 'import os; os.posix_spawn(\"/usr/bin/whoami\", [\"x\"], {})'",
    ] {
        let denied = world.sh(DENIED, way);
        assert_eq!(denied.stdout, "", "{way}: {denied:#?}");
        denied.failed();
        let twin = way.replace("whoami", "true");
        world.sh(DENIED, &twin).succeeded();
    }
    assert!(world.has_logged("/usr/bin/whoami", "deny"));
}

/// What may be read may be copied and run, or read by an interpreter: said in docs/security.md.
#[test]
fn threat_54_a_copy_is_another_program_and_is_logged_as_one() {
    let world = world();
    let copy = world.sh(DENIED, "cp /usr/bin/whoami copy; ./copy");
    copy.succeeded();
    let path = world.project().join("copy");
    assert!(world.has_logged(path.to_str().unwrap(), "allow"));
    world.sh(DENIED, &memory("/usr/bin/whoami")).succeeded();
    assert!(world.has_logged("/memfd:made", "allow"));
    let loader = fs::canonicalize("/lib64/ld-linux-x86-64.so.2").unwrap();
    let by_loader = format!("{} /usr/bin/whoami", loader.display());
    world.sh(DENIED, &by_loader).succeeded();
    assert!(world.has_logged(loader.to_str().unwrap(), "allow"));
}

#[test]
fn what_is_made_in_memory_asks_where_nobody_may_be_asked_it_does_not_start() {
    let world = World::new();
    let script = memory("/usr/bin/true");
    world.sh(&["--non-interactive"], &script).failed();
    assert!(world.has_logged("/memfd:made", "deny"));
    world
        .sh(&["--non-interactive", "--allow-execute", "/memfd:made"], &script)
        .succeeded();
}

#[test]
fn a_path_that_changes_after_it_was_read_starts_nothing_that_lives() {
    let world = World::new();
    // Another thread swaps the path all the while; what is not allowed must not live to write.
    world.write(
        "swap.c",
        r#"
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static char path[32] = "/usr/bin/true";
static void *swap(void *x) { for (;;) { memcpy(path, "/tmp/evil", 10); memcpy(path, "/usr/bin/true", 14); } return x; }
int main(void) {
  pthread_t t; pthread_create(&t, 0, swap, 0);
  for (int i = 0; i < 300; i++) { if (vfork() == 0) { char *a[] = {path, 0}; execve(path, a, a + 1); _exit(1); } wait(0); }
  return 0; }
"#,
    );
    let evil = "#include <unistd.h>\n#include <fcntl.h>\nint main(void) { sleep(1); return open(\"ran\", O_CREAT | O_WRONLY, 0600) < 0; }";
    world.write("evil.c", evil);
    let script = "cc -pthread -o swap swap.c && cc -o /tmp/evil evil.c && ./swap";
    world.sh(&["--non-interactive"], script).succeeded();
    assert!(world.has_logged("/tmp/evil", "deny"));
    assert!(!world.project().join("ran").exists());
}
