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
        "find /usr/bin/env -exec whoami {} +",
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

/// Starts `PROGRAM` by `int 0x80`, as a 32-bit program does: by execve and by execveat.
#[cfg(target_arch = "x86_64")]
const BY_INT_80: &str = "python3 -c '
import ctypes, mmap, os, struct
page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40, 7)
at = ctypes.addressof(ctypes.c_char.from_buffer(page))
page.write(bytes.fromhex(\"53 55 89f8 89f3 87d1 4489c6 4489cf 31ed cd80 5d 5b c3\").ljust(64) + struct.pack(\"<II\", at + 72, 0) + b\"PROGRAM\\0\")
enter = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint] * 6)(at)
found = []
for call in ((11, at + 72, at + 64, at + 68, 0, 0), (358, 0xffffff9c, at + 72, at + 64, at + 68, 0)):
    if os.fork() == 0: os._exit(-enter(*call))
    found.append(os.waitstatus_to_exitcode(os.wait()[1]))
os._exit(found != [0, 0] and found != [13, 13] and 1 or found[0])'";

#[test]
#[cfg(target_arch = "x86_64")]
fn threat_54_the_entry_of_32_bit_programs_asks_like_any() {
    let world = world();
    let denied = world.sh(DENIED, &BY_INT_80.replace("PROGRAM", "/usr/bin/whoami"));
    assert_eq!(
        (denied.code, denied.stdout.as_str()),
        (Some(13), ""),
        "{denied:#?}"
    );
    assert!(world.has_logged("/usr/bin/whoami", "deny"));
    let allowed = world.sh(DENIED, &BY_INT_80.replace("PROGRAM", "/usr/bin/true"));
    allowed.succeeded();
}

/// What has mounts or a root of its own names other files, which nobody is asked about: said in docs/security.md.
#[test]
fn a_sandbox_inside_starts_what_it_likes_by_its_switch_alone() {
    let world = world();
    let open = ["--nested-sandbox", "--non-interactive"];
    world.sh(&open, "unshare -Urm whoami").succeeded();
    world.sh(DENIED, "unshare -Urm whoami").failed();
    // A user namespace alone changes no file.
    assert_eq!(world.sh(&open, "unshare -Ur whoami").failed().stdout, "");
    world.sh(&open, "unshare -Ur true").succeeded();
    world.sh(&open, "whoami").failed();
}

/// What may be read may be copied and run, or read by an interpreter: said in docs/security.md.
#[test]
fn a_copy_is_another_program_and_is_logged_as_one() {
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
fn threat_54_a_file_that_cannot_be_told_by_its_name_does_not_start() {
    let world = World::new();
    let named_by = |process: &str| format!("exec 3< /usr/bin/true; exec /proc/{process}/fd/3");
    world.sh(DENIED, &named_by("self")).succeeded();
    world.sh(DENIED, &named_by("$$")).failed();
    let reason = "it is named by the number of a process";
    let is_it = |event: &serde_json::Value| event["verdict"] == "deny" && event.to_string().contains(reason);
    assert!(world.log().iter().any(is_it), "{:#?}", world.log());
}

/// Without a path there is a descriptor, and its script has an interpreter like any.
#[test]
fn threat_54_the_interpreter_of_a_script_that_has_no_path_is_asked_about() {
    let world = world();
    let by_descriptor = |interpreter: &str, make: &str| {
        format!(
            "python3 -c '
import os
{make}
os.write(fd, b\"#!{interpreter}\\n\")
os.set_inheritable(fd, True)
held = os.open(\"/proc/self/fd/%d\" % fd, os.O_RDONLY)
os.set_inheritable(held, True)
os.close(fd)
os.execve(held, [\"made\"], {{}})'"
        )
    };
    for make in [
        "fd = os.memfd_create(\"made\", 0)",
        "fd = os.open(\"removed\", os.O_RDWR | os.O_CREAT, 0o755); os.unlink(\"removed\")",
        "fd = os.open(\".\", os.O_RDWR | os.O_TMPFILE, 0o755)",
    ] {
        let denied = world.sh(DENIED, &by_descriptor("/usr/bin/whoami", make));
        assert_eq!(denied.failed().stdout, "", "{make}: {denied:#?}");
        world
            .sh(DENIED, &by_descriptor("/usr/bin/true", make))
            .succeeded();
    }
    assert!(world.has_logged("/usr/bin/whoami", "deny"));
}

#[test]
fn an_interpreter_is_looked_for_from_the_working_directory() {
    let world = World::new();
    let script = "mkdir tools other; cp /usr/bin/true tools/run; printf '#!tools/run\n' > other/script; chmod +x other/script
python3 -c '
import os
def starts(directory, path, flags):
    import ctypes
    if os.fork() == 0:
        argv = (ctypes.c_char_p * 2)(b\"script\", None)
        call = 322 if os.uname().machine == \"x86_64\" else 281
        ctypes.CDLL(None).syscall(call, directory, path, argv, None, flags)
        os._exit(9)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
def kept(path, flags):
    fd = os.open(path, flags); os.set_inheritable(fd, True); return fd
starts(kept(\"other\", os.O_RDONLY), b\"script\", 0)
starts(kept(\"other/script\", os.O_RDONLY), b\"\", 0x1000)'";
    let finished = world.sh(&["--non-interactive"], script);
    assert_eq!(finished.succeeded().stdout, "0\n0\n", "{finished:#?}");
    let tool = world.project().join("tools/run");
    assert!(world.has_logged(tool.to_str().unwrap(), "allow"));
}

#[test]
fn a_path_that_changes_after_it_was_read_starts_nothing_that_lives() {
    // The first thread of a process starts it, and another one, which becomes the first.
    swapped("/usr/bin/true", "if (vfork() == 0) start(0);");
    swapped(
        "/usr/bin/true",
        "if (fork() == 0) { pthread_create(&t, 0, swap, 0); pthread_create(&t, 0, start, 0); for (;;) pause(); }",
    );
}

/// What Askbox itself starts first is nothing special afterwards.
#[test]
fn the_first_program_of_askbox_is_no_cover_for_another() {
    let world = World::new();
    let options = ["--non-interactive", "--preset", "development"];
    // It starts, as any program of the system, and says what it lacks.
    world.sh(&options, "/run/askbox/init; echo $?").succeeded();
    assert!(world.has_logged("/run/askbox/init", "allow"));
    world.ok(&["rules", "add", "deny", "execute", "/run/askbox/init"]);
    let denied = world.sh(&options, "/run/askbox/init");
    assert!(
        denied.failed().stderr.contains("Permission denied"),
        "{denied:#?}"
    );
}

/// Another thread swaps the path all the while; what is not allowed must not live to write.
fn swapped(decoy: &str, start: &str) {
    let world = World::new();
    let swap = r#"
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static char path[32] = DECOY;
static char *a[] = {path, 0};
static void *swap(void *x) { for (;;) { memcpy(path, "/tmp/evil", 10); memcpy(path, DECOY, sizeof DECOY); } return x; }
static void *start(void *x) { execve(path, a, a + 1); _exit(1); return x; }
int main(void) {
  pthread_t t; pthread_create(&t, 0, swap, 0);
  for (int i = 0; i < 300; i++) { START wait(0); }
  return 0; }
"#;
    let swap = swap
        .replace("START", start)
        .replace("DECOY", &format!("{decoy:?}"));
    world.write("swap.c", &swap);
    let evil = "#include <unistd.h>\n#include <fcntl.h>\nint main(void) { sleep(1); return open(\"ran\", O_CREAT | O_WRONLY, 0600) < 0; }";
    world.write("evil.c", evil);
    let script = "cc -pthread -o swap swap.c && cc -o /tmp/evil evil.c && ./swap";
    world.sh(&["--non-interactive"], script).succeeded();
    let is_swapped =
        |event: &serde_json::Value| event.to_string().contains("in the place of another program");
    assert!(world.log().iter().any(is_swapped), "{:#?}", world.log());
    assert!(!world.project().join("ran").exists());
}
