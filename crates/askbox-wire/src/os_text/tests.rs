use proptest::prelude::*;

use super::*;

#[test]
fn utf8_is_a_string_and_the_rest_an_array() {
    let json = |bytes: &[u8]| serde_json::to_string(&OsText(OsString::from_vec(bytes.to_vec()))).unwrap();
    assert_eq!(json("ä".as_bytes()), "\"ä\"");
    assert_eq!(json(b"a\xff"), "[97,255]");
}

proptest! {
    #[test]
    fn every_byte_survives(bytes: Vec<u8>) {
        let text = OsText(OsString::from_vec(bytes));
        let json = serde_json::to_vec(&text).unwrap();
        prop_assert_eq!(serde_json::from_slice::<OsText>(&json).unwrap(), text);
    }
}
