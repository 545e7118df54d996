//! Feeds bytes to `states::state`.

#![no_main]

#[path = "../states.rs"]
#[expect(dead_code, reason = "each target calls one of them")]
mod states;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| states::state(bytes));
