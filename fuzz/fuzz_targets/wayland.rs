//! Fuzzes a talk over the Wayland protocol, from both sides.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_neighbours::fuzzing::wayland(bytes));
