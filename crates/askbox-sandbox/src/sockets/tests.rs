use std::path::Path;

use super::*;

#[test]
fn paths_are_found_with_spaces_and_once() {
    let table = b"Num       RefCount Protocol Flags    Type St Inode Path\n\
        ffff: 00000002 00000000 00010000 0001 01 12345 /home/u/p/a socket\n\
        ffff: 00000003 00000000 00000000 0001 03 12346 /home/u/p/a socket\n\
        ffff: 00000002 00000000 00010000 0001 01 12347 @abstract\n\
        ffff: 00000002 00000000 00010000 0001 01 12348 relative\n\
        ffff: 00000002 00000000 00010000 0001 01 12349\n\
        ffff: 00000002 00000000 00010000 0001 01   350 /run/x\n";
    assert_eq!(
        bound_paths(table),
        [
            PathBuf::from("/home/u/p/a socket"),
            "/run/x".into(),
            "relative".into()
        ]
    );
}

#[test]
fn sockets_are_found_by_their_own_place_however_they_were_bound() {
    let directory = std::env::temp_dir().canonicalize().unwrap();
    let directory = directory.join(format!("askbox-sockets-{}", std::process::id()));
    let link = directory.with_extension("link");
    fs::create_dir(&directory).unwrap();
    std::os::unix::fs::symlink(&directory, &link).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(link.join("s")).unwrap();
    let found = on_host(Path::new("/nowhere"), &Sight::default()).unwrap();
    drop(listener);
    fs::remove_dir_all(&directory).unwrap();
    fs::remove_file(&link).unwrap();
    assert!(found.contains(&directory.join("s")), "{found:?}");
}
