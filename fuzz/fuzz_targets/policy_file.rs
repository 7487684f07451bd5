//! Fuzzes policy.toml.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_policy::fuzzing::policy_file(bytes));
