use nix::sys::stat::stat;

use super::*;

const OWNER: Owner = Owner { user: 7, group: 8 };

/// A file with a size, times and a mode.
fn example() -> FileStat {
    let mut example = stat("/").unwrap();
    example.st_mode = libc::S_IFREG | 0o4640;
    (example.st_size, example.st_blocks, example.st_nlink) = (5000, 16, 1);
    (example.st_mtime, example.st_mtime_nsec) = (1000, 5);
    example
}

#[test]
fn what_is_allowed_is_as_the_host_has_it() {
    let real = real(9, &example());
    assert_eq!(real.ino, INodeNo(9));
    assert_eq!((real.size, real.blocks, real.perm), (5000, 16, 0o4640));
    assert_eq!(real.mtime, UNIX_EPOCH + Duration::new(1000, 5));
}

#[test]
fn what_nobody_allowed_has_neither_size_nor_times() {
    let neutral = neutral(9, &example());
    assert_eq!((neutral.kind, neutral.perm), (FileType::RegularFile, 0o4640));
    assert_eq!((neutral.size, neutral.blocks), (0, 0));
    assert_eq!([neutral.atime, neutral.mtime, neutral.ctime], [UNIX_EPOCH; 3]);
}

#[test]
fn what_is_closed_has_no_mode_and_says_nothing_of_the_host() {
    let closed = closed(9, FileType::Directory, OWNER);
    assert_eq!((closed.perm, closed.uid, closed.gid, closed.nlink), (0, 7, 8, 2));
    assert_eq!(made_up(9, FileType::Directory, OWNER).perm, 0o755);
}

#[test]
fn a_copy_has_its_own_size() {
    let copy = with_size(real(9, &example()), 513);
    assert_eq!((copy.size, copy.blocks, copy.perm), (513, 2, 0o4640));
}

#[test]
fn times_before_1970_count_their_nanoseconds_forward() {
    assert_eq!(time(-2, 250_000_000), UNIX_EPOCH - Duration::from_millis(1750));
    assert_eq!(time(0, 0), UNIX_EPOCH);
}

#[test]
fn named_pipes_look_like_what_cannot_be_opened() {
    assert_eq!(file_type(SFlag::S_IFIFO), FileType::CharDevice);
    assert_eq!(file_type(SFlag::S_IFBLK), FileType::CharDevice);
    assert_eq!(file_type(SFlag::S_IFLNK), FileType::Symlink);
}
