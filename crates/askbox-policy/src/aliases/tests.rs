use std::path::Path;

use super::*;

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn aliases(pairs: &[(&str, &str)]) -> Aliases {
    Aliases::new(pairs.iter().map(|(name, of)| Alias {
        name: path(name),
        of: path(of),
        kind: AliasKind::Mount,
    }))
}

fn names(aliases: &Aliases, of: &str) -> Vec<String> {
    aliases.of(&path(of)).map(|name| name.to_string()).collect()
}

#[test]
fn what_lies_in_a_directory_has_the_names_of_all_that_shows_it() {
    let aliases = aliases(&[("/srv/v", "/home/u"), ("/data/u", "/home/u"), ("/x", "/x")]);
    assert_eq!(names(&aliases, "/srv/v/.ssh/id"), ["/home/u/.ssh/id"]);
    assert_eq!(names(&aliases, "/home/u"), ["/data/u", "/srv/v"]);
    assert_eq!(names(&aliases, "/srv/v2"), [""; 0]);
    assert_eq!(names(&aliases, "/srv"), [""; 0]);
    assert_eq!(names(&aliases, "/x"), [""; 0]);
}

#[test]
fn the_root_directory_has_another_name_too() {
    let aliases = aliases(&[("/host", "/")]);
    assert_eq!(names(&aliases, "/host/home/u"), ["/host/host/home/u", "/home/u"]);
    assert_eq!(names(&aliases, "/home/u"), ["/host/home/u"]);
    assert_eq!(names(&aliases, "/host"), ["/host/host", "/"]);
}

#[test]
fn what_is_mounted_in_a_directory_is_shown_in_it() {
    let aliases = aliases(&[("/p/data", "/home/u"), ("/other", "/home/u")]);
    let shown = |directory: &str| -> Vec<String> {
        aliases
            .shown_in(&path(directory))
            .map(|alias| alias.of.to_string())
            .collect()
    };
    assert_eq!(shown("/p"), ["/home/u"]);
    assert_eq!(shown("/p/data"), ["/home/u"]);
    assert_eq!(shown("/p/data/below"), [""; 0]);
    assert_eq!(shown("/home"), ["/other", "/p/data"]);
}
