use std::ffi::OsStr;

use super::*;

#[test]
fn different_paths_have_different_texts() {
    let check = |bytes: &[u8], expected| assert_eq!(path_text(Path::new(OsStr::from_bytes(bytes))), expected);
    check("/home/ä b".as_bytes(), "/home/ä b");
    check(b"/a\xff\xc3", r"/a\xff\xc3");
    check(br"/a\xff", r"/a\\xff");
}
