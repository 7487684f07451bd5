//! Fuzzes a TLS client hello.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_network::fuzzing::client_hello(bytes));
