//! Fuzzes a DNS message.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_network::fuzzing::dns(bytes));
