//! Fuzzes the first request to a session's proxy.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_network::fuzzing::proxy_request(bytes));
