//! Fuzzes a list of known hosts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_neighbours::fuzzing::known_hosts(bytes));
