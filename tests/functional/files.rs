//! Files that ask: a program waits in open, and goes on or fails where it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use askbox_tests::{Running, World};
use nix::sys::signal::Signal;

fn id(question: &serde_json::Value) -> &str {
    question["id"].as_str().unwrap()
}

#[test]
fn a_read_waits_and_goes_on_when_it_is_allowed() {
    let world = World::new();
    let running = world.start_sh(&[], "cat ~/notes/spec.md");
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "read");
    world.ok(&["allow", id(&question), "--once"]);
    let text = fs::read_to_string(world.home().join("notes/spec.md")).unwrap();
    assert_eq!(running.finish().succeeded().stdout, text);
}

#[test]
fn a_read_waits_and_fails_when_it_is_denied() {
    let world = World::new();
    let running = world.start_sh(&[], "cat ~/notes/spec.md");
    let question = world.wait_for_question();
    world.ok(&["deny", id(&question)]);
    let finished = running.finish();
    assert!(
        finished.failed().stderr.contains("Permission denied"),
        "{finished:#?}"
    );
}

#[test]
fn a_new_file_is_made_on_the_host_when_writing_is_allowed_and_not_before() {
    let world = World::new();
    let made = world.home().join("notes/new.md");
    let running = world.start_sh(&[], "echo text > ~/notes/new.md");
    let question = world.wait_for_question();
    assert_eq!(question["kind"], "write");
    assert!(!made.exists());
    world.ok(&["allow", id(&question), "--session"]);
    running.finish().succeeded();
    assert_eq!(fs::read_to_string(made).unwrap(), "text\n");
}

#[test]
fn nothing_is_made_or_removed_on_the_host_when_writing_is_denied() {
    let world = World::new();
    for command in [
        "echo text > ~/notes/new.md",
        "rm ~/notes/spec.md",
        "mkdir ~/notes/d",
        "mv ~/notes/spec.md ~/x",
    ] {
        world.sh(&["--non-interactive"], command).failed();
        world
            .sh(&["--allow-read", "~/notes", "--non-interactive"], command)
            .failed();
    }
    let left: Vec<_> = fs::read_dir(world.home().join("notes"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["spec.md"]);
    assert!(!world.home().join("x").exists());
}

#[test]
fn a_file_that_is_open_can_be_read_until_its_grant_is_revoked() {
    let world = World::new();
    let script = "python3 -c '
import os, time
fd = os.open(os.path.expanduser(\"~/notes/spec.md\"), os.O_RDONLY)
open(\"read\", \"w\").write(os.pread(fd, 9, 0).decode())
end = time.monotonic() + 20
try:
    while time.monotonic() < end: os.pread(fd, 9, 0)
except PermissionError: print(\"cut\")'";
    let running = world.start_sh(&[], script);
    let question = world.wait_for_question();
    world.ok(&["allow", id(&question), "--for", "1h"]);
    let read = world.project().join("read");
    world.eventually("it is read", || {
        fs::metadata(&read).is_ok_and(|file| file.len() == 9)
    });
    let before = Instant::now();
    world.ok(&["revoke", "--all"]);
    assert_eq!(running.finish().succeeded().stdout, "cut\n");
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
}

#[test]
fn what_a_private_home_hides_is_the_hosts_where_a_flag_opens_it() {
    let world = World::new();
    let cache = world.home().join(".cache/tool");
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("x"), "of the host").unwrap();
    world.sh(&[], "cat ~/.cache/tool/x").failed();
    let open = world.sh(&["--allow-read", "~/.cache/tool"], "cat ~/.cache/tool/x");
    assert_eq!(open.succeeded().stdout, "of the host");
}

#[test]
fn what_is_opened_by_a_flag_can_be_changed_in_every_way() {
    let world = World::new();
    let script = "cd ~/notes && mkdir d && mv spec.md d/moved && ln -s moved d/link && cat d/link > copy && rm d/moved && \
                  truncate -s 5 copy && chmod 600 copy && ls d";
    let finished = world.sh(&["--allow-write", "~/notes"], script);
    assert_eq!(finished.succeeded().stdout, "link\n");
    assert_eq!(fs::metadata(world.home().join("notes/copy")).unwrap().len(), 5);
}

#[test]
fn a_killed_waiter_is_gone_within_a_second() {
    let world = World::new();
    let running: Running = world.start_sh(&[], "exec cat ~/notes/spec.md");
    world.wait_for_question();
    let before = Instant::now();
    running.signal(Signal::SIGTERM);
    assert_eq!(running.finish().code, Some(143));
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
}

#[test]
fn what_is_changed_by_one_name_of_a_file_is_seen_by_the_others_at_once() {
    let world = World::new();
    let script = "cd ~/notes && python3 -c '
import os
def links(name): return os.stat(name).st_nlink
def content(name): return open(name).read()
os.stat(\"spec.md\")
os.link(\"spec.md\", \"one\"); os.link(\"one\", \"other\")
print(links(\"spec.md\"), links(\"one\"), links(\"other\"))
for text in \"short\", \"much longer\", \"\":
    open(\"one\", \"w\").write(text)
    assert os.stat(\"other\").st_size == len(text) and content(\"other\") == text, content(\"other\")
os.remove(\"other\"); print(links(\"spec.md\"), links(\"one\"))
open(\"new\", \"w\"); os.rename(\"new\", \"one\"); print(links(\"spec.md\"))'";
    let finished = world.sh(&["--allow-read", "~/notes", "--allow-write", "~/notes"], script);
    assert_eq!(finished.succeeded().stdout, "3 3 3\n2 2\n1\n");
}

/// Bytes of a large file.
const LARGE: u64 = 1 << 30;

#[test]
fn a_copy_of_a_large_file_stops_when_its_grant_is_revoked() {
    let world = World::new();
    let (large, copy) = (world.home().join("notes/large"), world.project().join("copy"));
    fs::File::create(&large).unwrap().set_len(LARGE).unwrap();
    let running = world.start_sh(&[], "dd if=$HOME/notes/large of=copy bs=64k oflag=dsync");
    let question = world.wait_for_question();
    world.ok(&["allow", id(&question), "--for", "1h"]);
    world.eventually("it copies", || {
        fs::metadata(&copy).is_ok_and(|copy| copy.len() != 0)
    });
    world.ok(&["revoke", "--all"]);
    let since = Instant::now();
    let finished = running.finish();
    assert!(
        finished.failed().stderr.contains("Permission denied"),
        "{finished:#?}"
    );
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    assert!(fs::metadata(&copy).unwrap().len() < LARGE);
}

#[test]
fn a_session_that_only_reads_changes_nothing_in_the_home_directory() {
    let world = World::new();
    let mark = world.outside().join("mark");
    let newer = || {
        let mut find = world.host("find");
        find.arg(world.home()).arg("-newer").arg(&mark);
        Running::start(find).finish().succeeded().stdout.clone()
    };
    // Times of files have the grain of the kernel's clock tick: the mark is later than all that was made before it.
    world.eventually("the mark is the newest", || {
        fs::write(&mark, "").unwrap();
        newer().is_empty()
    });
    let script =
        "cat ~/notes/spec.md; ls -la ~/notes; stat ~/notes ~/.bashrc; find ~/notes; cat ~/.ssh/id_test; true";
    world
        .sh(&["--non-interactive", "--allow-read", "~/notes"], script)
        .succeeded();
    assert_eq!(newer(), "");
    world
        .sh(&["--allow-write", "~/notes"], "touch ~/notes/spec.md")
        .succeeded();
    assert!(newer().contains("notes/spec.md"));
}

/// The same script in a granted directory and in the project prints the same.
fn does_what_it_does_natively(script: &str) {
    let world = World::new();
    let script = format!("python3 -c '\nimport os, stat\n{script}'");
    let natively = world.sh(&[], &script);
    let granted = world.sh(
        &["--allow-read", "~/notes", "--allow-write", "~/notes"],
        &format!("cd ~/notes && {script}"),
    );
    assert!(!natively.succeeded().stdout.is_empty());
    assert_eq!(granted.succeeded().stdout, natively.stdout);
}

#[test]
fn a_new_file_can_be_appended_to_by_whoever_made_it_whatever_its_mode() {
    does_what_it_does_natively(
        "fd = os.open(\"new\", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o444)
os.write(fd, b\"one\"); os.write(fd, b\"two\"); os.close(fd)
print(open(\"new\").read(), oct(os.stat(\"new\").st_mode))
os.close(os.open(\"other\", os.O_CREAT | os.O_RDONLY | os.O_APPEND, 0))",
    );
}

#[test]
fn times_before_1970_are_kept() {
    does_what_it_does_natively(
        "open(\"new\", \"w\")
for time in -1, -999_999_999, -1_000_000_001, 1:
    os.utime(\"new\", ns=(time, time)); print(os.stat(\"new\").st_mtime_ns, os.stat(\"new\").st_atime_ns)",
    );
}

#[test]
fn a_symbolic_link_can_have_a_second_name() {
    does_what_it_does_natively(
        "os.symlink(\"nowhere\", \"link\"); os.link(\"link\", \"other\", follow_symlinks=False)
print(os.readlink(\"other\"), os.lstat(\"link\").st_nlink)",
    );
}

#[test]
fn a_directory_without_the_right_to_read_cannot_be_opened() {
    does_what_it_does_natively(
        "os.mkdir(\"new\"); open(\"new/file\", \"w\")
fd = os.open(\"new\", os.O_RDONLY | os.O_DIRECTORY)
os.chmod(\"new\", 0o300)
print(os.listdir(fd), os.listdir(fd))
try: os.open(\"new\", os.O_RDONLY | os.O_DIRECTORY)
except PermissionError: print(\"refused\")
os.chmod(\"new\", 0o700)",
    );
}

#[test]
fn what_is_open_has_attributes_when_its_name_is_gone() {
    does_what_it_does_natively(
        "os.mkdir(\"d\"); open(\"f\", \"w\").write(\"text\")
d, f = os.open(\"d\", os.O_RDONLY), os.open(\"f\", os.O_RDONLY)
os.rmdir(\"d\"); os.remove(\"f\")
os.fchmod(d, 0o700); os.fchmod(f, 0o600)
for fd in d, f: print(oct(os.fstat(fd).st_mode), os.fstat(fd).st_nlink)",
    );
}

#[test]
fn an_attribute_is_set_by_who_may_write_and_not_read() {
    does_what_it_does_natively(
        "open(\"new\", \"w\"); os.chmod(\"new\", 0o200)
os.setxattr(\"new\", \"user.one\", b\"value\")
os.chmod(\"new\", 0o600); print(os.getxattr(\"new\", \"user.one\"))",
    );
}

#[test]
fn a_directory_that_gives_its_group_on_gives_that_on_as_well() {
    let world = World::new();
    for directory in [world.project(), world.home().join("notes")] {
        let shared = directory.join("shared");
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o2755)).unwrap();
    }
    let script = "mkdir -p shared/below/again && stat -c %a shared/below shared/below/again";
    let options = ["--allow-read", "~/notes", "--allow-write", "~/notes"];
    for script in [script.to_owned(), format!("cd ~/notes && {script}")] {
        assert_eq!(world.sh(&options, &script).succeeded().stdout, "2755\n2755\n");
    }
}

#[test]
fn what_is_written_by_a_name_that_is_gone_is_seen_by_the_other_at_once() {
    does_what_it_does_natively(
        "open(\"one\", \"w\"); os.link(\"one\", \"other\")
fd = os.open(\"one\", os.O_WRONLY); os.remove(\"one\")
for size in 1, 2, 3:
    os.write(fd, b\"x\"); print(os.stat(\"other\").st_size, os.stat(\"other\").st_nlink)",
    );
}

#[test]
fn extended_attributes_are_read_by_who_may_read_and_not_by_who_may_write() {
    let world = World::new();
    let file = world.home().join("notes/spec.md");
    let set = "import os, sys; os.setxattr(sys.argv[1], b'user.one', b'value')";
    let mut host = world.host("python3");
    assert!(host.args(["-c", set]).arg(&file).status().unwrap().success());
    let script = "python3 -c '
import os
path = os.path.expanduser(\"~/notes/spec.md\")
for look in lambda: os.getxattr(path, \"user.one\"), lambda: os.listxattr(path):
    try: print(look())
    except OSError as error: print(error.strerror)
os.setxattr(path, \"user.two\", b\"2\")'";
    world.write_policy("[[rule]]\neffect = \"allow\"\nwrite = \"~/notes\"\n");
    let writing = world.sh(&["--non-interactive"], script);
    assert_eq!(
        writing.succeeded().stdout,
        "Permission denied\nPermission denied\n"
    );
    let reading = world.sh(&["--allow-read", "~/notes"], script);
    assert_eq!(reading.succeeded().stdout, "b'value'\n['user.one', 'user.two']\n");
}

/// Maps a file and writes through the mapping, again and again after `go` appears in the project.
const MAPPING: &str = "python3 -c '
import mmap, os, time
fd = os.open(os.path.expanduser(\"~/notes/spec.md\"), os.O_RDWR)
mapping = mmap.mmap(fd, 4, mmap.MAP_SHARED)
mapping[0:4] = b\"one \"
mapping.flush()
open(\"written\", \"w\").close()
while not os.path.exists(\"go\"): time.sleep(0.01)
mapping[0:4] = b\"two \"
try: mapping.flush()
except OSError as error: print(error.strerror)
else: print(\"flushed\")'";

/// Runs that, with one answer; what to do before it goes on. Returns what it printed and what the host has then.
fn maps(world: &World, before: impl FnOnce()) -> (String, String) {
    let running = world.start_sh(&[], MAPPING);
    for kind in ["read", "write"] {
        let question = world.wait_for_question();
        assert_eq!(question["kind"], kind);
        world.ok(&["allow", id(&question), "--for", "1h"]);
        world.eventually("it is answered", || {
            world
                .questions()
                .iter()
                .all(|other| other["id"] != question["id"])
        });
    }
    let (file, project) = (world.home().join("notes/spec.md"), world.project());
    world.eventually("the mapping is written", || project.join("written").exists());
    assert!(fs::read_to_string(&file).unwrap().starts_with("one "));
    before();
    fs::write(project.join("go"), "").unwrap();
    let finished = running.finish();
    (finished.stdout.clone(), fs::read_to_string(file).unwrap())
}

#[test]
fn a_mapping_of_a_file_writes_to_the_host() {
    let world = World::new();
    let (said, host) = maps(&world, || ());
    assert_eq!(said, "flushed\n");
    assert!(host.starts_with("two "), "{host}");
}

#[test]
fn what_is_written_through_a_mapping_after_revocation_does_not_reach_the_host() {
    let world = World::new();
    let (said, host) = maps(&world, || drop(world.ok(&["revoke", "--all"])));
    // Its page is gone, and is not read anew: SIGBUS.
    assert_eq!(said, "");
    assert!(host.starts_with("one "), "{host}");
}

#[test]
fn a_lock_that_a_program_on_the_host_has_is_waited_for_and_a_killed_waiter_is_gone() {
    let world = World::new();
    let lock = "import fcntl, os, sys, time
file = open(os.path.expanduser('~/notes/spec.md'), 'r+')
fcntl.lockf(file, fcntl.LOCK_EX); open(sys.argv[1], 'w').close()
while os.path.exists('hold'): time.sleep(0.01)
";
    let program = world.write("lock.py", lock);
    world.write("hold", "");
    let mut host = world.host("python3");
    host.arg(&program).arg("host-has-it");
    let host = Running::start(host);
    world.eventually("the host has the lock", || {
        world.project().join("host-has-it").exists()
    });
    let open = ["--allow-read", "~/notes", "--allow-write", "~/notes"];
    let killed = world.sh(
        &open,
        "timeout -s KILL 0.3 python3 lock.py never; echo $?; ls never",
    );
    assert!(killed.stdout.starts_with("137\n"), "{killed:#?}");
    let waiting = world.start_sh(&open, "touch begun; python3 lock.py inside-has-it; echo taken");
    world.eventually("it has begun", || world.project().join("begun").exists());
    assert!(!world.project().join("inside-has-it").exists());
    fs::remove_file(world.project().join("hold")).unwrap();
    host.finish().succeeded();
    assert_eq!(waiting.finish().succeeded().stdout, "taken\n");
}

#[test]
fn a_lock_of_a_file_opened_for_reading_goes_with_its_last_descriptor() {
    let world = World::new();
    let locks = "import fcntl, os
reading = open(os.path.expanduser('~/notes/spec.md'))
fcntl.lockf(reading, fcntl.LOCK_SH)
begun, end = os.pipe()
if os.fork() == 0:
    os.close(begun)
    writing = open(os.path.expanduser('~/notes/spec.md'), 'r+')
    reading.close()
    try: fcntl.lockf(writing, fcntl.LOCK_EX | fcntl.LOCK_NB); print('not held', flush=True)
    except OSError: print('held', flush=True)
    os.write(end, b'.')
    fcntl.lockf(writing, fcntl.LOCK_EX); print('free', flush=True)
    os._exit(0)
os.read(begun, 1)
reading.close()
os.wait()
";
    world.write("locks.py", locks);
    let open = ["--allow-read", "~/notes", "--allow-write", "~/notes"];
    let said = world.sh(&open, "python3 locks.py");
    assert_eq!(said.succeeded().stdout, "held\nfree\n");
}

#[test]
fn a_copy_within_the_host_of_more_than_one_request_takes_is_whole() {
    let world = World::new();
    let script = "python3 -c '
import os
os.chdir(os.path.expanduser(\"~/notes\"))
source, target = os.open(\"large\", os.O_RDONLY), os.open(\"copy\", os.O_CREAT | os.O_WRONLY)
left, most = os.fstat(source).st_size, 0
while left:
    copied = os.copy_file_range(source, target, left)
    left, most = left - copied, max(most, copied)
print(most)' && cmp ~/notes/large ~/notes/copy";
    let large: Vec<u8> = (0..40_u32 << 20).map(|at| (at >> 9).to_le_bytes()[0]).collect();
    fs::write(world.home().join("notes/large"), large).unwrap();
    let open = ["--allow-read", "~/notes", "--allow-write", "~/notes"];
    let copied = world.sh(&open, script);
    let most: u32 = copied.succeeded().stdout.trim().parse().unwrap();
    assert!(most <= 16 << 20, "{most} at once");
}

#[test]
fn a_rename_in_one_directory_is_one_question_and_one_that_is_denied_is_none() {
    let world = World::new();
    let notes = world.home().join("notes");
    let rename = "mv ~/notes/spec.md ~/notes/other.md";
    for (answer, succeeds) in [("deny", false), ("allow", true)] {
        let running = world.start_sh(&[], rename);
        world.eventually("both names are asked about", || {
            let questions = world.questions();
            assert!(questions.len() < 2, "{questions:#?}");
            questions
                .iter()
                .any(|question| question["targets"].as_array().unwrap().len() == 2)
        });
        world.ok(&[answer, id(&world.wait_for_question()), "--once"]);
        let finished = running.finish();
        assert_eq!(finished.code == Some(0), succeeds, "{finished:#?}");
        assert_eq!(notes.join("other.md").exists(), succeeds);
        assert_eq!(notes.join("spec.md").exists(), !succeeds);
    }
    let missed = || world.ok(&["questions", "--missed", "--json"]);
    let before = missed();
    let denied = world.sh(
        &["--deny-path", "~/notes/new.md"],
        "mv ~/notes/other.md ~/notes/new.md",
    );
    assert!(
        denied.failed().stderr.contains("Permission denied"),
        "{denied:#?}"
    );
    assert_eq!(missed(), before);
}
