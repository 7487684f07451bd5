use super::*;

#[test]
fn the_machine_has_both_clocks_and_names_its_boot() {
    let clock = Clock::system().unwrap();
    let (first, second) = (clock.now(), clock.now());
    assert_eq!(first.boot_id, second.boot_id);
    assert_eq!(first.boot_id.len(), 36);
    assert!(first.boot_ms <= second.boot_ms);
    assert!(0 < first.wall_ms);
}
