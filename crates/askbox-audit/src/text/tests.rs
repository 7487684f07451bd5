use std::ffi::OsStr;

use askbox_policy::NetworkPattern;

use super::*;

#[test]
fn different_paths_have_different_texts() {
    let check = |bytes: &[u8], expected| assert_eq!(path_text(Path::new(OsStr::from_bytes(bytes))), expected);
    check("/home/ä b".as_bytes(), "/home/ä b");
    check(b"/a\xff\xc3", r"/a\xff\xc3");
    check(br"/a\xff", r"/a\\xff");
}

#[test]
fn a_pattern_is_written_as_in_the_policy() {
    let check = |text: &str| {
        let pattern = Pattern::Network(NetworkPattern::parse(text).unwrap());
        assert_eq!(pattern_text(&pattern), format!("network {text}"));
    };
    check("*.example.test");
    check("example.test:443");
    check("example.test:8000-8099 at 10.1.2.3");
    check("2001:db8::1");
    check("[2001:db8::1]:443");
    check("[2001:db8::/32]:8000-8099");
    check("example.test:443 at 2001:db8::1");
}
