use super::*;

fn file(number: u64, can_write: bool) -> OpenFile {
    let file = File::open("/dev/null").unwrap();
    OpenFile::new(number, file, can_write, Vec::new())
}

fn directory(number: u64) -> OpenDirectory {
    OpenDirectory::new(number, None, Place::Here, Vec::new())
}

#[test]
fn a_session_has_so_many_open_and_no_more() {
    let handles = Handles::default();
    let first = handles.add_file(file(1, false)).unwrap();
    for _ in 1..MOST_OPEN {
        handles.add_directory(directory(2)).unwrap();
    }
    assert_eq!(handles.add_file(file(3, false)).unwrap_err(), Errno::ENFILE);
    assert_eq!(handles.add_directory(directory(3)).unwrap_err(), Errno::ENFILE);
    drop(handles.close_file(first));
    handles.add_directory(directory(3)).unwrap();
}

#[test]
fn a_handle_is_of_what_it_was_given_for_until_that_is_closed() {
    let handles = Handles::default();
    let (one, other) = (
        handles.add_file(file(1, false)).unwrap(),
        handles.add_directory(directory(2)).unwrap(),
    );
    assert_eq!(handles.file(one).unwrap().number, 1);
    assert_eq!(handles.directory(other).unwrap().number, 2);
    assert_eq!(handles.file(other).unwrap_err(), Errno::EBADF);
    drop((handles.close_file(one), handles.close_directory(other)));
    assert_eq!(handles.file(one).unwrap_err(), Errno::EBADF);
    assert_eq!(handles.directory(other).unwrap_err(), Errno::EBADF);
    assert!(handles.close_file(one).is_none());
}

#[test]
fn of_a_nodes_files_one_for_writing_is_preferred() {
    let handles = Handles::default();
    handles.add_file(file(1, false)).unwrap();
    let writing = handles.add_file(file(1, true)).unwrap();
    handles.add_file(file(1, false)).unwrap();
    assert!(handles.of_node(1).unwrap().can_write);
    drop(handles.close_file(writing));
    assert!(!handles.of_node(1).unwrap().can_write);
    assert!(handles.is_open(1) && !handles.is_open(2) && handles.of_node(2).is_none());
}

#[test]
fn what_is_open_says_where_it_is_used() {
    let handles = Handles::default();
    let mut slow = file(1, false);
    slow.place = Place::Slow(3);
    let handle = handles.add_file(slow).unwrap();
    assert_eq!(handles.place_of_file(handle), Place::Slow(3));
    assert_eq!(handles.place_of_node(1), Place::Slow(3));
    assert_eq!(handles.place_of_node(2), Place::Here);
}
