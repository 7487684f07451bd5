//! Fuzzes a path pattern.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_policy::fuzzing::path_pattern(bytes));
