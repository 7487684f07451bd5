//! Fuzzes the messages of a SOCKS client.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_network::fuzzing::socks(bytes));
