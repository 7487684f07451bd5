//! Fuzzes a frame of the wire.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| askbox_wire::fuzzing::codec(bytes));
