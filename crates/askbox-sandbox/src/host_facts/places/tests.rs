use std::os::unix::fs::symlink;

use super::*;

/// A directory with a file, links to both and to nothing, and a link above others.
fn furnished() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("dots/ssh")).unwrap();
    fs::write(root.join("dots/ssh/id"), "").unwrap();
    symlink("dots", root.join("linked")).unwrap();
    symlink("dots/ssh/id", root.join("key")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink("circle", root.join("circle")).unwrap();
    (directory, root)
}

#[test]
fn a_place_is_what_the_kernel_makes_of_its_path() {
    let (_directory, root) = furnished();
    let places = Places::default();
    for path in [
        "",
        "dots",
        "dots/ssh",
        "dots/ssh/id",
        "linked",
        "linked/ssh",
        "linked/ssh/id",
        "linked/ssh/missing",
        "key",
        "key/below",
        "dangling",
        "dangling/below",
        "circle",
        "missing",
        "missing/below",
        "dots/../key",
        "dots/./ssh",
        "dots/",
        "key/",
        "linked/..",
    ] {
        let path = root.join(path);
        let real = path.canonicalize().ok();
        // Asked twice, since the second answer is from memory.
        for _ in 0..2 {
            let found = places.real(&path);
            assert_eq!(
                found.as_ref().map(|found| found.canonical.clone()),
                real,
                "{path:?}"
            );
            if let (Some(found), Some(real)) = (found, &real) {
                let metadata = fs::metadata(real).unwrap();
                assert_eq!(found.object, object_of(&metadata), "{path:?}");
                assert_eq!(found.directory, metadata.is_dir(), "{path:?}");
            }
        }
    }
}

#[test]
fn only_a_directory_at_its_own_place_is_a_real_one() {
    let (_directory, root) = furnished();
    let places = Places::default();
    assert!(places.is_real_directory(&root.join("dots/ssh")));
    for other in ["linked", "linked/ssh", "dots/ssh/id", "key", "missing"] {
        assert!(!places.is_real_directory(&root.join(other)), "{other}");
    }
}

#[test]
fn nothing_is_looked_for_below_what_is_missing() {
    let (_directory, root) = furnished();
    let places = Places::default();
    assert_eq!(places.real(&root.join("missing/one")), None);
    fs::create_dir_all(root.join("missing/two")).unwrap();
    assert_eq!(
        places.real(&root.join("missing/two")),
        None,
        "a launch looks once"
    );
    assert!(Places::default().real(&root.join("missing/two")).is_some());
}
