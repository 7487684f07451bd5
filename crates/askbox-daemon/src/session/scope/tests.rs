use super::*;

fn limits() -> ResourceLimits {
    ResourceLimits {
        memory_bytes: Some(200 << 20),
        processes: Some(64),
        cpus_thousandths: Some(500),
        ..ResourceLimits::default()
    }
}

#[test]
fn systemd_is_asked_for_what_the_session_may_use() {
    let words = start("app-askbox-a1.scope", 4711, &limits());
    let expected = "app-askbox-a1.scope fail 6 PIDs au 1 4711 CollectMode s inactive-or-failed MemoryMax t 209715200 \
                    MemorySwapMax t 0 TasksMax t 67 CPUQuotaPerSecUSec t 500000 0";
    assert_eq!(words.join(" "), expected);
    let none = start("x.scope", 1, &ResourceLimits::default());
    assert_eq!(
        none.join(" "),
        "x.scope fail 2 PIDs au 1 1 CollectMode s inactive-or-failed 0"
    );
}

#[test]
fn only_a_group_that_says_so_holds_a_session() {
    let place = tempfile::tempdir().unwrap();
    let scope = Scope {
        group: place.path().to_owned(),
    };
    let put = |file: &str, text: &str| fs::write(place.path().join(file), text).unwrap();
    assert!(!scope.holds(&limits()), "no controllers");
    put("memory.max", "209715200\n");
    put("cpu.max", "50000 100000\n");
    assert!(scope.holds(&limits()));
    put("cpu.max", "max 100000\n");
    assert!(!scope.holds(&limits()));
    put("cpu.max", "50000 100000\n");
    put("memory.max", "max\n");
    assert!(!scope.holds(&limits()));
    assert!(
        scope.holds(&ResourceLimits::default()),
        "there is nothing to hold it to"
    );
}

#[test]
fn what_the_kernel_ended_is_counted() {
    let place = tempfile::tempdir().unwrap();
    let scope = Scope {
        group: place.path().to_owned(),
    };
    assert_eq!(scope.programs_ended(), 0);
    fs::write(
        place.path().join("memory.events"),
        "low 0\noom 3\noom_kill 2\noom_group_kill 0\n",
    )
    .unwrap();
    assert_eq!(scope.programs_ended(), 2);
}

#[test]
fn the_group_of_a_process_is_found_beside_those_of_version_1() {
    let groups = "8:pids:/x\n1:name=systemd:/y\n0::/user.slice/user-1000.slice/app-askbox-a1.scope\n";
    let expected = "/sys/fs/cgroup/user.slice/user-1000.slice/app-askbox-a1.scope";
    assert_eq!(group_in(groups), Some(PathBuf::from(expected)));
    assert_eq!(group_in("8:pids:/x\n"), None);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "programs of the system, which get no argument from a project"
)]
fn a_call_that_does_not_end_is_killed_in_time() {
    let run = |program: &str, words: &[&str]| Command::new(program).args(words).spawn().unwrap();
    let minute = Duration::from_mins(1);
    assert!(succeeds(run("/usr/bin/true", &[]), minute));
    assert!(!succeeds(run("/usr/bin/false", &[]), minute));
    let stuck = run("/usr/bin/sleep", &["600"]);
    let process = stuck.id();
    assert!(!succeeds(stuck, Duration::from_millis(10)));
    assert!(!Path::new(&format!("/proc/{process}")).exists());
}
