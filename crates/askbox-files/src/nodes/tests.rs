use super::*;

#[expect(clippy::unnecessary_wraps, reason = "as the nodes take it")]
fn object(inode: u64) -> Option<Object> {
    Some(Object {
        device: 1,
        inode,
        is_copy: false,
    })
}

fn name(text: &str) -> &OsStr {
    OsStr::new(text)
}

#[test]
fn a_pinned_name_keeps_its_number_whatever_is_behind_it() {
    let mut nodes = Nodes::new([Path::new("/home/u/project")]);
    let home = nodes.child(ROOT, name("home")).expect("pinned");
    let first = nodes.enter(home, name("u"), object(7));
    let second = nodes.enter(home, name("u"), object(8));
    assert_eq!(first, second);
    nodes.forget(first, 2);
    assert_eq!(nodes.child(home, name("u")), Some(first), "and is never dropped");
    assert_eq!(nodes.path(first), Some(PathBuf::from("/home/u")));
}

#[test]
fn another_object_behind_a_name_gets_another_number() {
    let mut nodes = Nodes::new([]);
    let first = nodes.enter(ROOT, name("a"), object(7));
    assert_eq!(nodes.enter(ROOT, name("a"), object(7)), first);
    let second = nodes.enter(ROOT, name("a"), object(8));
    assert_ne!(first, second);
    assert_eq!(nodes.path(first), None, "its name is gone");
    assert_eq!(nodes.path(second), Some(PathBuf::from("/a")));
}

#[test]
fn what_lies_below_a_renamed_directory_moves_along() {
    let mut nodes = Nodes::new([]);
    let directory = nodes.enter(ROOT, name("d"), object(1));
    let file = nodes.enter(directory, name("f"), object(2));
    let replaced = nodes.enter(ROOT, name("e"), object(3));
    nodes.rename((ROOT, name("d")), (ROOT, name("e")));
    assert_eq!(nodes.path(file), Some(PathBuf::from("/e/f")));
    assert_eq!(nodes.path(replaced), None);
    assert_eq!(nodes.child(ROOT, name("d")), None);
}

#[test]
fn exchanged_names_take_their_trees_along() {
    let mut nodes = Nodes::new([]);
    let one = nodes.enter(ROOT, name("one"), object(1));
    let below = nodes.enter(one, name("f"), object(2));
    let other = nodes.enter(ROOT, name("other"), object(3));
    nodes.exchange((ROOT, name("one")), (ROOT, name("other")));
    assert_eq!(nodes.path(below), Some(PathBuf::from("/other/f")));
    assert_eq!(nodes.path(other), Some(PathBuf::from("/one")));
}

#[test]
fn forgotten_nodes_are_dropped_with_the_parents_kept_for_them() {
    let mut nodes = Nodes::new([]);
    let directory = nodes.enter(ROOT, name("d"), object(1));
    let file = nodes.enter(directory, name("f"), object(2));
    nodes.forget(directory, 1);
    assert_eq!(
        nodes.path(file),
        Some(PathBuf::from("/d/f")),
        "a child needs its parent"
    );
    nodes.forget(file, 1);
    assert_eq!(nodes.by_number.len(), 1, "only the top is left");
}

#[test]
fn a_removed_name_stays_known_by_number_until_it_is_forgotten() {
    let mut nodes = Nodes::new([]);
    let file = nodes.enter(ROOT, name("f"), object(2));
    nodes.remove(ROOT, name("f"));
    assert!(nodes.is_same(
        file,
        Object {
            device: 1,
            inode: 2,
            is_copy: false
        }
    ));
    assert_eq!(nodes.path(file), None);
    nodes.forget(file, 1);
    assert!(!nodes.is_same(
        file,
        Object {
            device: 1,
            inode: 2,
            is_copy: false
        }
    ));
}

#[test]
fn a_look_is_the_same_only_when_nothing_of_it_changed() {
    let mut nodes = Nodes::new([]);
    let file = nodes.enter(ROOT, name("f"), object(2));
    let look = Look {
        size: 4,
        modified: (1, 2),
        changed: (1, 2),
    };
    assert!(!nodes.look(file, look), "never seen before");
    assert!(nodes.look(file, look));
    assert!(!nodes.look(file, Look { size: 5, ..look }));
}

#[test]
fn an_object_has_the_nodes_that_the_kernel_refers_to() {
    let mut nodes = Nodes::new([]);
    let object = Object {
        device: 1,
        inode: 7,
        is_copy: false,
    };
    let other = Object {
        device: 1,
        inode: 8,
        is_copy: false,
    };
    let one = nodes.enter(ROOT, OsStr::new("one"), Some(object));
    let two = nodes.enter(ROOT, OsStr::new("two"), Some(object));
    assert_eq!(nodes.of_object(object), [one, two]);
    nodes.remove(ROOT, OsStr::new("one"));
    assert_eq!(nodes.of_object(object), [one, two], "still open, maybe");
    nodes.forget(one, 1);
    assert_eq!(nodes.of_object(object), [two]);
    let three = nodes.enter(ROOT, OsStr::new("two"), Some(other));
    nodes.forget(two, 1);
    assert_eq!(
        (nodes.of_object(object), nodes.of_object(other)),
        (vec![], vec![three])
    );
}
