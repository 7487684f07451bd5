use super::*;

const HOUR: u64 = 3_600_000;

fn moment(boot_id: &str, boot_ms: u64, wall_ms: u64) -> Moment {
    Moment {
        boot_id: boot_id.to_owned(),
        boot_ms,
        wall_ms,
    }
}

#[test]
fn one_hour_means_one_hour_on_the_boot_clock() {
    let start = moment("a", 10 * HOUR, 1000 * HOUR);
    let end = Expiry::after(&start, HOUR);
    let check = |now: Moment, high_water_ms: u64, expected: u64| {
        assert_eq!(end.left(&now, high_water_ms), expected, "{now:?}");
        assert_eq!(
            end.has_ended(Effect::Allow, &now, high_water_ms),
            expected == 0,
            "{now:?}"
        );
    };
    check(start.clone(), 1000 * HOUR, HOUR);
    // The wall clock jumps either way: it does not matter during the same boot.
    check(moment("a", 10 * HOUR + 1, HOUR), 1000 * HOUR, HOUR - 1);
    check(moment("a", 10 * HOUR + 1, 5000 * HOUR), 5000 * HOUR, HOUR - 1);
    check(moment("a", 11 * HOUR, 1000 * HOUR), 1000 * HOUR, 0);
}

#[test]
fn after_a_restart_of_the_machine_the_wall_clock_decides_and_never_lengthens() {
    let end = Expiry::after(&moment("a", 10 * HOUR, 1000 * HOUR), HOUR);
    let seen = 1000 * HOUR + 10;
    let left = |wall_ms| end.left(&moment("b", 5, wall_ms), seen);
    assert_eq!(left(seen), HOUR - 10);
    assert_eq!(left(1001 * HOUR), 0);
    // Time synchronisation takes back a little: nothing is gained by it.
    assert_eq!(left(seen - 500), HOUR - 10);
    // Set back: over at once.
    assert_eq!(left(seen - 10_000), 0);
    assert_eq!(left(0), 0);
}

#[test]
fn a_clock_set_back_lifts_no_denial() {
    let end = Expiry::at_wall(1000 * HOUR);
    let back = moment("b", 5, 900 * HOUR);
    assert!(end.has_ended(Effect::Allow, &back, 950 * HOUR));
    assert!(!end.has_ended(Effect::Deny, &back, 950 * HOUR));
    assert!(!end.has_ended(Effect::Ask, &back, 950 * HOUR));
    assert!(end.has_ended(Effect::Deny, &moment("b", 5, 1000 * HOUR), 950 * HOUR));
}

#[test]
fn the_end_that_a_file_names_belongs_to_no_boot() {
    let end = Expiry::at_wall(1000 * HOUR);
    assert_eq!(end.left(&moment("", 0, 999 * HOUR), 0), HOUR);
    assert_eq!(end.left(&moment("a", 7, 999 * HOUR), 0), HOUR);
}
