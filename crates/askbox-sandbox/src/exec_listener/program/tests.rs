use super::*;

#[test]
fn the_first_line_of_a_script_names_its_interpreter() {
    let named = |head: &str| interpreter(head.as_bytes()).map(|path| path.to_str().unwrap().to_owned());
    for (head, expected) in [
        ("#!/bin/sh\necho", Some("/bin/sh")),
        ("#! \t/usr/bin/env python3\n", Some("/usr/bin/env")),
        ("#!/bin/sh -e", Some("/bin/sh")),
        ("#!tools/run\n", Some("tools/run")),
        ("#!/bin/a\0b\n", Some("/bin/a")),
        ("#!\n/bin/sh", None),
        ("#!   ", None),
        ("\x7fELF", None),
        (" #!/bin/sh", None),
        ("", None),
    ] {
        assert_eq!(named(head).as_deref(), expected, "{head:?}");
    }
}
