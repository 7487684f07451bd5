use super::*;

const MEMORY: u64 = 8 << 30;

fn keeper(enforcement: Enforcement) -> Keeper {
    let limits = ResourceLimits {
        memory_bytes: Some(MEMORY),
        processes: Some(100),
        ..ResourceLimits::default()
    };
    Keeper::new(limits, enforcement)
}

fn look(at: Instant, memory_bytes: u64, processes: u64, ticks: u64) -> Looked {
    Looked {
        at,
        usage: Some(Usage {
            memory_bytes,
            processes,
            ticks,
            is_cut: false,
        }),
    }
}

#[test]
fn only_more_memory_than_allowed_is_looked_at_closely_and_only_where_the_kernel_does_not() {
    let now = Instant::now();
    for (enforcement, memory, expected) in [
        (Enforcement::Watched, MEMORY, false),
        (Enforcement::Watched, MEMORY + 1, true),
        (Enforcement::Scope, MEMORY + 1, false),
    ] {
        let seen = keeper(enforcement).see(look(now, memory, 1, 0));
        assert_eq!(seen.may_exceed_memory, expected, "{enforcement:?} {memory}");
    }
    let late = Looked { at: now, usage: None };
    assert!(keeper(Enforcement::Watched).see(late).may_exceed_memory);
}

#[test]
fn it_is_said_once_that_there_are_no_more_processes_until_there_are_some_again() {
    let now = Instant::now();
    let mut keeper = keeper(Enforcement::Watched);
    let told =
        [1, 99, 100, 100, 80, 100, 74, 100].map(|count| keeper.see(look(now, 0, count, 0)).met_processes);
    assert_eq!(told, [false, false, true, false, false, false, false, true]);
}

#[test]
fn processors_are_counted_from_look_to_look() {
    let start = Instant::now();
    let mut keeper = keeper(Enforcement::Watched);
    let mut cpus = |ms: u64, ticks| {
        keeper
            .see(look(start + Duration::from_millis(ms), 0, 1, ticks))
            .view
            .cpus_thousandths
    };
    assert_eq!(cpus(0, 50), None);
    assert_eq!(cpus(1000, 150), Some(1000));
    assert_eq!(cpus(3000, 250), Some(500));
    assert_eq!(cpus(4000, 200), Some(0));
}

#[test]
fn a_session_that_is_close_to_its_memory_is_looked_at_more_often() {
    let now = Instant::now();
    assert_eq!(
        keeper(Enforcement::Watched).see(look(now, 1, 1, 0)).rest,
        limits::USAGE_REST
    );
    assert_eq!(
        keeper(Enforcement::Watched)
            .see(look(now, MEMORY / 2 + 1, 1, 0))
            .rest,
        limits::USAGE_CLOSE_REST
    );
}
