//! Feeds bytes to `states::snapshot`.

#![no_main]

#[path = "../states.rs"]
#[expect(dead_code, reason = "each target calls one of them")]
mod states;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| states::snapshot(bytes));
