//! Fuzzes the beginning of an HTTP connection.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_network::fuzzing::http_head(bytes));
