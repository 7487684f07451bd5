//! What fuzzers call: any bytes, and a panic where the codec breaks a promise. The bytes that once did, and some good ones, are
//! in fuzz/corpus, and the test here runs them. No part of a program.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, PREFIX};
use crate::limits::MAX_FRAME;
use crate::message::{FromClient, FromDaemon};

/// A frame of either side: what was read is written as a frame that reads the same.
pub fn codec(bytes: &[u8]) {
    let Some((prefix, content)) = bytes.split_first_chunk::<PREFIX>() else {
        return;
    };
    if let Ok(length) = codec::length(*prefix) {
        assert!((1..=MAX_FRAME).contains(&length));
    }
    reads_the_same::<FromClient>(content);
    reads_the_same::<FromDaemon>(content);
}

fn reads_the_same<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(content: &[u8]) {
    let Ok(message) = codec::decode::<T>(content) else {
        return;
    };
    let frame = codec::encode(&message).expect("what was read can be written");
    let (prefix, content) = frame.split_first_chunk().expect("a frame has a prefix");
    assert_eq!(codec::length(*prefix).ok(), Some(content.len()));
    let again: T = codec::decode(content).expect("what was written can be read");
    assert_eq!(again, message);
}

#[cfg(test)]
mod tests;
