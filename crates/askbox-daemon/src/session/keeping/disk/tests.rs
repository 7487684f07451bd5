use super::*;

fn held(bytes: u64) -> Held {
    Held { bytes, is_cut: false }
}

#[test]
fn what_was_there_before_does_not_count() {
    let mut disk = Disk::default();
    disk.see(&[(1, 1000)]);
    assert_eq!(disk.grown(), 0);
    disk.see(&[(1, 1100)]);
    assert_eq!(disk.grown(), 100);
}

#[test]
fn what_others_write_does_not_count_once_files_were_looked_at() {
    let mut disk = Disk::default();
    disk.see(&[(1, 0)]);
    disk.see(&[(1, 1000)]);
    disk.walked(held(10));
    assert_eq!(disk.grown(), 10);
    disk.see(&[(1, 1005)]);
    assert_eq!(disk.grown(), 15);
}

#[test]
fn what_others_free_hides_nothing() {
    let mut disk = Disk::default();
    disk.see(&[(1, 1000)]);
    disk.see(&[(1, 0)]);
    disk.see(&[(1, 300)]);
    disk.walked(held(300));
    assert_eq!(disk.grown(), 300);
}

#[test]
fn a_large_file_of_before_that_is_touched_counts_by_what_was_taken_on() {
    let mut disk = Disk::default();
    disk.see(&[(1, 5000)]);
    disk.see(&[(1, 5001)]);
    disk.walked(held(4000));
    assert_eq!(disk.grown(), 1);
}

#[test]
fn files_that_cannot_be_looked_at_count_as_all_that_was_taken_on() {
    let mut disk = Disk::default();
    disk.see(&[(1, 0), (2, 0)]);
    disk.see(&[(1, 70), (2, 30)]);
    disk.walked(Held {
        bytes: 5,
        is_cut: true,
    });
    assert_eq!(disk.grown(), 100);
}
