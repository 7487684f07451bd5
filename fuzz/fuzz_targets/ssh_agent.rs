//! Fuzzes a message of the ssh agent protocol, from either side.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_neighbours::fuzzing::ssh_agent(bytes));
