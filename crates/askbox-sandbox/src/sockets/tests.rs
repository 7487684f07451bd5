use super::*;

#[test]
fn absolute_paths_are_found_with_spaces_and_once() {
    let table = b"Num       RefCount Protocol Flags    Type St Inode Path\n\
        ffff: 00000002 00000000 00010000 0001 01 12345 /home/u/p/a socket\n\
        ffff: 00000003 00000000 00000000 0001 03 12346 /home/u/p/a socket\n\
        ffff: 00000002 00000000 00010000 0001 01 12347 @abstract\n\
        ffff: 00000002 00000000 00010000 0001 01 12348 relative\n\
        ffff: 00000002 00000000 00010000 0001 01 12349\n\
        ffff: 00000002 00000000 00010000 0001 01   350 /run/x\n";
    assert_eq!(
        absolute_paths(table),
        [PathBuf::from("/home/u/p/a socket"), "/run/x".into()]
    );
}
