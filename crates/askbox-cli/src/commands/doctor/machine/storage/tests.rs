use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn what_is_not_there_is_judged_by_the_directory_above() {
    let root = tempfile::tempdir().unwrap();
    let paths = Paths::new(Some(root.path().join("a/b").into())).unwrap();
    for place in directories(&paths) {
        let Found::Nothing { nearest, entry } = place.found else {
            panic!("{place:?}")
        };
        assert_eq!(nearest, root.path());
        assert!(
            entry.right_type && entry.owner == Owner::Us && entry.writable,
            "{entry:?}"
        );
    }
    assert!(matches!(log(&paths).opened, Opened::NotTried));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn what_lies_above_is_looked_at_too() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("a/b");
    let paths = Paths::new(Some(root.clone().into())).unwrap();
    let names = |places: Vec<Place>| places.into_iter().map(|place| place.path).collect::<Vec<_>>();
    let own = names(directories(&paths));
    assert!(
        own.iter().all(|path| *path != root && path.starts_with(&root)),
        "{own:?}"
    );
    assert_eq!(super::root(&paths).unwrap().path, root);
    let mut expected: Vec<_> = root.ancestors().skip(1).map(Path::to_owned).collect();
    expected.reverse();
    assert_eq!(names(above(&paths)), expected);
}

#[test]
fn what_links_lead_to_is_looked_at_as_well() {
    let place = tempfile::tempdir().unwrap();
    let real = place.path().join("real/far");
    fs::create_dir_all(&real).unwrap();
    std::os::unix::fs::symlink(&real, place.path().join("link")).unwrap();
    let root = place.path().join("link/a");
    let paths = Paths::new(Some(root.into())).unwrap();
    let above: Vec<_> = above(&paths).into_iter().map(|place| place.path).collect();
    for expected in ["link", "real/far", "real"] {
        assert!(above.contains(&place.path().join(expected)), "{above:?}");
    }
    assert!(!above.contains(&real.join("a")), "{above:?}");
}

#[test]
fn what_is_there_is_judged_by_itself() {
    let root = tempfile::tempdir().unwrap();
    let paths = Paths::new(Some(root.path().into())).unwrap();
    fs::create_dir_all(paths.state()).unwrap();
    fs::set_permissions(paths.state(), Permissions::from_mode(0o750)).unwrap();
    fs::write(paths.log(), "no database").unwrap();
    let state = place(paths.state(), fs::metadata(paths.state()), Metadata::is_dir);
    let Found::Entry(entry) = state.found else {
        panic!("{state:?}")
    };
    assert_eq!(
        (entry.right_type, entry.owner, entry.mode),
        (true, Owner::Us, 0o750)
    );
    assert!(entry.free.is_some());
    let log = log(&paths);
    assert!(matches!(&log.opened, Opened::Failed(_)), "{log:?}");
}
