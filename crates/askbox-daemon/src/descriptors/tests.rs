use super::*;

fn check(limit: u64, front_ends: usize, sessions: usize, programs: usize) {
    let division = Division {
        front_ends,
        sessions,
        programs,
    };
    assert_eq!(divide(limit).unwrap(), division);
}

#[test]
fn front_ends_and_the_daemons_own_work_come_first() {
    check(512, 64, 192, 8);
    check(4_096, 512, 3_328, 64);
    check(1_048_576, 1_024, 1_047_296, 256);
}

#[test]
fn too_few_are_an_error() {
    let error = divide(511).unwrap_err();
    assert_eq!(
        error.to_string(),
        "511 files may be open at once, and the daemon needs 512"
    );
}
