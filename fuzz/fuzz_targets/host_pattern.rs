//! Fuzzes a host pattern.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_policy::fuzzing::host_pattern(bytes));
